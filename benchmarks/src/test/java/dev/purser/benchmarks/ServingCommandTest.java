package dev.purser.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.purser.core.json.Json;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class ServingCommandTest {
    @TempDir
    private Path directory;

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    private int run(String... args) {
        CommandLine command = Benchmarks.commandLine();
        command.setOut(new PrintWriter(out, true));
        command.setErr(new PrintWriter(err, true));
        return command.execute(args);
    }

    @Test
    void comparesServersInProcessesOfTheirOwn() {
        boolean hasWrk = Arrays.stream(System.getenv("PATH").split(":"))
                .anyMatch(folder -> Files.isExecutable(Path.of(folder, "wrk")));
        assumeThat(hasWrk).as("wrk is installed").isTrue();

        int status = run(
                "serving",
                "--only",
                "mlp",
                "--servers",
                "raw,event-loop,in-process",
                "--connections",
                "2",
                "--warm-up",
                "1",
                "--seconds",
                "1",
                "--rounds",
                "1",
                "--skip-batching",
                "--format",
                "json");

        assertThat(status).as(err.toString()).isZero();
        JsonNode report = Json.parse("the report", out.toString());
        JsonNode rows = report.path("rows");
        assertThat(rows).hasSize(3);
        List<String> servers = List.of("raw ONNX Runtime", "event loop", "Purser in-process");
        for (int i = 0; i < rows.size(); i++) {
            JsonNode row = rows.get(i);
            assertThat(row.path("server").textValue()).isEqualTo(servers.get(i));
            assertThat(row.path("requestsPerSecond").doubleValue()).isPositive();
            assertThat(row.path("cpuMicros").doubleValue()).isPositive();
            assertThat(row.path("failed").longValue()).isZero();
            if (i > 0) {
                assertThat(row.path("connections").intValue()).isEqualTo(2);
                assertThat(row.path("p99Ms").doubleValue())
                        .isGreaterThanOrEqualTo(row.path("p50Ms").doubleValue());
                assertThat(row.path("readyMs").doubleValue()).isPositive();
                assertThat(row.path("peakMib").doubleValue()).isGreaterThan(10);
                assertThat(row.path("difference").doubleValue()).isLessThanOrEqualTo(1e-5);
            }
        }
        assertThat(report.path("verdicts")).as("targets are for 32 connections").isEmpty();
    }

    @Test
    void saysWhatIsWrongWithItsArguments() {
        assertThat(run("serving", "--servers", "raw,nginx")).isEqualTo(CommandLine.ExitCode.USAGE);
        assertThat(err.toString())
                .contains("--servers names 'nginx', but there are raw, event-loop, in-process and processes");
        assertThat(run("serving", "--only", "bert")).isEqualTo(CommandLine.ExitCode.USAGE);
        assertThat(err.toString()).contains("--only names 'bert', but there are mlp and cnn");
        assertThat(run("serving", "--models", directory.toString())).isEqualTo(CommandLine.ExitCode.USAGE);
        assertThat(err.toString()).contains("which has no mlp.onnx");
        assertThat(run("serving", "--connections", "0")).isEqualTo(CommandLine.ExitCode.USAGE);
        assertThat(err.toString()).contains("--connections has 0, but each must be 1 to 10000");
        assertThat(run("serving", "--launcher", directory.resolve("nothing").toString()))
                .isEqualTo(CommandLine.ExitCode.USAGE);
        assertThat(err.toString()).contains("which is no program");
        assertThat(run("serving", "--seconds", "0")).isEqualTo(CommandLine.ExitCode.USAGE);
        assertThat(err.toString()).contains("--seconds is 0, but it must be at least 1");
    }
}
