package dev.purser.worker;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;

/** Small ONNX networks for tests and benchmarks, made in code; their weights come from a fixed seed. */
public final class TestModels {
    private TestModels() {}

    /**
     * {@code y = x + 1}, FP32 [-1, 3].
     *
     * @param directory where to write it
     * @return the file
     */
    public static Path add(Path directory) {
        return new OnnxGraph("add")
                .input("x", OnnxGraph.FLOAT, -1, 3)
                .output("y", OnnxGraph.FLOAT, -1, 3)
                .weights("one", new long[0], 1f)
                .node("Add", new String[] {"x", "one"}, "y")
                .write(directory.resolve("add.onnx"));
    }

    /**
     * One step of a chain: {@code output = input + 1}, FP32 [-1, 3].
     *
     * @param directory where to write it
     * @param input the input's name
     * @param output the output's name
     * @return the file
     */
    public static Path step(Path directory, String input, String output) {
        return new OnnxGraph("step")
                .input(input, OnnxGraph.FLOAT, -1, 3)
                .output(output, OnnxGraph.FLOAT, -1, 3)
                .weights("one", new long[0], 1f)
                .node("Add", new String[] {input, "one"}, output)
                .write(directory.resolve(input + "-" + output + ".onnx"));
    }

    /**
     * {@code y = x w}, FP32 [-1, -1] to [-1, 2], which takes three columns but does not say so: inputs made up from what it
     * says do not fit.
     *
     * @param directory where to write it
     * @return the file
     */
    public static Path reticent(Path directory) {
        return new OnnxGraph("reticent")
                .input("x", OnnxGraph.FLOAT, -1, -1)
                .output("y", OnnxGraph.FLOAT, -1, 2)
                .weights("w", new long[] {3, 2}, 1, 0, 0, 1, 1, 1)
                .node("MatMul", new String[] {"x", "w"}, "y")
                .write(directory.resolve("reticent.onnx"));
    }

    /**
     * {@code y} is {@code x} in 256 steps between the least and the largest number of all rows, FP32 [-1, 3]: another row
     * changes what a row gives.
     *
     * @param directory where to write it
     * @param plain whether the operators are those of the graph, and not of a subgraph
     * @return the file
     */
    public static Path mixing(Path directory, boolean plain) {
        OnnxGraph graph =
                new OnnxGraph("mixing").input("x", OnnxGraph.FLOAT, -1, 3).output("y", OnnxGraph.FLOAT, -1, 3);
        if (plain) {
            return quantised(graph, "y").write(directory.resolve("mixing.onnx"));
        }
        OnnxGraph then = quantised(new OnnxGraph("then").output("z", OnnxGraph.FLOAT, -1, 3), "z");
        OnnxGraph otherwise =
                new OnnxGraph("else").output("w", OnnxGraph.FLOAT, -1, 3).node("Identity", new String[] {"x"}, "w");
        return graph.longs("one", new long[0], 1)
                .node("Cast", new String[] {"one"}, "yes", "to", OnnxGraph.BOOL)
                .node("If", new String[] {"yes"}, "y", "then_branch", then, "else_branch", otherwise)
                .write(directory.resolve("mixing-inside.onnx"));
    }

    private static OnnxGraph quantised(OnnxGraph graph, String output) {
        return graph.node("DynamicQuantizeLinear", new String[] {"x"}, new String[] {"quantised", "scale", "zero"})
                .node("DequantizeLinear", new String[] {"quantised", "scale", "zero"}, output);
    }

    /**
     * The perceptron of the serving benchmark: FP32 [-1, 784], 256 hidden units, FP32 [-1, 10] that add up to 1.
     *
     * @param directory where to write it
     * @return the file
     */
    public static Path mlp(Path directory) {
        return perceptron(directory, "mlp", 784, 256, 10);
    }

    /**
     * Layers that are fully connected, with a softmax at the end.
     *
     * @param directory where to write it
     * @param name of the file, less its ending
     * @param sizes of the input, the hidden layers and the output
     * @return the file
     */
    public static Path perceptron(Path directory, String name, int... sizes) {
        Random random = new Random(sizes[0]);
        int layers = sizes.length - 1;
        OnnxGraph graph = new OnnxGraph(name)
                .input("x", OnnxGraph.FLOAT, -1, sizes[0])
                .output("y", OnnxGraph.FLOAT, -1, sizes[layers]);
        String previous = "x";
        for (int i = 1; i <= layers; i++) {
            int in = sizes[i - 1];
            int out = sizes[i];
            graph.weights("w" + i, new long[] {out, in}, gaussian(random, out * in, in))
                    .weights("b" + i, new long[] {out}, gaussian(random, out, 1))
                    .node("Gemm", new String[] {previous, "w" + i, "b" + i}, "g" + i, "transB", 1);
            previous = "g" + i;
            if (i < layers) {
                previous = "r" + i;
                graph.node("Relu", new String[] {"g" + i}, previous);
            }
        }
        return graph.node("Softmax", new String[] {previous}, "y", "axis", 1).write(directory.resolve(name + ".onnx"));
    }

    /**
     * The convolutional network of the serving benchmark: FP32 [-1, 3, 64, 64], three convolutions, FP32 [-1, 100] that
     * add up to 1.
     *
     * @param directory where to write it
     * @return the file
     */
    public static Path cnn(Path directory) {
        Random random = new Random(64);
        int[] channels = {3, 32, 64, 128};
        int classes = 100;
        OnnxGraph graph = new OnnxGraph("cnn")
                .input("x", OnnxGraph.FLOAT, -1, 3, 64, 64)
                .output("y", OnnxGraph.FLOAT, -1, classes);
        String previous = "x";
        for (int i = 1; i < channels.length; i++) {
            int in = channels[i - 1];
            int out = channels[i];
            graph.weights("w" + i, new long[] {out, in, 3, 3}, gaussian(random, out * in * 9, in * 9))
                    .weights("b" + i, new long[] {out}, gaussian(random, out, 1))
                    .node(
                            "Conv",
                            new String[] {previous, "w" + i, "b" + i},
                            "c" + i,
                            "kernel_shape",
                            new long[] {3, 3},
                            "strides",
                            new long[] {2, 2},
                            "pads",
                            new long[] {1, 1, 1, 1})
                    .node("Relu", new String[] {"c" + i}, "r" + i);
            previous = "r" + i;
        }
        int features = channels[channels.length - 1];
        return graph.node("GlobalAveragePool", new String[] {previous}, "p")
                .node("Flatten", new String[] {"p"}, "f")
                .weights("w", new long[] {classes, features}, gaussian(random, classes * features, features))
                .weights("b", new long[] {classes}, gaussian(random, classes, 1))
                .node("Gemm", new String[] {"f", "w", "b"}, "g", "transB", 1)
                .node("Softmax", new String[] {"g"}, "y", "axis", 1)
                .write(directory.resolve("cnn.onnx"));
    }

    /**
     * A network that takes its time: so many products with a square matrix, one after another. FP32 [-1, width] to the
     * same.
     *
     * @param directory where to write it
     * @param layers how many products
     * @param width rows and columns of the matrix; {@code layers * width * width} multiplications a row
     * @return the file
     */
    public static Path slow(Path directory, int layers, int width) {
        OnnxGraph graph = new OnnxGraph("slow")
                .input("x", OnnxGraph.FLOAT, -1, width)
                .output("y", OnnxGraph.FLOAT, -1, width)
                .weights("w", new long[] {width, width}, gaussian(new Random(width), width * width, width));
        String previous = "x";
        for (int i = 1; i <= layers; i++) {
            String next = i == layers ? "y" : "h" + i;
            graph.node("MatMul", new String[] {previous, "w"}, next);
            previous = next;
        }
        return graph.write(directory.resolve("slow-" + layers + "-" + width + ".onnx"));
    }

    /**
     * Rows of a table by their numbers: INT64 [-1] to FP32 [-1, 2]; a number outside of 0 to 3 makes the runtime fail.
     *
     * @param directory where to write it
     * @return the file
     */
    public static Path lookup(Path directory) {
        return new OnnxGraph("lookup")
                .input("row", OnnxGraph.INT64, -1)
                .output("values", OnnxGraph.FLOAT, -1, 2)
                .weights("table", new long[] {4, 2}, 0, 1, 10, 11, 20, 21, 30, 31)
                .node("Gather", new String[] {"table", "row"}, "values")
                .write(directory.resolve("lookup.onnx"));
    }

    /**
     * Each input comes back as an output: {@code in_NAME} to {@code out_NAME} for the texts, truth values and numbers that
     * a network can take, each [-1].
     *
     * @param directory where to write it
     * @return the file
     */
    public static Path echo(Path directory) {
        OnnxGraph graph = new OnnxGraph("echo");
        String[] names = {"BYTES", "BOOL", "INT8", "UINT8", "INT16", "INT32", "INT64", "FP16", "FP32", "FP64"};
        int[] types = {
            OnnxGraph.STRING,
            OnnxGraph.BOOL,
            OnnxGraph.INT8,
            OnnxGraph.UINT8,
            OnnxGraph.INT16,
            OnnxGraph.INT32,
            OnnxGraph.INT64,
            OnnxGraph.FLOAT16,
            OnnxGraph.FLOAT,
            OnnxGraph.DOUBLE
        };
        for (int i = 0; i < names.length; i++) {
            graph.input("in_" + names[i], types[i], -1)
                    .output("out_" + names[i], types[i], -1)
                    .node("Identity", new String[] {"in_" + names[i]}, "out_" + names[i]);
        }
        return graph.write(directory.resolve("echo.onnx"));
    }

    /**
     * Texts as another client's network would know them: {@code same} is whether each {@code x} is 😀, 𠮷 or ok, and {@code y}
     * gives two texts, the first of them ok, whatever {@code x} is.
     *
     * @param directory where to write it
     * @param last the bytes of the second text
     * @return the file
     */
    public static Path texts(Path directory, byte[] last) {
        OnnxGraph graph = new OnnxGraph("texts")
                .input("x", OnnxGraph.STRING, -1)
                .output("same", OnnxGraph.BOOL, -1, 3)
                .output("y", OnnxGraph.STRING, 2)
                .longs("column", new long[] {2}, -1, 1);
        byte[][] texts = {utf8("😀"), utf8("𠮷"), utf8("ok"), last};
        return graph.texts("three", new long[] {3}, Arrays.copyOf(texts, 3))
                .texts("two", new long[] {2}, texts[2], texts[3])
                .node("Reshape", new String[] {"x", "column"}, "rows")
                .node("Equal", new String[] {"rows", "three"}, "same")
                .node("Identity", new String[] {"two"}, "y")
                .write(directory.resolve("texts.onnx"));
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    /**
     * {@code y = x} after as many rounds as {@code x} says, INT64 [-1], of which the first counts: a large number never ends.
     *
     * @param directory where to write it
     * @return the file
     */
    public static Path rounds(Path directory) {
        OnnxGraph body = new OnnxGraph("body")
                .input("i", OnnxGraph.INT64)
                .input("on", OnnxGraph.BOOL)
                .input("v", OnnxGraph.INT64, -1)
                .output("on2", OnnxGraph.BOOL)
                .output("v2", OnnxGraph.INT64, -1)
                .node("Identity", new String[] {"on"}, "on2")
                .node("Identity", new String[] {"v"}, "v2");
        return new OnnxGraph("rounds")
                .input("x", OnnxGraph.INT64, -1)
                .output("y", OnnxGraph.INT64, -1)
                .longs("first", new long[0], 0)
                .node("Gather", new String[] {"x", "first"}, "often")
                .node("Loop", new String[] {"often", "", "x"}, "y", "body", body)
                .write(directory.resolve("rounds.onnx"));
    }

    /**
     * Casts a whole number to the types that a network can only give: {@code x} of INT64 [-1] to {@code u16}, {@code u32}
     * and {@code u64}.
     *
     * @param directory where to write it
     * @return the file
     */
    public static Path unsigned(Path directory) {
        return new OnnxGraph("unsigned")
                .input("x", OnnxGraph.INT64, -1)
                .output("u16", OnnxGraph.UINT16, -1)
                .output("u32", OnnxGraph.UINT32, -1)
                .output("u64", OnnxGraph.UINT64, -1)
                .node("Cast", new String[] {"x"}, "u16", "to", OnnxGraph.UINT16)
                .node("Cast", new String[] {"x"}, "u32", "to", OnnxGraph.UINT32)
                .node("Cast", new String[] {"x"}, "u64", "to", OnnxGraph.UINT64)
                .write(directory.resolve("unsigned.onnx"));
    }

    /**
     * A network of a text embedding's inputs and output that does nothing but look tokens up in {@link #embeddingTable}:
     * {@code input_ids} and {@code attention_mask} of INT64 [-1, -1] to {@code last_hidden_state} of FP32 [-1, -1, 8].
     *
     * @param directory where to write it
     * @return the file
     */
    public static Path embedding(Path directory) {
        return new OnnxGraph("embedding")
                .input("input_ids", OnnxGraph.INT64, -1, -1)
                .input("attention_mask", OnnxGraph.INT64, -1, -1)
                .output("last_hidden_state", OnnxGraph.FLOAT, -1, -1, 8)
                .weights("table", new long[] {30_522, 8}, embeddingTable())
                .node("Gather", new String[] {"table", "input_ids"}, "last_hidden_state")
                .write(directory.resolve("embedding.onnx"));
    }

    /** The vectors of {@link #embedding}: eight numbers for each of 30,522 tokens. */
    public static float[] embeddingTable() {
        return gaussian(new Random(30_522), 30_522 * 8, 1);
    }

    private static float[] gaussian(Random random, int count, int fanIn) {
        float[] values = new float[count];
        double scale = 1 / Math.sqrt(fanIn);
        for (int i = 0; i < count; i++) {
            values[i] = (float) (random.nextGaussian() * scale);
        }
        return values;
    }
}
