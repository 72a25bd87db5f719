package dev.purser.worker;

import java.nio.file.Path;
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
     * The perceptron of the serving benchmark: FP32 [-1, 784], 256 hidden units, FP32 [-1, 10].
     *
     * @param directory where to write it
     * @return the file
     */
    public static Path mlp(Path directory) {
        Random random = new Random(784);
        return new OnnxGraph("mlp")
                .input("x", OnnxGraph.FLOAT, -1, 784)
                .output("y", OnnxGraph.FLOAT, -1, 10)
                .weights("w1", new long[] {784, 256}, gaussian(random, 784 * 256, 784))
                .weights("b1", new long[] {256}, gaussian(random, 256, 1))
                .weights("w2", new long[] {256, 10}, gaussian(random, 256 * 10, 256))
                .weights("b2", new long[] {10}, gaussian(random, 10, 1))
                .node("Gemm", new String[] {"x", "w1", "b1"}, "h1")
                .node("Relu", new String[] {"h1"}, "h2")
                .node("Gemm", new String[] {"h2", "w2", "b2"}, "y")
                .write(directory.resolve("mlp.onnx"));
    }

    /**
     * The convolutional network of the serving benchmark: FP32 [-1, 3, 64, 64], three convolutions, FP32 [-1, 10].
     *
     * @param directory where to write it
     * @return the file
     */
    public static Path cnn(Path directory) {
        Random random = new Random(64);
        int[] channels = {3, 16, 32, 64};
        OnnxGraph graph =
                new OnnxGraph("cnn").input("x", OnnxGraph.FLOAT, -1, 3, 64, 64).output("y", OnnxGraph.FLOAT, -1, 10);
        String previous = "x";
        for (int i = 1; i < channels.length; i++) {
            int size = channels[i] * channels[i - 1] * 9;
            graph.weights(
                            "w" + i,
                            new long[] {channels[i], channels[i - 1], 3, 3},
                            gaussian(random, size, 9 * channels[i - 1]))
                    .weights("b" + i, new long[] {channels[i]}, gaussian(random, channels[i], 100))
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
        return graph.node("GlobalAveragePool", new String[] {previous}, "p")
                .node("Flatten", new String[] {"p"}, "f")
                .weights("w", new long[] {64, 10}, gaussian(random, 640, 64))
                .weights("b", new long[] {10}, gaussian(random, 10, 1))
                .node("Gemm", new String[] {"f", "w", "b"}, "y")
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
