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
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;

/**
 * Inputs for a model, as they were given or else made up from a seed: normal numbers, around a mean of its own for each map, without which networks that average
 * could not tell one input from another; and whole numbers of 0 or 1, or up to the size of the table that an input is
 * looked up in.
 */
final class RandomInputs {
    /** The most that is made up for one input. */
    private static final long LARGEST_BYTES = 1L << 29;

    private RandomInputs() {}

    static Map<String, OnnxTensor> of(OnnxGraph graph, long seed) throws OrtException {
        return of(graph.model(), graph.inputShapes(), graph.inputValues(), seed, 0);
    }

    /** As above, with a share of made-up floats that are zero: what counts them gives another result. */
    static Map<String, OnnxTensor> of(
            OnnxModel model, Map<String, List<Long>> shapes, Map<String, List<String>> values, long seed, double zeros)
            throws OrtException {
        RandomGenerator random = new SplittableRandom(seed);
        Map<String, Long> tables = tables(model);
        Map<String, OnnxTensor> inputs = new LinkedHashMap<>();
        try {
            for (ValueInfoProto input : model.inputs()) {
                List<Long> shape = shapes.getOrDefault(input.getName(), List.of());
                List<String> given = values.get(input.getName());
                long bound = tables.getOrDefault(input.getName(), 2L);
                inputs.put(
                        input.getName(),
                        given == null
                                ? tensor(model, input, shape, bound, random, zeros)
                                : given(model, input, shape, given));
            }
            return inputs;
        } catch (OrtException | RuntimeException e) {
            inputs.values().forEach(OnnxTensor::close);
            throw e;
        }
    }

    static String doubt(OnnxGraph graph) {
        return doubt(graph.model(), graph.inputShapes(), graph.inputValues());
    }

    /** What may be wrong where a model that has been loaded does not run. */
    static String doubt(OnnxModel model, Map<String, List<Long>> shapes, Map<String, List<String>> values) {
        Map<String, Long> tables = tables(model);
        List<String> madeUp = new ArrayList<>();
        for (ValueInfoProto input : model.inputs()) {
            DataType type = DataType.forNumber(input.getType().getTensorType().getElemType());
            boolean fraction = type == DataType.FLOAT || type == DataType.DOUBLE || type == DataType.FLOAT16;
            if (!fraction && !values.containsKey(input.getName())) {
                long most = type == DataType.BOOL ? 1 : tables.getOrDefault(input.getName(), 2L) - 1;
                madeUp.add("'" + input.getName() + "' ("
                        + (type == DataType.STRING ? "texts" : "whole numbers of 0 to " + most) + ")");
            }
        }
        String sizes = "check the sizes that were given: " + shapes;
        return madeUp.isEmpty()
                ? sizes
                : "the values of input " + String.join(" and ", madeUp)
                        + " are made up: give real ones with --input-value NAME=VALUES; or " + sizes;
    }

    private static OnnxTensor given(OnnxModel model, ValueInfoProto input, List<Long> shape, List<String> values)
            throws OrtException {
        DataType type = DataType.forNumber(input.getType().getTensorType().getElemType());
        long[] sizes = shape.stream().mapToLong(Long::longValue).toArray();
        if (type == null) {
            throw unusable(model, input, "no type");
        }
        if (type == DataType.STRING) {
            return OnnxTensor.createTensor(Sessions.environment(), values.toArray(String[]::new), sizes);
        }
        ByteBuffer data = buffer(type, values.size());
        for (String value : values) {
            try {
                switch (type) {
                    case FLOAT -> data.putFloat(Float.parseFloat(value));
                    case DOUBLE -> data.putDouble(Double.parseDouble(value));
                    case FLOAT16 -> data.putShort(Float.floatToFloat16(Float.parseFloat(value)));
                    case INT64 -> data.putLong(Long.parseLong(value));
                    case INT32 -> data.putInt(Integer.parseInt(value));
                    case INT16 -> data.putShort(Short.parseShort(value));
                    case INT8 -> data.put(Byte.parseByte(value));
                    case UINT8 -> data.put((byte) Objects.checkIndex(Integer.parseInt(value), 256));
                    case BOOL -> data.put(truth(value));
                    default -> throw unusable(model, input, type.name());
                }
            } catch (NumberFormatException | IndexOutOfBoundsException e) {
                throw new InputException(
                        model.file().toString(),
                        "input '" + input.getName() + "'",
                        "'" + value + "' is no value of " + type,
                        type == DataType.BOOL ? "true or false" : "numbers with commas between them");
            }
        }
        return tensor(model, input, type, data, sizes);
    }

    private static byte truth(String value) {
        return switch (value) {
            case "true", "1" -> 1;
            case "false", "0" -> 0;
            default -> throw new NumberFormatException(value);
        };
    }

    private static ByteBuffer buffer(DataType type, int count) {
        return ByteBuffer.allocateDirect((int) Elements.bytes(type, count)).order(ByteOrder.nativeOrder());
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
        DataType type = DataType.forNumber(input.getType().getTensorType().getElemType());
        long[] sizes = shape.stream().mapToLong(Long::longValue).toArray();
        int count = (int) Math.min(Integer.MAX_VALUE / 8, Elements.count(shape));
        boolean sized = type != null && type != DataType.STRING && type != DataType.UNDEFINED;
        if (type == null
                || count != Elements.count(shape)
                || (sized ? Elements.bytes(type, count) : 8L * count) > LARGEST_BYTES) {
            throw unusable(model, input, String.valueOf(type) + " " + shape);
        }
        if (type == DataType.STRING) {
            String[] texts = new String[count];
            Arrays.setAll(texts, i -> "text " + random.nextInt(1000));
            return OnnxTensor.createTensor(Sessions.environment(), texts, sizes);
        }
        ByteBuffer data = buffer(type, count);
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
        return tensor(model, input, type, data, sizes);
    }

    private static OnnxTensor tensor(
            OnnxModel model, ValueInfoProto input, DataType type, ByteBuffer data, long[] sizes) throws OrtException {
        OrtEnvironment environment = Sessions.environment();
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
                "is of " + what + ", for which no inputs can be made (at most " + (LARGEST_BYTES >> 20) + " MB)",
                "");
    }
}
