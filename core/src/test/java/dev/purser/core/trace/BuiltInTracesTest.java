package dev.purser.core.trace;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BuiltInTracesTest {

    /** Measured on the recorded traces in bins of ten seconds, at the mean that {@link BuiltInTraces} states. */
    @ParameterizedTest
    @CsvSource({
        "wits-like, 100, 4.02, 155",
        "berkeley-like, 67, 2.52, 119",
        "twitter-like, 65, 6.07, 246",
        "wiki-like, 100, 1.46, 29.3"
    })
    void areShapedLikeTheRecordedOnes(String name, double mean, double peakToMedian, double dispersion) {
        ArrivalTrace trace = Traces.of(name);
        assertThat(trace.duration()).isEqualTo(Duration.ofHours(3));
        assertThat(trace.meanRate()).isBetween(0.9 * mean, 1.1 * mean);
        int seeds = 12;
        double peaks = 0;
        double dispersions = 0;
        for (int seed = 0; seed < seeds; seed++) {
            TraceStatistics.Bins bins = TraceStatistics.of(trace, List.of(Duration.ofSeconds(10)), seed)
                    .bins()
                    .getFirst();
            peaks += bins.peakToMedian() / seeds;
            dispersions += bins.indexOfDispersion() / seeds;
        }
        assertThat(peaks).as("peak to median").isBetween(0.9 * peakToMedian, 1.1 * peakToMedian);
        assertThat(dispersions).as("dispersion").isBetween(0.75 * dispersion, 1.25 * dispersion);
    }
}
