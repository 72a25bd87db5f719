package dev.purser.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class TraceCommandTest {
    @TempDir
    private Path directory;

    @Test
    void describesATraceWhoseNumbersAreKnown() throws Exception {
        // 60 s with 2, 4, 2, 4 … requests: mean 3, median 3, peak 4, variance 1
        StringBuilder csv = new StringBuilder("second,requests\n");
        for (int second = 0; second < 60; second++) {
            csv.append(second).append(',').append(second % 2 == 0 ? 2 : 4).append('\n');
        }
        Path file = Files.writeString(directory.resolve("saw.csv"), csv);

        JsonNode trace = Cli.run("trace", "describe", file.toString(), "--format", "json")
                .json()
                .path(0);
        assertThat(trace.path("name").textValue()).isEqualTo("saw");
        assertThat(trace.path("seconds").doubleValue()).isEqualTo(60);
        assertThat(trace.path("requests").longValue()).isEqualTo(180);
        assertThat(trace.path("meanRps").doubleValue()).isEqualTo(3);
        JsonNode second = trace.path("bins").path(0);
        assertThat(second.path("median").doubleValue()).isEqualTo(3);
        assertThat(second.path("peak").longValue()).isEqualTo(4);
        assertThat(second.path("dispersion").doubleValue()).isEqualTo(1.0 / 3);
        assertThat(trace.path("bins").path(1).path("peakToMedian").doubleValue())
                .isEqualTo(1);
        assertThat(trace.path("bins")).hasSize(3);

        assertThat(Cli.run("trace", "describe", file.toString()).out())
                .containsPattern("(?m)^saw +0:01:00 +180 +3\\.00 +1s +3\\.0 +4 +1\\.33 +0\\.33$")
                .containsPattern("(?m)^ +1m +180\\.0 +180 +1\\.00 +0\\.00$");
    }

    @Test
    void describesSeveralTraces() {
        Cli cli = Cli.run("trace", "describe", "wits-like", "constant:rate=5,duration=1m");
        assertThat(cli.code()).isZero();
        assertThat(cli.out()).containsPattern("(?m)^wits-like +3:00:00 ").contains("constant:rate=5,duration=1m");
    }

    @Test
    void generatesWhatItReadsBack() {
        String expression = "diurnal:mean=20,amplitude=0.5,period=4m,duration=4m";
        Path file = directory.resolve("day.csv.gz");
        assertThat(Cli.run("trace", "generate", expression, "--out", file.toString(), "--step", "10s", "--seed", "7"))
                .isEqualTo(new Cli(0, "", ""));

        JsonNode drawn = describe(expression);
        JsonNode read = describe(file.toString());
        assertThat(read.path("requests")).isEqualTo(drawn.path("requests"));
        assertThat(read.path("bins").path(0)).isEqualTo(drawn.path("bins").path(1));
    }

    private static JsonNode describe(String trace) {
        return Cli.run("trace", "describe", trace, "--seed", "7", "--format", "json")
                .json()
                .path(0);
    }
}
