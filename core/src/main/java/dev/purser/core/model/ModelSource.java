package dev.purser.core.model;

import org.jspecify.annotations.Nullable;

/**
 * Where a variant's network is, for platforms that run it.
 *
 * @param onnx an ONNX file: a path, relative to the pool's file, or {@code classpath:NAME}
 * @param text how texts become the network's inputs and its outputs an embedding; null where requests carry the
 *     network's own tensors
 * @param batchable whether rows of several requests may go through the network together; null where the network itself
 *     is to be looked at: one that quantises its tensors as it runs gives a row another answer by what is beside it, and
 *     gets each request alone
 */
public record ModelSource(
        String onnx, @Nullable TextEmbedding text, @Nullable Boolean batchable) {
    /** What a name on the class path begins with. */
    public static final String CLASSPATH = "classpath:";

    public ModelSource {
        if (onnx.isBlank()) {
            throw new IllegalArgumentException("onnx is blank");
        }
    }

    /** A network that is looked at for whether it may be batched. */
    public ModelSource(String onnx, @Nullable TextEmbedding text) {
        this(onnx, text, null);
    }

    /**
     * The same with an answer to whether it may be batched.
     *
     * @param may whether rows of several requests may go through it together
     */
    public ModelSource withBatchable(boolean may) {
        return new ModelSource(onnx, text, may);
    }
}
