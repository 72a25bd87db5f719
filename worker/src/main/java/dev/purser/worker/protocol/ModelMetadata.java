package dev.purser.worker.protocol;

import java.util.List;

/**
 * What a model is.
 *
 * @param name its name
 * @param versions the versions that may be asked for; empty where it has none
 * @param platform what runs it, e.g. {@code onnx_onnxv1}
 * @param inputs its inputs
 * @param outputs its outputs
 */
public record ModelMetadata(
        String name,
        List<String> versions,
        String platform,
        List<TensorMetadata> inputs,
        List<TensorMetadata> outputs) {
    /** The protocol's name for an ONNX model run by ONNX Runtime. */
    public static final String ONNX = "onnx_onnxv1";

    public ModelMetadata {
        versions = List.copyOf(versions);
        inputs = List.copyOf(inputs);
        outputs = List.copyOf(outputs);
    }
}
