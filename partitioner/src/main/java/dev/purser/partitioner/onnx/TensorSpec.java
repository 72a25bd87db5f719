package dev.purser.partitioner.onnx;

import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import ai.onnx.proto.OnnxMl.TypeProto;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What is known of a tensor.
 *
 * @param name its name
 * @param type of its elements; null where the value is no tensor, but a sequence or the like
 * @param shape with the values given for open dimensions; null where it depends on what the model is fed
 * @param declared its type and shape as a part's interface states it: what the model leaves open stays open
 */
record TensorSpec(
        String name, @Nullable DataType type, @Nullable List<Long> shape, TypeProto declared) {

    /** Why it cannot go from one part to another; null where it can. */
    @Nullable
    String cannotCross() {
        if (type == null) {
            return "'" + name + "' is no tensor";
        }
        if (shape == null) {
            return "the size of '" + name + "' depends on what the model is fed";
        }
        return switch (type) {
            case STRING -> "'" + name + "' holds texts, whose size depends on what the model is fed";
            case FLOAT, DOUBLE, FLOAT16, INT8, UINT8, INT16, INT32, INT64, BOOL -> null;
            case UNDEFINED,
                    UINT16,
                    UINT32,
                    UINT64,
                    COMPLEX64,
                    COMPLEX128,
                    BFLOAT16,
                    FLOAT8E4M3FN,
                    FLOAT8E4M3FNUZ,
                    FLOAT8E5M2,
                    FLOAT8E5M2FNUZ,
                    INT4,
                    UINT4 -> "'" + name + "' has elements of " + type + ", which a worker does not take";
        };
    }

    /** Bytes of its elements; 0 where they are not known. */
    long bytes() {
        if (type == null || shape == null || type == DataType.STRING || type == DataType.UNDEFINED) {
            return 0;
        }
        return Elements.bytes(type, Elements.count(shape));
    }
}
