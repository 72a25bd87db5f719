package dev.purser.core.trace;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Reads every recorded trace where they are at hand, and compares it with the figures of its sidecar. */
class RecordedTracesTest {
    private static Path traces() {
        Optional<Path> folder = Arrivals.recorded();
        assumeTrue(folder.isPresent(), "the recorded traces (shared/data/traces) are not beside the repository");
        return folder.get();
    }

    @Test
    void agreeWithTheirSidecars() throws IOException {
        List<Path> sidecars;
        try (Stream<Path> files = Files.list(traces())) {
            sidecars =
                    files.filter(f -> f.toString().endsWith(".json")).sorted().toList();
        }
        assertThat(sidecars).isNotEmpty();
        for (Path sidecar : sidecars) {
            JsonNode json = new ObjectMapper().readTree(sidecar.toFile());
            JsonNode expected = json.get("stats");
            CountTrace trace = (CountTrace)
                    Traces.read(sidecar.resolveSibling(json.get("file").asText()));
            String name = trace.name();
            double total = expected.get("requests_total").asDouble();
            assertThat(trace.expectedRequests()).as(name).isCloseTo(total, within(1e-9 * total));
            assertThat(trace.duration())
                    .as(name)
                    .isEqualTo(
                            Duration.ofSeconds(expected.get("duration_seconds").asLong()));
            assertThat(trace.step())
                    .as(name)
                    .isEqualTo(Duration.ofSeconds(expected.get("step_seconds").asLong()));
            TraceStatistics statistics = TraceStatistics.of(trace, List.of(trace.step()), 1);
            assertThat((double) statistics.requests()).as(name).isCloseTo(total, within(0.5 + 1e-9));
            TraceStatistics.Bins bins = statistics.bins().getFirst();
            double step = trace.step().toSeconds();
            // fractional counts are rounded in the running total, so those of a step may be one off
            double slack = total == Math.rint(total) ? 1e-4 : 1.01 / step;
            double median = expected.get("median_rps").asDouble();
            assertThat(bins.number()).as(name).isEqualTo(expected.get("rows").asLong());
            assertThat(bins.mean() / step)
                    .as(name)
                    .isCloseTo(expected.get("mean_rps").asDouble(), within(1e-3 + slack));
            assertThat(bins.median() / step).as(name).isCloseTo(median, within(slack + 1e-5 * median));
            assertThat(bins.peak() / step)
                    .as(name)
                    .isCloseTo(expected.get("peak_rps").asDouble(), within(slack));
            assertThat(bins.cv())
                    .as(name)
                    .isCloseTo(expected.get("coefficient_of_variation").asDouble(), within(0.005));
        }
    }

    @Test
    void requestsAgreeWithTheirCounts() {
        String name = "azure_llm_2023_code_1s";
        ArrivalTrace counts = Traces.read(traces().resolve(name + ".csv.gz"));
        ArrivalTrace requests = Traces.read(traces().resolve(name + "_requests.csv.gz"));
        Duration second = Duration.ofSeconds(1);
        assertThat(requests.duration()).isEqualTo(counts.duration());
        assertThat(requests.counts(second, 0)).isEqualTo(counts.counts(second, 0));
    }

    @Test
    void readsTheSamplesOfAzureFunctions() {
        Path samples = traces().resolve("azure_format_samples");
        ArrivalTrace year2019 = Traces.read(samples.resolve("azure2019_invocations.csv"));
        assertThat(year2019.duration()).isEqualTo(Duration.ofHours(24));
        assertThat(year2019.expectedRequests()).isPositive();
        ArrivalTrace year2021 = Traces.read(samples.resolve("azure2021_200.csv"));
        assertThat(Arrivals.of(year2021, 0)).isSorted().hasSizeGreaterThan(190);
    }

    @Test
    void anHourOfTheWitsTraceStreams() {
        ArrivalTrace hour = Traces.read(traces().resolve("wits_1s.csv.gz"))
                .window(Duration.ofHours(9), Duration.ofHours(1))
                .scaleToMean(100);
        long[] arrivals = Arrivals.of(hour, 1);
        assertThat(arrivals).isSorted().hasSizeBetween(359_999, 360_001);
        assertThat(hour.counts(Duration.ofSeconds(1), 1)).hasSize(3600);
    }
}
