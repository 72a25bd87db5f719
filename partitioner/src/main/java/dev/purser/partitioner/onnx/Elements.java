package dev.purser.partitioner.onnx;

import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import java.util.List;

/** How much tensors take, by the type of their elements. */
final class Elements {
    /** More elements than any tensor that can be held: products stay far from overflow. */
    private static final long MAXIMUM = 1L << 42;

    private Elements() {}

    /**
     * How many elements a shape has.
     *
     * @throws IllegalArgumentException when a size is negative, or there are too many elements for any machine
     */
    static long count(List<Long> shape) {
        long count = 1;
        boolean none = false;
        for (long size : shape) {
            if (size < 0) {
                throw new IllegalArgumentException("has a dimension of " + size);
            }
            none |= size == 0;
            if (size > MAXIMUM || (size > 0 && count > MAXIMUM / size)) {
                throw new IllegalArgumentException("has the shape " + shape + ", more than " + MAXIMUM + " elements");
            }
            count *= Math.max(1, size);
        }
        return none ? 0 : count;
    }

    /**
     * Bytes of so many elements.
     *
     * @throws IllegalArgumentException for a type without a fixed size
     */
    static long bytes(DataType type, long count) {
        return switch (type) {
            case FLOAT, INT32, UINT32 -> 4 * count;
            case DOUBLE, INT64, UINT64, COMPLEX64 -> 8 * count;
            case COMPLEX128 -> 16 * count;
            case FLOAT16, BFLOAT16, INT16, UINT16 -> 2 * count;
            case INT8, UINT8, BOOL, FLOAT8E4M3FN, FLOAT8E4M3FNUZ, FLOAT8E5M2, FLOAT8E5M2FNUZ -> count;
            case INT4, UINT4 -> (count + 1) / 2;
            case STRING, UNDEFINED -> throw new IllegalArgumentException("elements of " + type + " have no fixed size");
        };
    }

    /**
     * Bytes of a tensor's elements, which must be as many as its shape says.
     *
     * @param rawLength of raw data that lie elsewhere; -1 where there are none
     * @throws IllegalArgumentException when they are not, or its type is not known
     */
    static long bytes(TensorProto tensor, int rawLength) {
        DataType type = DataType.forNumber(tensor.getDataType());
        if (type == null || type == DataType.UNDEFINED) {
            throw new IllegalArgumentException("has elements of the unknown type " + tensor.getDataType());
        }
        if (tensor.hasSegment()) {
            throw new IllegalArgumentException("is stored in segments, which no runtime reads");
        }
        long count = count(tensor.getDimsList());
        if (type == DataType.STRING) {
            same(count, tensor.getStringDataCount(), "texts");
            return tensor.getStringDataList().stream()
                    .mapToLong(text -> text.size())
                    .sum();
        }
        long bytes = bytes(type, count);
        if (tensor.getDataLocation() == TensorProto.DataLocation.EXTERNAL) {
            return bytes;
        }
        if (rawLength >= 0 || tensor.hasRawData()) {
            same(bytes, rawLength >= 0 ? rawLength : tensor.getRawData().size(), "bytes");
            return bytes;
        }
        switch (type) {
            case FLOAT -> same(count, tensor.getFloatDataCount(), "values");
            case COMPLEX64 -> same(2 * count, tensor.getFloatDataCount(), "values");
            case DOUBLE -> same(count, tensor.getDoubleDataCount(), "values");
            case COMPLEX128 -> same(2 * count, tensor.getDoubleDataCount(), "values");
            case INT64 -> same(count, tensor.getInt64DataCount(), "values");
            case UINT32, UINT64 -> same(count, tensor.getUint64DataCount(), "values");
            case INT4, UINT4 -> same(bytes, tensor.getInt32DataCount(), "values");
            default -> same(count, tensor.getInt32DataCount(), "values");
        }
        return bytes;
    }

    private static void same(long expected, long actual, String what) {
        if (expected != actual) {
            throw new IllegalArgumentException("has " + actual + " " + what + ", but its shape asks for " + expected);
        }
    }
}
