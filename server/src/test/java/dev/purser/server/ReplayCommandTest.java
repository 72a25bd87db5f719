package dev.purser.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.common.collect.ImmutableList;
import dev.purser.core.json.Json;
import dev.purser.server.replay.TestServer;
import dev.purser.spi.PolicyRegistry;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Timeout(60)
final class ReplayCommandTest {
    private static final String TRACE = "constant:rate=100,spacing=even,duration=500ms";
    private static final Map<String, Object> SMALL = Map.of("variant", "small", "platform", "instance");

    @TempDir
    private Path directory;

    private static TestServer server() throws IOException {
        return new TestServer(call -> {
            if (call.number() % 5 == 0) {
                call.error(503, "queue of " + call.number() + " is full");
            } else {
                call.ok(SMALL);
            }
        });
    }

    private static Cli replay(TestServer server, boolean terminal, String... more) {
        List<String> arguments =
                new ArrayList<>(List.of("replay", "--url", server.url(), "--trace", TRACE, "--rehearsal", "0s"));
        arguments.addAll(List.of(more));
        return Cli.run(PolicyRegistry::load, terminal, arguments.toArray(String[]::new));
    }

    @Test
    void jsonHasExactlyTheseFieldsInThisOrder() throws IOException {
        try (TestServer server = server()) {
            JsonNode json = replay(server, false, "--workload", "paragon-workload-1", "--format", "json")
                    .json();
            assertThat(names(json))
                    .containsExactly(
                            "purser",
                            "url",
                            "model",
                            "trace",
                            "duration",
                            "seed",
                            "workload",
                            "binary",
                            "connections",
                            "timeout",
                            "cpuSeconds",
                            "result");
            JsonNode result = json.path("result");
            assertThat(names(result))
                    .containsExactly(
                            "requests",
                            "answered",
                            "refused",
                            "failed",
                            "abandoned",
                            "late",
                            "sloViolations",
                            "violationRatio",
                            "coldStarts",
                            "seconds",
                            "throughput",
                            "latencyMs",
                            "serviceMs",
                            "classes",
                            "variants",
                            "problems",
                            "generator",
                            "stopped");
            assertThat(result.path("requests").asInt()).isEqualTo(50);
            assertThat(result.path("refused").asInt()).isEqualTo(10);
            assertThat(names(result.path("latencyMs"))).containsExactly("mean", "p50", "p95", "p99", "p999", "max");
            assertThat(names(result.path("classes").path(0)))
                    .containsExactly(
                            "name",
                            "maxLatencyMs",
                            "requests",
                            "answered",
                            "refused",
                            "failed",
                            "late",
                            "sloViolations",
                            "violationRatio",
                            "latencyMs");
            assertThat(names(result.path("variants").path(0)))
                    .containsExactly("variant", "platform", "answered", "share");
            assertThat(names(result.path("problems").path(0))).containsExactly("status", "message", "requests");
            assertThat(names(result.path("generator"))).containsExactly("latenessMs", "waited", "unsent");
        }
    }

    private static List<String> names(JsonNode node) {
        return ImmutableList.copyOf(node.fieldNames());
    }

    @Test
    void theTableShowsClassesVariantsAndProblems() throws IOException {
        try (TestServer server = server()) {
            Cli cli = replay(server, false, "--workload", "paragon-workload-1");
            assertThat(cli.code()).isZero();
            assertThat(cli.out())
                    .contains("texts at " + server.url())
                    .containsPattern("(?m)^vgg16-strict +\\d")
                    .containsPattern("(?m)^squeezenet-relaxed +\\d")
                    .containsPattern("(?m)^all +50 +40 +10 +0 ")
                    .containsPattern("(?m)^small +instance +40 +100\\.0$")
                    .containsPattern("(?m)^ +10 +503  queue of \\d+ is full$")
                    .contains("answers a second")
                    .contains("The generator sent late by");
        }
    }

    @Test
    void filesHoldTheSummaryAndALineForEachRequest() throws IOException {
        Path out = directory.resolve("out");
        try (TestServer server = server()) {
            Cli cli = replay(server, false, "--out", out.toString(), "--format", "json");

            assertThat(Json.read(out.resolve("summary.json"), JsonNode.class)).isEqualTo(cli.json());
            try (InputStream in = new GZIPInputStream(Files.newInputStream(out.resolve("requests.csv.gz")))) {
                List<String> lines = new String(in.readAllBytes(), StandardCharsets.UTF_8)
                        .lines()
                        .toList();
                assertThat(lines).hasSize(51);
                assertThat(lines.get(50)).startsWith("49,0.490000,all,");
            }
            assertThat(out)
                    .isDirectoryNotContaining(
                            file -> file.getFileName().toString().endsWith(".tmp"));
        }
    }

    @Test
    void whatAFileHoldsIsSent() throws IOException {
        Path texts = Files.writeString(directory.resolve("texts.txt"), "one\ntwo\n");
        try (TestServer server = server()) {
            replay(server, false, "--input", texts.toString(), "--binary");
            assertThat(server.received())
                    .extracting(r -> r.request().inputs().getFirst().strings().getFirst())
                    .containsOnly("one", "two")
                    .hasSize(50);
        }
    }

    @Test
    void aLineTellsThoseWhoWatchHowItGoes() throws IOException {
        try (TestServer server = server()) {
            assertThat(replay(server, false).err()).doesNotContain("\r");
            assertThat(replay(server, true).err())
                    .contains("\rrehearsing")
                    .contains("] 0:00:00 of 0:00:00, 50 sent, 40 answered, 10 refused; last second p50 ");
        }
    }

    @Test
    void whatMakesTheResultLessThanItSeemsIsSaid() throws IOException {
        try (TestServer server = new TestServer(call -> {
            if (call.number() < 3) {
                new java.util.concurrent.CountDownLatch(1).await(400, TimeUnit.MILLISECONDS);
            }
            call.ok(SMALL);
        })) {
            assertThat(replay(server, false, "--connections", "2", "--timeout", "10s")
                            .err())
                    .containsPattern("purser: \\d+ requests were sent late, because all 2 connections were in use");
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            --url x                        | --url: 'x' is not the address                      | http://127.0.0.1:8080
            --model texs                   | answers 404 when asked for model 'texs'            | 'texts'
            --trace wits-lik               | trace 'wits-lik': is no file                       | 'wits-like'
            --trace wits-like,wiki-like    | --trace: names 2 traces                            | one of them
            --workload spock               | there is no workload 'spock'                       | 'spock-single'
            --connections 0                | --connections: is 0, but it must be 1 to 10000     |
            --timeout 0s                   | --timeout: is 0s, but it must be 1ms to 1h         |
            --rehearsal 2m                 | --rehearsal: is 2m, but it must be at most 1m      |
            --text-words 0                 | --text-words: is 0, but it must be 1 to 100000     |
            --input nix                    | --input: there is no file 'nix'                    | one text in each line
            --seed 1..2                    | '--seed'                                           | purser help replay
            --duration 0s                  | --duration: is 0s                                  | 10m
            --from 1s                      | --from: 1s is beyond the end                       | begin earlier
            """)
    void mistakesAreExplained(String options, String problem, String maybe) throws IOException {
        try (TestServer server = server()) {
            List<String> arguments = new ArrayList<>(List.of("replay", "--rehearsal", "0s"));
            if (options.contains("--rehearsal")) {
                arguments.removeLast();
                arguments.removeLast();
            }
            if (!options.contains("--url")) {
                arguments.addAll(List.of("--url", server.url()));
            }
            if (!options.contains("--trace")) {
                arguments.addAll(List.of("--trace", TRACE));
            }
            arguments.addAll(List.of(options.split(" ")));
            Cli cli = Cli.run(arguments.toArray(String[]::new));

            assertThat(cli.code()).isEqualTo(Main.INPUT_ERROR);
            assertThat(cli.out()).isEmpty();
            assertThat(cli.err()).startsWith("purser: ").contains(problem).doesNotContain("\tat ");
            if (maybe != null) {
                assertThat(cli.err()).contains("Maybe: ").contains(maybe);
            }
            assertThat(server.received()).isEmpty();
        }
    }

    @Test
    void anInterruptEndsItWithTheSummaryUntilThen() throws Exception {
        Path out = directory.resolve("out");
        try (TestServer server = server()) {
            Process process = new ProcessBuilder(List.of(
                            Path.of(System.getProperty("java.home"), "bin", "java")
                                    .toString(),
                            "-cp",
                            System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
                            "-Dpurser.terminal=false",
                            Main.class.getName(),
                            "replay",
                            "--url",
                            server.url(),
                            "--trace",
                            "constant:rate=100,duration=10m",
                            "--rehearsal",
                            "0s",
                            "--format",
                            "json",
                            "--out",
                            out.toString()))
                    .start();
            try {
                while (server.received().size() < 20) {
                    assertThat(process.isAlive()).isTrue();
                    Thread.onSpinWait();
                }
                // the process's own destroy would close what it still has to print
                process.toHandle().destroy();
                JsonNode printed = Json.parse(
                        "stdout", new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8));
                assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();

                JsonNode result = printed.path("result");
                assertThat(result.path("stopped").booleanValue()).isTrue();
                assertThat(result.path("requests").asInt()).isBetween(20, 59_000);
                assertThat(result.path("requests").asInt()
                                - result.path("abandoned").asInt())
                        .isEqualTo(result.path("answered").asInt()
                                + result.path("refused").asInt());
                assertThat(Json.read(out.resolve("summary.json"), JsonNode.class))
                        .isEqualTo(printed);
            } finally {
                process.destroyForcibly();
            }
        }
    }
}
