package dev.purser.core.trace;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.purser.core.InputException;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TraceStatisticsTest {
    private static final Duration SECOND = Duration.ofSeconds(1);

    @Test
    void areThoseWorkedOutByHand() {
        // 4 2 9 1 | 4: mean 4, squares 0 4 25 9 0 = 38 / 5 = 7.6, median 4, peak 9
        CountTrace trace = CountTrace.of("five", SECOND, Spread.UNIFORM, 4, 2, 9, 1, 4);
        TraceStatistics statistics = TraceStatistics.of(trace, List.of(SECOND, Duration.ofSeconds(2)), 1);
        assertThat(statistics.requests()).isEqualTo(20);
        assertThat(statistics.duration()).isEqualTo(Duration.ofSeconds(5));
        TraceStatistics.Bins seconds = statistics.bins().getFirst();
        assertThat(seconds.number()).isEqualTo(5);
        assertThat(seconds.mean()).isEqualTo(4);
        assertThat(seconds.median()).isEqualTo(4);
        assertThat(seconds.peak()).isEqualTo(9);
        assertThat(seconds.variance()).isCloseTo(7.6, within(1e-12));
        assertThat(seconds.peakToMedian()).isEqualTo(2.25);
        assertThat(seconds.indexOfDispersion()).isCloseTo(1.9, within(1e-12));
        assertThat(seconds.cv()).isCloseTo(Math.sqrt(7.6) / 4, within(1e-12));
        // 6 10, the last second is left out; the median lies half-way
        TraceStatistics.Bins pairs = statistics.bins().get(1);
        assertThat(pairs.number()).isEqualTo(2);
        assertThat(pairs.mean()).isEqualTo(8);
        assertThat(pairs.median()).isEqualTo(8);
        assertThat(pairs.peak()).isEqualTo(10);
        assertThat(pairs.variance()).isEqualTo(4);
    }

    /** The same figures whether they come from the file's counts or from the arrivals. */
    @Test
    void agreeWithTheArrivals() {
        double[] counts = new double[300];
        for (int i = 0; i < counts.length; i++) {
            counts[i] = i * 7919 % 101 + 0.3;
        }
        CountTrace trace = CountTrace.of("counts", SECOND, Spread.UNIFORM, counts);
        ArrivalTrace same = Traces.superpose(trace);
        List<Duration> sizes = List.of(SECOND, Duration.ofSeconds(7), Duration.ofMinutes(5));
        assertThat(TraceStatistics.of(same, sizes, 4).bins())
                .isEqualTo(TraceStatistics.of(trace, sizes, 4).bins());
        assertThat(TraceStatistics.of(trace, List.of(Duration.ofMillis(300)), 4).requests())
                .isEqualTo(TraceStatistics.of(trace, 4).requests())
                .isEqualTo(Math.round(trace.expectedRequests()));
    }

    @Test
    void greatCountsKeepFiveDigits() {
        CountTrace trace = CountTrace.of("great", SECOND, Spread.UNIFORM, 262_143, 987_654_321, 262_143);
        TraceStatistics.Bins bins = TraceStatistics.of(trace, 0).bins().getFirst();
        assertThat(bins.median()).isEqualTo(262_143);
        assertThat(bins.peak()).isEqualTo(987_654_321);
        CountTrace greater = CountTrace.of("greater", SECOND, Spread.UNIFORM, 987_654_321);
        assertThat(TraceStatistics.of(greater, 0).bins().getFirst().median())
                .isCloseTo(987_654_321, within(987_654_321 * 1e-5));
    }

    @Test
    void aTraceWithoutRequestsHasNoRatios() {
        TraceStatistics.Bins bins = TraceStatistics.of(CountTrace.of("none", SECOND, Spread.UNIFORM, 0, 0), 0)
                .bins()
                .getFirst();
        assertThat(bins.peakToMedian()).isNaN();
        assertThat(bins.indexOfDispersion()).isNaN();
        TraceStatistics.Bins spike = TraceStatistics.of(CountTrace.of("spike", SECOND, Spread.UNIFORM, 0, 0, 5), 0)
                .bins()
                .getFirst();
        assertThat(spike.peakToMedian()).isInfinite();
    }

    @ParameterizedTest
    @CsvSource({
        "PT1S, 100, PT1S PT10S PT1M",
        "PT3S, 20, PT10S PT1M",
        "PT10S, 5, PT10S",
        "PT57S, 3, PT1M",
        "PT1H, 3, PT1H",
        "PT0.1S, 5, PT0.1S"
    })
    void defaultBinsAreNeitherFinerThanTheStepNorLongerThanTheTrace(Duration step, int steps, String sizes) {
        CountTrace trace = CountTrace.of("t", step, Spread.UNIFORM, new double[steps]);
        assertThat(TraceStatistics.of(trace, 0).bins().stream()
                        .map(b -> b.size().toString())
                        .toList())
                .containsExactly(sizes.split(" "));
    }

    @Test
    void refuseBinsLongerThanTheTrace() {
        CountTrace trace = CountTrace.of("short", SECOND, Spread.UNIFORM, 1, 2);
        assertThatThrownBy(() -> TraceStatistics.of(trace, List.of(Duration.ofSeconds(3)), 0))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("3s is longer than the trace, which is 2s");
    }
}
