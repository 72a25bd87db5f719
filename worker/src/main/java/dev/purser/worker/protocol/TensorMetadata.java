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

    /**
     * Whether a tensor has this shape, where -1 stands for any size, 0 too. A shape without dimensions says nothing: ONNX
     * Runtime tells no other for one that a network leaves open.
     *
     * @param tensor the tensor
     */
    public boolean hasShapeOf(Tensor tensor) {
        if (shape.isEmpty()) {
            return true;
        }
        boolean fits = shape.size() == tensor.rank();
        for (int i = 0; fits && i < shape.size(); i++) {
            long size = shape.get(i);
            fits = size < 0 || size == tensor.dimension(i);
        }
        return fits;
    }
}
