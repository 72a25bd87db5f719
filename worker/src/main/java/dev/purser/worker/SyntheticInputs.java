package dev.purser.worker;

import dev.purser.worker.protocol.Datatype;
import dev.purser.worker.protocol.ModelMetadata;
import dev.purser.worker.protocol.Tensor;
import dev.purser.worker.protocol.TensorMetadata;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** Inputs made from a model's metadata alone, for a first inference and for measuring. */
public final class SyntheticInputs {
    /** As long as a sentence is on average. */
    private static final String SENTENCE =
            "The quick brown fox jumps over the lazy dog while the early bird catches what is left of the worm.";

    private SyntheticInputs() {}

    /**
     * Inputs of zeros, or of sentences for a model that takes texts.
     *
     * @param model the model's metadata
     * @param rows the size of the first dimension where it may vary, 1 or more; any other that may vary is 1
     * @return all its inputs
     */
    public static List<Tensor> of(ModelMetadata model, int rows) {
        if (rows < 1) {
            throw new IllegalArgumentException("rows is " + rows + ", but it must be 1 or more");
        }
        List<Tensor> inputs = new ArrayList<>();
        for (TensorMetadata input : model.inputs()) {
            inputs.add(of(input, rows));
        }
        return inputs;
    }

    private static Tensor of(TensorMetadata input, int rows) {
        long[] shape = new long[input.shape().size()];
        long elements = 1;
        for (int i = 0; i < shape.length; i++) {
            long size = input.shape().get(i);
            shape[i] = size >= 0 ? size : i == 0 ? rows : 1;
            elements = Math.multiplyExact(elements, shape[i]);
        }
        if (input.datatype() == Datatype.BYTES) {
            return Tensor.strings(input.name(), shape, Collections.nCopies(Math.toIntExact(elements), SENTENCE));
        }
        int bytes = Math.toIntExact(
                Math.multiplyExact(elements, (long) input.datatype().width()));
        return Tensor.of(input.name(), input.datatype(), shape, ByteBuffer.allocate(bytes));
    }
}
