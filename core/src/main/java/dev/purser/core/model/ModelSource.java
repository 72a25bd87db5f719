package dev.purser.core.model;

import org.jspecify.annotations.Nullable;

/**
 * Where a variant's network is, for platforms that run it.
 *
 * @param onnx an ONNX file: a path, relative to the pool's file, or {@code classpath:NAME}
 * @param text how texts become the network's inputs and its outputs an embedding; null where requests carry the
 *     network's own tensors
 */
public record ModelSource(String onnx, @Nullable TextEmbedding text) {
    /** What a name on the class path begins with. */
    public static final String CLASSPATH = "classpath:";

    public ModelSource {
        if (onnx.isBlank()) {
            throw new IllegalArgumentException("onnx is blank");
        }
    }
}
