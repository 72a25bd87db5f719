package dev.purser.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.purser.core.json.Json;
import dev.purser.sim.SimulatorSettings;
import dev.purser.worker.TestModels;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code demo} and {@code fidelity} on a small network that runs in this process. */
class TwinCommandsTest {
    private static final String POOL = """
            {"name": "measured", "source": "a test", "variants": [
              {"name": "add", "accuracy": 0.9, "sizeMb": 1, "loadMs": 10,
               "vm": {"c7a.medium": {"latencyMs": 2, "slots": 1, "batchLatencyMs": {"4": 3}}},
               "model": {"onnx": "add.onnx"}}]}
            """;
    private static final String WORKLOAD = """
            {"name": "adding", "description": "a test",
             "application": {"name": "sum", "pool": "pool.json", "classes": [
               {"name": "soon", "weight": 2, "slo": {"urgency": "strict", "maxLatency": "5s"}},
               {"name": "later", "weight": 1, "slo": {"urgency": "relaxed", "maxLatency": "20s"}}]},
             "instanceTypes": ["c7a.medium"],
             "functions": {"memoryMb": [], "concurrencyLimit": 1},
             "priceBook": "us-east-1-2026"}
            """;

    @TempDir
    private Path directory;

    @BeforeEach
    void write() throws IOException {
        TestModels.add(directory);
        Files.writeString(directory.resolve("pool.json"), POOL);
        Files.writeString(directory.resolve("pool-settings.json"), Json.write(SimulatorSettings.defaults()));
        Files.writeString(directory.resolve("workload.json"), WORKLOAD);
    }

    private Cli run(String command, String... more) {
        List<String> arguments = new ArrayList<>(List.of(
                command,
                "--workload",
                directory.resolve("workload.json").toString(),
                "--pool",
                directory.resolve("pool.json").toString(),
                "--in-process",
                "--trace",
                "constant:rate=30,duration=2s"));
        arguments.addAll(List.of(more));
        return Cli.run(arguments.toArray(String[]::new));
    }

    @Test
    void fidelityComparesWhatClientsSawWithTheSimulationOfTheSameRequests() {
        Cli fidelity = run("fidelity", "--format", "json", "--seed", "3");
        assertThat(fidelity.err()).doesNotContain("Exception");
        assertThat(fidelity.code()).isZero();
        JsonNode json = fidelity.json();
        assertThat(json.path("stack").textValue()).isEqualTo("admission");
        assertThat(json.path("requests").longValue()).isBetween(30L, 100L);
        assertThat(json.path("figures").findValuesAsText("name"))
                .containsExactly("meanMs", "p50Ms", "p95Ms", "p99Ms", "violationRatio", "coldStarts", "costUsd");
        for (JsonNode figure : json.path("figures")) {
            if (figure.path("name").textValue().endsWith("Ms")) {
                assertThat(figure.path("real").doubleValue())
                        .as(figure.toString())
                        .isPositive();
                assertThat(figure.path("simulated").doubleValue())
                        .as(figure.toString())
                        .isPositive();
                assertThat(figure.path("error").doubleValue())
                        .isEqualTo(figure.path("simulated").doubleValue()
                                        / figure.path("real").doubleValue()
                                - 1);
            }
        }
    }

    @Test
    void demoShowsBothAndWritesTheReport() throws IOException {
        Path out = directory.resolve("out");
        Cli demo = run("demo", "--out", out.toString());
        assertThat(demo.code()).as(demo.err()).isZero();
        assertThat(demo.err()).contains("watch it at http://127.0.0.1:");
        assertThat(demo.out())
                .contains("promise kept %", "soon", "later", "instance", "cost on AWS, $", "p95Ms", "report.html");
        JsonNode runs = Json.read(out.resolve("result.json"), JsonNode.class).path("runs");
        assertThat(runs.findValuesAsText("stack")).containsExactly("admission (real)", "admission (simulated)");
        // the very same requests
        assertThat(runs.get(0).path("requests").longValue())
                .isEqualTo(runs.get(1).path("requests").longValue());
        assertThat(runs.get(0).path("answered").longValue()
                        + runs.get(0).path("refused").longValue()
                        + runs.get(0).path("failed").longValue())
                .isEqualTo(runs.get(0).path("requests").longValue());
        assertThat(out.resolve("report.html")).content().contains("admission (real)");
    }

    @Test
    void aPoolWithoutItsSettingsIsRefused() throws IOException {
        Files.delete(directory.resolve("pool-settings.json"));
        Cli fidelity = run("fidelity");
        assertThat(fidelity.code()).isEqualTo(2);
        assertThat(fidelity.err()).contains("pool-settings.json", "purser profile");
    }

    @Test
    void aWorkloadWithoutModelsIsRefusedBeforeAnythingStarts() {
        Cli demo = Cli.run("demo", "--workload", "spock-single", "--out", directory.toString());
        assertThat(demo.code()).isEqualTo(2);
        assertThat(demo.err()).contains("has no model, so it can only be simulated");
    }

    @Test
    void moreThanOneTraceIsRefused() {
        Cli demo = Cli.run("demo", "--trace", "wits-like,wiki-like", "--out", directory.toString());
        assertThat(demo.code()).isEqualTo(2);
        assertThat(demo.err()).contains("names 2 traces");
    }
}
