package dev.purser.partitioner.onnx;

import java.nio.file.Path;
import java.util.List;

/**
 * A part of a model, a model itself.
 *
 * @param file its ONNX file; the weights of a large part lie beside it, in a file called as this one with {@code .data}
 *     behind
 * @param firstLayer the index of its first layer, 1 or more
 * @param lastLayer the index of its last layer
 * @param inputs the names of its inputs: what crosses the cut before it, or the inputs of the model
 * @param outputs the names of its outputs: what crosses the cut after it, or the outputs of the model
 * @param bytes of its file or files
 */
public record OnnxPart(
        Path file, int firstLayer, int lastLayer, List<String> inputs, List<String> outputs, long bytes) {

    /** Keeps copies. */
    public OnnxPart {
        inputs = List.copyOf(inputs);
        outputs = List.copyOf(outputs);
    }
}
