package dev.purser.worker.protocol;

import java.util.List;

/**
 * An input or output as a model declares it.
 *
 * @param name its name
 * @param datatype the type of its elements
 * @param shape its dimensions, -1 for one that may vary
 */
public record TensorMetadata(String name, Datatype datatype, List<Long> shape) {
    public TensorMetadata {
        shape = List.copyOf(shape);
    }
}
