package dev.purser.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.purser.core.InputException;
import dev.purser.worker.protocol.Datatype;
import dev.purser.worker.protocol.ProtocolException;
import dev.purser.worker.protocol.Tensor;
import dev.purser.worker.protocol.TensorMetadata;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class OnnxModelTest {
    private static final RuntimeSettings SETTINGS = RuntimeSettings.ofThreads(1).withMaxBatch(4);

    @TempDir
    Path directory;

    private OnnxModel load(Path onnx) {
        return OnnxModel.load("m", "1", onnx, SETTINGS, TestFiles.CACHE);
    }

    @Test
    void runsABatchOfAnySize() {
        try (OnnxModel model = load(TestModels.add(directory))) {
            assertThat(model.metadata().inputs())
                    .containsExactly(new TensorMetadata("x", Datatype.FP32, List.of(-1L, 3L)));
            assertThat(model.metadata().outputs())
                    .containsExactly(new TensorMetadata("y", Datatype.FP32, List.of(-1L, 3L)));
            assertThat(model.metadata().versions()).containsExactly("1");
            for (int rows = 0; rows <= 4; rows++) {
                float[] values = new float[3 * rows];
                float[] sums = new float[3 * rows];
                for (int i = 0; i < values.length; i++) {
                    values[i] = i;
                    sums[i] = i + 1f;
                }
                long[] shape = {rows, 3};
                assertThat(model.infer(List.of(Tensor.floats("x", shape, values)), List.of()))
                        .containsExactly(Tensor.floats("y", shape, sums));
            }
        }
    }

    @Test
    void aBatchGivesWhatItsRowsGive() {
        long seed = 11;
        Random random = new Random(seed);
        try (OnnxModel model = load(TestModels.mlp(directory))) {
            List<Tensor> rows = new ArrayList<>();
            List<Tensor> results = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                float[] row = new float[784];
                for (int j = 0; j < row.length; j++) {
                    row[j] = random.nextFloat();
                }
                rows.add(Tensor.floats("x", new long[] {1, 784}, row));
                results.addAll(model.infer(List.of(rows.get(i)), List.of("y")));
            }

            List<Tensor> parts =
                    model.infer(List.of(Tensor.concat(rows)), List.of()).get(0).split(1, 1, 1, 1);

            for (int i = 0; i < 4; i++) {
                assertThat(parts.get(i).floats())
                        .as("seed %d", seed)
                        .usingComparatorWithPrecision(1e-5f)
                        .containsExactly(results.get(i).floats());
            }
        }
    }

    @Test
    void takesAndGivesEveryDatatypeThatTheRuntimeHas() {
        List<Tensor> inputs = List.of(
                Tensor.strings("in_BYTES", new long[] {2}, List.of("", "žluťoučký kůň")),
                Tensor.booleans("in_BOOL", new long[] {2}, true, false),
                Tensor.of("in_INT8", Datatype.INT8, new long[] {2}, ByteBuffer.wrap(new byte[] {-128, 127})),
                Tensor.of("in_UINT8", Datatype.UINT8, new long[] {2}, ByteBuffer.wrap(new byte[] {0, -1})),
                Tensor.of("in_INT16", Datatype.INT16, new long[] {2}, ByteBuffer.wrap(new byte[] {0, -128, -1, 127})),
                Tensor.ints("in_INT32", new long[] {2}, Integer.MIN_VALUE, Integer.MAX_VALUE),
                Tensor.longs("in_INT64", new long[] {2}, Long.MIN_VALUE, Long.MAX_VALUE),
                Tensor.of("in_FP16", Datatype.FP16, new long[] {2}, ByteBuffer.wrap(new byte[] {0, 0x3c, 0, -128})),
                Tensor.floats("in_FP32", new long[] {2}, Float.NaN, Float.MIN_VALUE),
                Tensor.doubles("in_FP64", new long[] {2}, -0.0, Double.MAX_VALUE));
        try (OnnxModel model = load(TestModels.echo(directory))) {
            List<Tensor> outputs = model.infer(inputs, List.of());

            assertThat(outputs)
                    .isEqualTo(inputs.stream()
                            .map(t -> t.withName(t.name().replace("in_", "out_")))
                            .toList());
            assertThat(model.infer(inputs, List.of("out_FP64", "out_BYTES")))
                    .extracting(Tensor::name)
                    .containsExactly("out_FP64", "out_BYTES");
        }
    }

    /** The network itself compares: an echo alone would hide what is wrong both ways. */
    @Test
    void textsReachTheNetworkAsTheyAre() {
        byte[] plain = "žluť 日本語 \u00F0\u009F\u0098\u0080".getBytes(StandardCharsets.UTF_8);
        try (OnnxModel model = load(TestModels.texts(directory, plain))) {
            List<Tensor> outputs = model.infer(
                    List.of(Tensor.strings("x", new long[] {4}, List.of("😀", "𠮷", "ok", "?"))), List.of());
            assertThat(outputs.get(0).booleans())
                    .containsExactly(true, false, false, false, true, false, false, false, true, false, false, false);
            assertThat(outputs.get(1).strings()).containsExactly("ok", "žluť 日本語 \u00F0\u009F\u0098\u0080");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"61 00 62", "ed a0 80", "ff", "f0 9f 98", "f0 9f 98 80"})
    void aTextThatTheRuntimeDoesNotHandOverIsRefused(String bytes) {
        byte[] text = HexFormat.ofDelimiter(" ").parseHex(bytes);
        try (OnnxModel model = load(TestModels.texts(directory, text))) {
            List<Tensor> x = List.of(Tensor.strings("x", new long[] {1}, List.of("ok")));
            assertThatThrownBy(() -> model.infer(x, List.of()))
                    .isInstanceOfSatisfying(
                            ProtocolException.class, e -> assertThat(e.status()).isEqualTo(500))
                    .hasMessageContaining("element 1 of output 'y'");
            assertThat(model.infer(x, List.of("same")).get(0).booleans()).containsExactly(false, false, true);
        }
    }

    @Test
    void givesUnsignedNumbers() {
        try (OnnxModel model = load(TestModels.unsigned(directory))) {
            List<Tensor> outputs = model.infer(List.of(Tensor.longs("x", new long[] {2}, 65535, 7)), List.of());

            assertThat(outputs)
                    .extracting(Tensor::datatype)
                    .containsExactly(Datatype.UINT16, Datatype.UINT32, Datatype.UINT64);
            assertThat(outputs).allSatisfy(t -> assertThat(t.longs()).containsExactly(65535, 7));
        }
    }

    @Test
    void saysWhatWouldBeRight() {
        Tensor three = Tensor.floats("x", new long[] {1, 3}, 1, 2, 3);
        try (OnnxModel model = load(TestModels.add(directory))) {
            assertRefused(model, List.of(), "model 'm' needs input 'x' of FP32 and shape [-1, 3]; the request has []");
            assertRefused(model, List.of(three.withName("X")), "model 'm' has no input 'X': 'x'");
            assertRefused(model, List.of(three, three), "given twice");
            assertRefused(
                    model,
                    List.of(Tensor.doubles("x", new long[] {1, 3}, 1, 2, 3)),
                    "is of FP64, but model 'm' takes FP32");
            assertRefused(
                    model,
                    List.of(Tensor.floats("x", new long[] {1, 2}, 1, 2)),
                    "has shape [1, 2], but model 'm' takes [-1, 3] (-1: any size)");
            assertRefused(model, List.of(Tensor.floats("x", new long[] {3}, 1, 2, 3)), "has shape [3]");
            assertRefused(
                    model,
                    List.of(Tensor.floats("x", new long[] {5, 3}, new float[15])),
                    "has 5 rows, but model 'm' takes at most 4 at once");
            assertThatThrownBy(() -> model.infer(List.of(three), List.of("z"))).hasMessageContaining("no output 'z'");
        }
        try (OnnxModel model = load(TestModels.echo(directory))) {
            assertRefused(
                    model,
                    List.of(Tensor.bytes("in_BYTES", new long[] {1}, List.of(new byte[] {-1}))),
                    "needs input 'in_BOOL'");
        }
    }

    private static void assertRefused(ServedModel model, List<Tensor> inputs, String message) {
        assertThatThrownBy(() -> model.infer(inputs, List.of()))
                .isInstanceOfSatisfying(
                        ProtocolException.class, e -> assertThat(e.status()).isEqualTo(400))
                .hasMessageContaining(message);
    }

    @Test
    void aFailureOfTheRuntimeIsSaidAndLeavesTheModelUsable() {
        try (OnnxModel model = load(TestModels.lookup(directory))) {
            for (int i = 0; i < 100; i++) {
                assertThatThrownBy(() -> model.infer(List.of(Tensor.longs("row", new long[] {1}, 4)), List.of()))
                        .isInstanceOf(ProtocolException.class)
                        .hasMessageContaining("model 'm' does not take input 'row' of INT64 [1]")
                        .hasMessageContaining("out of data bounds");
            }
            assertThat(model.infer(List.of(Tensor.longs("row", new long[] {2}, 3, 0)), List.of())
                            .get(0)
                            .floats())
                    .containsExactly(30, 31, 0, 1);
        }
    }

    @ParameterizedTest
    @CsvSource({"1, 1", "1, 4", "2, 1", "2, 2"})
    void manyCallersGetTheirOwnResults(int threads, int parallel) throws Exception {
        RuntimeSettings settings = RuntimeSettings.ofThreads(threads).withParallel(parallel);
        try (OnnxModel model = OnnxModel.load("m", null, TestModels.add(directory), settings, TestFiles.CACHE);
                ExecutorService callers = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Callable<Boolean>> calls = new ArrayList<>();
            for (int i = 0; i < 500; i++) {
                float value = i;
                int rows = 1 + i % 7;
                float[] values = new float[3 * rows];
                java.util.Arrays.fill(values, value);
                calls.add(() -> {
                    Tensor y = model.infer(List.of(Tensor.floats("x", new long[] {rows, 3}, values)), List.of())
                            .get(0);
                    for (float sum : y.floats()) {
                        assertThat(sum).isEqualTo(value + 1);
                    }
                    return y.rows() == rows;
                });
            }
            for (Future<Boolean> call : callers.invokeAll(calls)) {
                assertThat(call.get()).isTrue();
            }
        }
    }

    @Test
    void closingWaitsForWhatRuns() throws Exception {
        OnnxModel model = load(TestModels.slow(directory, 60, 512));
        Tensor x = Tensor.floats("x", new long[] {4, 512}, new float[2048]);
        List<Future<Integer>> results = new ArrayList<>();
        try (ExecutorService callers = Executors.newFixedThreadPool(4)) {
            for (int i = 0; i < 40; i++) {
                results.add(
                        callers.submit(() -> model.infer(List.of(x), List.of()).size()));
            }
            results.get(0).get();
            model.close();
        }
        model.close();

        for (Future<Integer> result : results) {
            try {
                assertThat(result.get()).isEqualTo(1);
            } catch (java.util.concurrent.ExecutionException e) {
                assertThat(e).hasRootCauseMessage("model 'm' is closed");
            }
        }
        assertThatThrownBy(() -> model.infer(List.of(x), List.of())).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void saysWhichFileCannotBeLoaded() throws Exception {
        Path mlp = TestModels.mlp(directory);
        byte[] bytes = Files.readAllBytes(mlp);
        Path half = Files.write(directory.resolve("half.onnx"), java.util.Arrays.copyOf(bytes, bytes.length / 2));
        Path text = Files.writeString(directory.resolve("text.onnx"), "this is not a network");
        Path nothing = Files.write(directory.resolve("nothing.onnx"), new byte[0]);
        Path number = new OnnxGraph("n")
                .input("x", OnnxGraph.UINT32, 1)
                .output("y", OnnxGraph.UINT32, 1)
                .node("Identity", new String[] {"x"}, "y")
                .write(directory.resolve("number.onnx"));
        Path unknown = new OnnxGraph("n")
                .input("x", OnnxGraph.FLOAT, 1)
                .output("y", OnnxGraph.FLOAT, 1)
                .node("NoSuchOperator", new String[] {"x"}, "y")
                .write(directory.resolve("unknown.onnx"));

        for (Path file : List.of(half, text, nothing, unknown)) {
            assertThatThrownBy(() -> load(file))
                    .isInstanceOf(InputException.class)
                    .hasMessageContaining(file.toString())
                    .hasMessageContaining("cannot be loaded by ONNX Runtime");
        }
        assertThatThrownBy(() -> load(number)).hasMessageContaining("input 'x'").hasMessageContaining("UINT32");
    }

    @Test
    void settingsAreChecked() {
        assertThatThrownBy(() -> RuntimeSettings.ofThreads(0)).hasMessage("threads is 0, but it must be 1 to 256");
        assertThatThrownBy(() -> SETTINGS.withMaxBatch(0)).hasMessageContaining("maxBatch");
        assertThatThrownBy(() -> SETTINGS.withParallel(1000)).hasMessageContaining("parallel");
    }
}
