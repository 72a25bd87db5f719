package dev.purser.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import dev.purser.core.json.Json;
import dev.purser.core.model.ModelSource;
import dev.purser.core.partition.CutRule;
import dev.purser.core.partition.PartitionPlan;
import dev.purser.core.partition.PartitionRequest;
import dev.purser.core.pricing.PriceBooks;
import dev.purser.core.workload.Workloads;
import dev.purser.partitioner.ChainDeployment;
import dev.purser.partitioner.cost.CalibratedCosts;
import dev.purser.partitioner.cost.Calibration;
import dev.purser.partitioner.cost.Limits;
import dev.purser.partitioner.onnx.InputShapes;
import dev.purser.partitioner.onnx.NetOptions;
import dev.purser.partitioner.onnx.Network;
import dev.purser.partitioner.onnx.OnnxGraph;
import dev.purser.partitioner.onnx.OnnxModel;
import dev.purser.partitioner.onnx.OnnxPart;
import dev.purser.partitioner.onnx.Splitter;
import dev.purser.partitioner.plan.ExactPartitioner;
import dev.purser.worker.ModelFiles;
import dev.purser.worker.RuntimeSettings;
import dev.purser.worker.ServedModel;
import dev.purser.worker.protocol.InferRequest;
import dev.purser.worker.protocol.InferResponse;
import dev.purser.worker.protocol.InferenceClient;
import dev.purser.worker.protocol.ModelMetadata;
import dev.purser.worker.protocol.RequestedOutput;
import dev.purser.worker.protocol.Tensor;
import dev.purser.worker.protocol.TensorMetadata;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A network is planned, split, written as a deployment and served by the command, as a user does it. */
@Timeout(180)
final class SplitModelTest {
    private static final Duration TIMEOUT = Duration.ofSeconds(100);
    private static final int PIXELS = 64;

    @TempDir
    private Path directory;

    /** A narrow ResNet50 for images of 64 x 64, in three parts. */
    private Path deployment(OnnxGraph graph, Path folder) {
        PartitionPlan plan = (PartitionPlan) new ExactPartitioner()
                .partition(PartitionRequest.of(
                                graph.layerGraph(),
                                new CalibratedCosts(Calibration.load("warm"), PriceBooks.named("us-east-1-2019")),
                                Limits.load("lambda-2021"))
                        .withCuts(CutRule.ANY)
                        .withParts(3, 3));
        List<Path> files = Splitter.split(graph, plan.cuts(), folder.resolve("parts")).stream()
                .map(OnnxPart::file)
                .toList();
        return ChainDeployment.of(
                        "resnet50",
                        0.76,
                        plan,
                        ChainDeployment.times(plan, Calibration.load("warm")),
                        files,
                        null,
                        "us-east-1-2019")
                .write(folder);
    }

    private OnnxGraph network() {
        Path whole = directory.resolve("whole").resolve("resnet50.onnx");
        Network.RESNET50.write(NetOptions.PUBLISHED.withSize(PIXELS).withWidth(0.25), whole);
        return OnnxGraph.of(OnnxModel.read(whole), InputShapes.NONE.with("batch", 1));
    }

    private static Tensor image(ModelMetadata metadata, int rows, long seed) {
        TensorMetadata input = metadata.inputs().getFirst();
        long[] shape =
                input.shape().stream().mapToLong(size -> size < 0 ? rows : size).toArray();
        Random random = new Random(seed);
        float[] pixels = new float[Math.toIntExact(Arrays.stream(shape).reduce(1, Math::multiplyExact))];
        for (int i = 0; i < pixels.length; i++) {
            pixels[i] = random.nextFloat() * 2 - 1;
        }
        return Tensor.floats(input.name(), shape, pixels);
    }

    private ServedModel whole(OnnxGraph graph) {
        return ServedModel.load(
                "whole",
                null,
                new ModelSource(graph.model().file().toString(), null),
                null,
                RuntimeSettings.ofThreads(1).withMaxBatch(16),
                ModelFiles.in(directory.resolve("cache")));
    }

    private Process serve(Path workload, String... options) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
                Main.class.getName(),
                "serve",
                "--workload",
                workload.toString(),
                "--port",
                "0",
                "--admin-port",
                "0",
                "--format",
                "json"));
        command.addAll(List.of(options));
        ProcessBuilder builder = new ProcessBuilder(command)
                .redirectError(directory.resolve("err.txt").toFile());
        builder.environment().put("XDG_CACHE_HOME", directory.resolve("cache").toString());
        return builder.start();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aSplitModelAnswersOverHttpAsTheWholeOneDoesColdAndWarm(boolean inProcess) throws Exception {
        OnnxGraph graph = network();
        Path workload = deployment(graph, directory.resolve("deployment"));
        Process server = serve(workload, inProcess ? new String[] {"--in-process"} : new String[0]);
        try (ServedModel whole = whole(graph);
                BufferedReader out =
                        new BufferedReader(new InputStreamReader(server.getInputStream(), StandardCharsets.UTF_8))) {
            String line = out.readLine();
            assertThat(line).as(Files.readString(directory.resolve("err.txt"))).isNotNull();
            JsonNode started = Json.parse("stdout", line);
            try (InferenceClient client =
                    InferenceClient.of(URI.create(started.path("url").asText()))) {
                ModelMetadata metadata = client.metadata("resnet50", TIMEOUT);
                assertThat(metadata.inputs()).isEqualTo(whole.metadata().inputs());
                assertThat(metadata.outputs().getFirst().name())
                        .isEqualTo(whole.metadata().outputs().getFirst().name());
                for (int i = 0; i < 4; i++) {
                    Tensor image = image(metadata, 1 + i % 2, i);
                    String wanted = metadata.outputs().getFirst().name();
                    InferResponse response = client.infer(
                            "resnet50",
                            new InferRequest(
                                    "r" + i,
                                    Map.of(),
                                    List.of(image),
                                    List.of(new RequestedOutput(wanted, null)),
                                    true),
                            TIMEOUT);
                    assertThat(response.id()).isEqualTo("r" + i);
                    assertThat(response.parameters())
                            .containsEntry("parts", 3L)
                            .containsEntry("cold_start", i == 0)
                            .containsEntry("cold_parts", i == 0 ? 3L : 0L)
                            .containsEntry("platform", "function")
                            .containsEntry("variant", "resnet50");
                    float[] expected =
                            whole.infer(List.of(image), List.of()).getFirst().floats();
                    assertThat(response.output(wanted).floats()).hasSameSizeAs(expected);
                    double largest = 0;
                    for (int k = 0; k < expected.length; k++) {
                        largest = Math.max(
                                largest,
                                Math.abs(expected[k] - response.output(wanted).floats()[k]));
                    }
                    assertThat(largest).isLessThanOrEqualTo(1e-5);
                }
            }
            assertThat(server.descendants().count()).isEqualTo(inProcess ? 0 : 3);
            String metrics = metrics(started);
            assertThat(metrics)
                    .contains("purser_sandboxes{function=\"resnet50 in 3 parts\"} 3.0")
                    .contains("purser_store_held_bytes 0.0");
            server.destroy();
            assertThat(server.waitFor(60, TimeUnit.SECONDS)).isTrue();
            assertThat(server.exitValue())
                    .as(Files.readString(directory.resolve("err.txt")))
                    .isZero();
            try (Stream<Path> left = Files.list(directory.resolve("cache/purser"))) {
                assertThat(left.map(path -> path.getFileName().toString()))
                        .noneMatch(name -> name.startsWith("objects-"));
            }
        } finally {
            server.descendants().forEach(ProcessHandle::destroyForcibly);
            server.destroyForcibly();
        }
    }

    /** Metrics are as old as the last look, so that they are asked for until it was after the requests. */
    private static String metrics(JsonNode started) throws Exception {
        long deadline = System.nanoTime() + Duration.ofSeconds(30).toNanos();
        try (HttpClient client = HttpClient.newHttpClient()) {
            while (true) {
                String metrics = client.send(
                                HttpRequest.newBuilder(
                                                URI.create(started.path("admin").asText() + "/metrics"))
                                        .timeout(TIMEOUT)
                                        .build(),
                                BodyHandlers.ofString())
                        .body();
                double put = value(metrics, "purser_store_bytes_total{operation=\"put\"}");
                double get = value(metrics, "purser_store_bytes_total{operation=\"get\"}");
                double held = value(metrics, "purser_store_held_bytes");
                // eight hand-overs of at least a kilobyte; a look may fall into the middle of one
                if ((put > 8 * 1024 && put == get && held == 0) || System.nanoTime() > deadline) {
                    assertThat(put).isGreaterThan(8 * 1024).isCloseTo(get, within(0.0));
                    return metrics;
                }
            }
        }
    }

    private static double value(String metrics, String name) {
        return metrics.lines()
                .filter(line -> line.startsWith(name))
                .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
                .findFirst()
                .orElse(0);
    }

    @Test
    void theSimulatorTakesTheSameDeployment() throws Exception {
        Path workload = deployment(network(), directory.resolve("deployment"));
        assertThat(Workloads.load(workload.toString()).application().pool().variants())
                .singleElement()
                .satisfies(variant -> assertThat(variant.chain()).hasSize(3));
        StringBuilder output = new StringBuilder();
        Process compare = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
                        Main.class.getName(),
                        "compare",
                        "--workload",
                        workload.toString(),
                        "--trace",
                        "constant:rate=5,duration=1m",
                        "--stacks",
                        "admission")
                .redirectErrorStream(true)
                .start();
        output.append(new String(compare.getInputStream().readAllBytes(), StandardCharsets.UTF_8));
        assertThat(compare.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(compare.exitValue()).as(output.toString()).isZero();
        assertThat(output.toString()).contains("admission");
    }
}
