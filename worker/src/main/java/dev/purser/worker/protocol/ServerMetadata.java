package dev.purser.worker.protocol;

import java.util.List;

/**
 * What a server is.
 *
 * @param name its name
 * @param version its version
 * @param extensions the extensions of the protocol that it understands, e.g. {@code binary_tensor_data}
 */
public record ServerMetadata(String name, String version, List<String> extensions) {
    /** The extension that carries tensors in binary behind the JSON. */
    public static final String BINARY_TENSOR_DATA = "binary_tensor_data";

    /** The extension that lists models. */
    public static final String MODEL_REPOSITORY = "model_repository";

    public ServerMetadata {
        extensions = List.copyOf(extensions);
    }
}
