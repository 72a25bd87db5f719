package dev.purser.partitioner.onnx;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.OperatorSetIdProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorShapeProto;
import ai.onnx.proto.OnnxMl.TypeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;

/**
 * Puts an image network together, layer by layer. Operators are those of a version in which paddings and bounds are
 * attributes, so that a graph's weights are its parameters and nothing else. Weights go to a file as they are drawn: the
 * larger networks would not fit in a small heap.
 */
final class NetBuilder implements AutoCloseable {
    private static final int OPERATORS = 10;
    private static final int FORMAT = 5;
    private static final int MULTIPLE = 8;

    /** A tensor of the network: a map, or a vector where its height and width are 0. */
    record Map2d(String name, int channels, int height, int width) {}

    /** How a convolution or a pool goes over its input. */
    record Window(int height, int width, int stride, boolean same) {
        static Window square(int size) {
            return new Window(size, size, 1, true);
        }

        Window by(int step) {
            return new Window(height, width, step, same);
        }

        Window valid() {
            return new Window(height, width, stride, false);
        }
    }

    private record Stored(String name, List<Long> shape, long offset, long bytes) {}

    private final String name;
    private final NetOptions options;
    private final Path weightFile;
    private final FileChannel weights;
    private final List<Stored> stored = new ArrayList<>();
    private final Map<Integer, String> ones = new HashMap<>();
    private final GraphProto.Builder graph = GraphProto.newBuilder();
    private long offset;

    NetBuilder(String name, NetOptions options, Path file) throws IOException {
        this.name = name;
        this.options = options;
        this.weightFile = file.resolveSibling(file.getFileName() + ".weights");
        this.weights = FileChannel.open(
                weightFile,
                StandardOpenOption.CREATE,
                StandardOpenOption.TRUNCATE_EXISTING,
                StandardOpenOption.READ,
                StandardOpenOption.WRITE);
    }

    NetOptions options() {
        return options;
    }

    /** A published number of channels, at the width asked for. */
    int channels(int published) {
        if (options.width() == 1) {
            return published;
        }
        return Math.max(MULTIPLE, (int) Math.round(published * options.width() / MULTIPLE) * MULTIPLE);
    }

    Map2d image(String input, int size) {
        graph.addInput(value(input, 3, size, size));
        return new Map2d(input, 3, size, size);
    }

    private ValueInfoProto value(String value, int... sizes) {
        TensorShapeProto.Builder shape = TensorShapeProto.newBuilder();
        if (options.batch() == 0) {
            shape.addDimBuilder().setDimParam("batch");
        } else {
            shape.addDimBuilder().setDimValue(options.batch());
        }
        for (int size : sizes) {
            shape.addDimBuilder().setDimValue(size);
        }
        return ValueInfoProto.newBuilder()
                .setName(value)
                .setType(TypeProto.newBuilder()
                        .setTensorType(TypeProto.Tensor.newBuilder()
                                .setElemType(TensorProto.DataType.FLOAT_VALUE)
                                .setShape(shape)))
                .build();
    }

    private NodeProto.Builder node(String layer, String operator, String... inputs) {
        return graph.addNodeBuilder()
                .setName(layer)
                .setOpType(operator)
                .addAllInput(Arrays.asList(inputs))
                .addOutput(layer);
    }

    private static void ints(NodeProto.Builder node, String attribute, long... values) {
        node.addAttribute(AttributeProto.newBuilder()
                .setName(attribute)
                .setType(AttributeProto.AttributeType.INTS)
                .addAllInts(Arrays.stream(values).boxed().toList()));
    }

    private static void number(NodeProto.Builder node, String attribute, long value) {
        node.addAttribute(AttributeProto.newBuilder()
                .setName(attribute)
                .setType(AttributeProto.AttributeType.INT)
                .setI(value));
    }

    private static void number(NodeProto.Builder node, String attribute, float value) {
        node.addAttribute(AttributeProto.newBuilder()
                .setName(attribute)
                .setType(AttributeProto.AttributeType.FLOAT)
                .setF(value));
    }

    /** Zeros before and after the rows and the columns. */
    Map2d pad(String layer, Map2d in, int before, int after) {
        NodeProto.Builder node = node(layer, "Pad", in.name());
        ints(node, "pads", 0, 0, before, before, 0, 0, after, after);
        return new Map2d(layer, in.channels(), in.height() + before + after, in.width() + before + after);
    }

    Map2d convolution(String layer, Map2d in, int filters, Window window, boolean bias) throws IOException {
        return convolution(layer, in, filters, 1, window, bias, 2);
    }

    /** A convolution that ends a network; {@code gain} spreads its results. */
    Map2d lastConvolution(String layer, Map2d in, int filters, double gain) throws IOException {
        return convolution(layer, in, filters, 1, Window.square(1), true, gain);
    }

    Map2d depthwise(String layer, Map2d in, Window window) throws IOException {
        return convolution(layer, in, in.channels(), in.channels(), window, false, 2);
    }

    private Map2d convolution(String layer, Map2d in, int filters, int groups, Window window, boolean bias, double gain)
            throws IOException {
        int depth = in.channels() / groups;
        double deviation = Math.sqrt(gain / ((long) depth * window.height() * window.width()));
        List<String> inputs = new ArrayList<>(List.of(
                in.name(), weight(layer + ".weight", 0, deviation, filters, depth, window.height(), window.width())));
        if (bias) {
            inputs.add(weight(layer + ".bias", 0, 0.05, filters));
        }
        NodeProto.Builder node = node(layer, "Conv", inputs.toArray(new String[0]));
        ints(node, "kernel_shape", window.height(), window.width());
        number(node, "group", groups);
        return window(node, layer, in, filters, window);
    }

    private static Map2d window(NodeProto.Builder node, String layer, Map2d in, int channels, Window window) {
        ints(node, "strides", window.stride(), window.stride());
        int rows = window.same() ? window.height() / 2 : 0;
        int columns = window.same() ? window.width() / 2 : 0;
        ints(node, "pads", rows, columns, rows, columns);
        return new Map2d(
                layer,
                channels,
                (in.height() + 2 * rows - window.height()) / window.stride() + 1,
                (in.width() + 2 * columns - window.width()) / window.stride() + 1);
    }

    /** Normalises each channel; {@code gain} is the mean of its scale, which is one for all where it is not learnt. */
    Map2d normalise(String layer, Map2d in, boolean scale, double gain) throws IOException {
        int channels = in.channels();
        String gamma = scale ? weight(layer + ".scale", gain, 0.1 * gain, channels) : ones(channels);
        NodeProto.Builder node = node(
                layer,
                "BatchNormalization",
                in.name(),
                gamma,
                weight(layer + ".shift", 0, 0.1, channels),
                weight(layer + ".mean", 0, 0.1, channels),
                weight(layer + ".variance", 1, 0, channels));
        number(node, "epsilon", 1e-3f);
        return new Map2d(layer, channels, in.height(), in.width());
    }

    private String ones(int channels) throws IOException {
        String known = ones.get(channels);
        if (known == null) {
            known = weight("ones." + channels, 1, 0, channels);
            ones.put(channels, known);
        }
        return known;
    }

    Map2d relu(String layer, Map2d in) {
        node(layer, "Relu", in.name());
        return new Map2d(layer, in.channels(), in.height(), in.width());
    }

    Map2d relu6(String layer, Map2d in) {
        NodeProto.Builder node = node(layer, "Clip", in.name());
        number(node, "min", 0f);
        number(node, "max", 6f);
        return new Map2d(layer, in.channels(), in.height(), in.width());
    }

    Map2d add(String layer, Map2d left, Map2d right) {
        node(layer, "Add", left.name(), right.name());
        return new Map2d(layer, left.channels(), left.height(), left.width());
    }

    Map2d concatenate(String layer, Map2d... maps) {
        NodeProto.Builder node =
                node(layer, "Concat", Arrays.stream(maps).map(Map2d::name).toArray(String[]::new));
        number(node, "axis", 1);
        int channels = Arrays.stream(maps).mapToInt(Map2d::channels).sum();
        return new Map2d(layer, channels, maps[0].height(), maps[0].width());
    }

    Map2d maxPool(String layer, Map2d in, Window window) {
        NodeProto.Builder node = node(layer, "MaxPool", in.name());
        ints(node, "kernel_shape", window.height(), window.width());
        return window(node, layer, in, in.channels(), window);
    }

    /** Means that leave the padding out. */
    Map2d averagePool(String layer, Map2d in, Window window) {
        NodeProto.Builder node = node(layer, "AveragePool", in.name());
        ints(node, "kernel_shape", window.height(), window.width());
        number(node, "count_include_pad", 0);
        return window(node, layer, in, in.channels(), window);
    }

    Map2d globalAverage(String layer, Map2d in) {
        NodeProto.Builder node = node(layer, "ReduceMean", in.name());
        ints(node, "axes", 2, 3);
        number(node, "keepdims", 0);
        return new Map2d(layer, in.channels(), 0, 0);
    }

    /** A vector as a map of one element. */
    Map2d asMap(String layer, Map2d in) {
        NodeProto.Builder node = node(layer, "Unsqueeze", in.name());
        ints(node, "axes", 2, 3);
        return new Map2d(layer, in.channels(), 1, 1);
    }

    Map2d dropout(String layer, Map2d in) {
        node(layer, "Dropout", in.name());
        return new Map2d(layer, in.channels(), in.height(), in.width());
    }

    Map2d flatten(String layer, Map2d in) {
        NodeProto.Builder node = node(layer, "Flatten", in.name());
        number(node, "axis", 1);
        return new Map2d(layer, in.channels() * in.height() * in.width(), 0, 0);
    }

    Map2d dense(String layer, Map2d in, int units, double gain) throws IOException {
        NodeProto.Builder node = node(
                layer,
                "Gemm",
                in.name(),
                weight(layer + ".weight", 0, Math.sqrt(gain / in.channels()), in.channels(), units),
                weight(layer + ".bias", 0, 0.05, units));
        number(node, "alpha", 1f);
        number(node, "beta", 1f);
        return new Map2d(layer, units, 0, 0);
    }

    Map2d softmax(String layer, Map2d in) {
        NodeProto.Builder node = node(layer, "Softmax", in.name());
        number(node, "axis", 1);
        return new Map2d(layer, in.channels(), 0, 0);
    }

    /** Draws a weight; its values depend on seed and name alone. */
    private String weight(String weight, double mean, double deviation, long... shape) throws IOException {
        RandomGenerator random = new SplittableRandom(options.seed() * 0x9E3779B97F4A7C15L + weight.hashCode());
        long count = Arrays.stream(shape).reduce(1, Math::multiplyExact);
        ByteBuffer chunk =
                ByteBuffer.allocate((int) Math.min(4 * count, 1 << 16)).order(ByteOrder.LITTLE_ENDIAN);
        for (long i = 0; i < count; i++) {
            chunk.putFloat((float) (mean + deviation * random.nextGaussian()));
            if (!chunk.hasRemaining() || i == count - 1) {
                chunk.flip();
                while (chunk.hasRemaining()) {
                    weights.write(chunk);
                }
                chunk.clear();
            }
        }
        stored.add(new Stored(weight, Arrays.stream(shape).boxed().toList(), offset, 4 * count));
        offset += 4 * count;
        return weight;
    }

    /** Writes the network that ends with a vector. */
    void write(Map2d result, Path file) throws IOException {
        graph.setName(name).addOutput(value(result.name(), result.channels()));
        ModelProto model = ModelProto.newBuilder()
                .setIrVersion(FORMAT)
                .setProducerName("purser")
                .addOpsetImport(OperatorSetIdProto.newBuilder().setDomain("").setVersion(OPERATORS))
                .setGraph(graph)
                .build();
        List<Weight> all = stored.stream()
                .map(weight -> new Weight(
                        TensorProto.newBuilder()
                                .setName(weight.name())
                                .setDataType(TensorProto.DataType.FLOAT_VALUE)
                                .addAllDims(weight.shape())
                                .build(),
                        weight.bytes(),
                        weightFile,
                        weight.offset()))
                .toList();
        OnnxWriter.write(file, model, all, OnnxWriter.INLINE_LIMIT);
    }

    @Override
    public void close() throws IOException {
        weights.close();
        Files.deleteIfExists(weightFile);
    }
}
