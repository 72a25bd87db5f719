package dev.purser.partitioner.onnx;

import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import dev.purser.core.InputException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;

/**
 * Seeded inputs for a model: normal numbers, around a mean of its own for each map, without which networks that average
 * could not tell one input from another; and whole numbers of 0 or 1, or up to the size of the table that an input is
 * looked up in.
 */
final class RandomInputs {
    private RandomInputs() {}

    static Map<String, OnnxTensor> of(OnnxModel model, Map<String, List<Long>> shapes, long seed) throws OrtException {
        return of(model, shapes, seed, 0);
    }

    /** As above, with a share of floats that are zero: what counts them gives another result. */
    static Map<String, OnnxTensor> of(OnnxModel model, Map<String, List<Long>> shapes, long seed, double zeros)
            throws OrtException {
        RandomGenerator random = new SplittableRandom(seed);
        Map<String, Long> tables = tables(model);
        Map<String, OnnxTensor> inputs = new LinkedHashMap<>();
        try {
            for (ValueInfoProto input : model.inputs()) {
                List<Long> shape = shapes.getOrDefault(input.getName(), List.of());
                inputs.put(
                        input.getName(),
                        tensor(model, input, shape, tables.getOrDefault(input.getName(), 2L), random, zeros));
            }
            return inputs;
        } catch (OrtException | RuntimeException e) {
            inputs.values().forEach(OnnxTensor::close);
            throw e;
        }
    }

    /** The size of the smallest table that each input is looked up in. */
    private static Map<String, Long> tables(OnnxModel model) {
        Map<String, Long> rows = new HashMap<>();
        model.weights().forEach((name, weight) -> {
            if (weight.tensor().getDimsCount() > 0) {
                rows.put(name, weight.tensor().getDims(0));
            }
        });
        Map<String, Long> tables = new HashMap<>();
        for (NodeProto node : model.nodes()) {
            if (node.getInputCount() == 0) {
                continue;
            }
            Long size = rows.get(node.getInput(0));
            switch (node.getOpType()) {
                case "Gather" -> {
                    if (size != null && node.getInputCount() > 1) {
                        tables.merge(node.getInput(1), Math.max(1, size), Math::min);
                    }
                }
                case "DequantizeLinear" -> {
                    if (size != null && node.getOutputCount() > 0) {
                        rows.put(node.getOutput(0), size);
                    }
                }
                default -> {}
            }
        }
        return tables;
    }

    private static OnnxTensor tensor(
            OnnxModel model, ValueInfoProto input, List<Long> shape, long bound, RandomGenerator random, double zeros)
            throws OrtException {
        OrtEnvironment environment = Sessions.environment();
        DataType type = DataType.forNumber(input.getType().getTensorType().getElemType());
        long[] sizes = shape.stream().mapToLong(Long::longValue).toArray();
        int count = (int) Math.min(Integer.MAX_VALUE / 8, Elements.count(shape));
        if (type == null || count != Elements.count(shape)) {
            throw unusable(model, input, String.valueOf(type) + " " + shape);
        }
        if (type == DataType.STRING) {
            String[] texts = new String[count];
            Arrays.setAll(texts, i -> "text " + random.nextInt(1000));
            return OnnxTensor.createTensor(environment, texts, sizes);
        }
        ByteBuffer data =
                ByteBuffer.allocateDirect((int) Elements.bytes(type, count)).order(ByteOrder.nativeOrder());
        int block = (int) Math.max(1, Elements.count(shape.subList(Math.max(0, shape.size() - 2), shape.size())));
        double mean = 0;
        for (int i = 0; i < count; i++) {
            if (i % block == 0) {
                mean = random.nextGaussian();
            }
            double number = random.nextDouble() < zeros ? 0 : mean + random.nextGaussian();
            switch (type) {
                case FLOAT -> data.putFloat((float) number);
                case DOUBLE -> data.putDouble(number);
                case FLOAT16 -> data.putShort(Float.floatToFloat16((float) number));
                case INT64 -> data.putLong(random.nextLong(bound));
                case INT32 -> data.putInt((int) random.nextLong(Math.min(bound, Integer.MAX_VALUE)));
                case INT16 -> data.putShort((short) random.nextLong(Math.min(bound, Short.MAX_VALUE)));
                case INT8, UINT8 -> data.put((byte) random.nextLong(Math.min(bound, Byte.MAX_VALUE)));
                case BOOL -> data.put((byte) random.nextInt(2));
                default -> throw unusable(model, input, type.name());
            }
        }
        data.rewind();
        return switch (type) {
            case FLOAT -> OnnxTensor.createTensor(environment, data.asFloatBuffer(), sizes);
            case DOUBLE -> OnnxTensor.createTensor(environment, data.asDoubleBuffer(), sizes);
            case FLOAT16 -> OnnxTensor.createTensor(environment, data, sizes, OnnxJavaType.FLOAT16);
            case INT64 -> OnnxTensor.createTensor(environment, data.asLongBuffer(), sizes);
            case INT32 -> OnnxTensor.createTensor(environment, data.asIntBuffer(), sizes);
            case INT16 -> OnnxTensor.createTensor(environment, data.asShortBuffer(), sizes);
            case INT8 -> OnnxTensor.createTensor(environment, data, sizes, OnnxJavaType.INT8);
            case UINT8 -> OnnxTensor.createTensor(environment, data, sizes, OnnxJavaType.UINT8);
            case BOOL -> OnnxTensor.createTensor(environment, data, sizes, OnnxJavaType.BOOL);
            default -> throw unusable(model, input, type.name());
        };
    }

    private static InputException unusable(OnnxModel model, ValueInfoProto input, String what) {
        return new InputException(
                model.file().toString(),
                "input '" + input.getName() + "'",
                "is of " + what + ", for which no inputs can be made",
                "");
    }
}
