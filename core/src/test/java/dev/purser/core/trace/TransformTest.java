package dev.purser.core.trace;

import static dev.purser.core.trace.Arrivals.SECOND;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TransformTest {
    @TempDir
    Path folder;

    /** 0, 10 ms, 20 ms, ... for a hundred seconds, as recorded requests. */
    private ArrivalTrace recorded() throws IOException {
        Path file = folder.resolve("r.csv");
        List<String> lines = new ArrayList<>(List.of("t_s"));
        IntStream.range(0, 10_000).mapToObj(i -> Double.toString(i / 100.0)).forEach(lines::add);
        return Traces.read(Files.write(file, lines));
    }

    @ParameterizedTest
    @ValueSource(doubles = {0.01, 0.3, 1.7, 2, 9.5, 120})
    void recordedRequestsAreThinnedOrRepeated(double factor) throws IOException {
        ArrivalTrace original = recorded();
        ArrivalTrace scaled = original.scale(factor);
        long[] arrivals = Arrivals.of(scaled, 21);
        assertThat(arrivals).isSorted();
        assertThat(arrivals[arrivals.length - 1]).isLessThan(100 * SECOND);
        double fraction = factor - Math.floor(factor);
        double deviation = Math.sqrt(10_000 * fraction * (1 - fraction));
        assertThat((double) arrivals.length).isCloseTo(10_000 * factor, within(4 * deviation + 1e-9));
        assertThat(scaled.expectedRequests()).isCloseTo(10_000 * factor, within(1e-6));
        assertThat(arrivals).isEqualTo(Arrivals.of(scaled, 21));
        if (fraction > 0) {
            assertThat(arrivals).isNotEqualTo(Arrivals.of(scaled, 22));
        }
        if (factor >= 1) {
            // the first copy of each stays in place
            assertThat(Arrays.stream(arrivals)
                            .filter(t -> t % (SECOND / 100) == 0)
                            .count())
                    .isGreaterThanOrEqualTo(10_000);
            assertThat(Arrays.stream(scaled.counts(Duration.ofMillis(10), 21)).min())
                    .hasValue((long) factor);
        } else {
            assertThat(Arrays.stream(arrivals).filter(t -> t % (SECOND / 100) != 0))
                    .isEmpty();
        }
    }

    @Test
    void copiesAreUniformBeforeTheNextRequest() throws IOException {
        long[] arrivals = Arrivals.of(recorded().scale(4), 8);
        double mean = Arrays.stream(arrivals)
                .filter(t -> t % (SECOND / 100) != 0)
                .mapToDouble(t -> t % (SECOND / 100) / 1e7)
                .average()
                .orElseThrow();
        assertThat(mean).isCloseTo(0.5, within(0.01));
    }

    @Test
    void scalesRecordedRequestsToAMean() throws IOException {
        ArrivalTrace trace = recorded();
        assertThat(trace.meanRate()).isEqualTo(100);
        assertThat(trace.scaleToMean(250).expectedRequests()).isCloseTo(25_000, within(1e-6));
        assertThat(trace.scale(0.5).scale(2)).isSameAs(trace.scale(1)).isSameAs(trace);
        assertThat(trace.scaleToMean(250).seeded()).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "constant:rate=50,duration=40s",
                "constant:rate=50,spacing=even,duration=40s",
                "diurnal:mean=60,amplitude=0.9,period=15s,duration=40s",
                "flash-crowd:base=20,factor=9,start=8s,ramp=1s,hold=2s,decay=3s,duration=40s",
                "mmpp:rates=10/100/0,sojourn=2s/1s/1s,duration=40s",
                "map2:d0=-40/1/2/-200,d1=38/1/8/190,duration=40s"
            })
    void windowsOfGeneratedTracesJoinToTheWhole(String expression) {
        ArrivalTrace trace = Traces.of(expression);
        Duration cut = Duration.ofMillis(12_345);
        ArrivalTrace first = trace.window(Duration.ZERO, cut);
        ArrivalTrace second = trace.window(cut, trace.duration().minus(cut));
        long[] whole = Arrivals.of(trace, 31);
        assertThat(whole).isSorted().isNotEmpty();
        assertThat(Arrivals.joined(Arrivals.of(first, 31), Arrivals.plus(Arrivals.of(second, 31), cut.toNanos())))
                .isEqualTo(whole);
        assertThat(first.expectedRequests() + second.expectedRequests())
                .isCloseTo(trace.expectedRequests(), within(1e-6));
        assertThat(trace.window(Duration.ZERO, trace.duration())).isSameAs(trace);
        assertThat(second.scale(3).expectedRequests()).isCloseTo(3 * second.expectedRequests(), within(3.0));
    }

    @Test
    void superposingMerges() {
        ArrivalTrace a = TraceGenerators.constant(1, TraceGenerators.Spacing.EVEN, Duration.ofSeconds(5));
        ArrivalTrace b = TraceGenerators.constant(2, TraceGenerators.Spacing.EVEN, Duration.ofSeconds(2));
        ArrivalTrace c = TraceGenerators.constant(0.25, TraceGenerators.Spacing.EVEN, Duration.ofSeconds(9));
        ArrivalTrace sum = Traces.superpose(a, b, c);
        assertThat(Arrays.stream(Arrivals.of(sum, 0)).map(t -> t / 1_000_000))
                .containsExactly(0L, 0L, 0L, 500L, 1000L, 1000L, 1500L, 2000L, 3000L, 4000L, 4000L, 8000L);
        assertThat(sum.duration()).isEqualTo(Duration.ofSeconds(9));
        assertThat(sum.expectedRequests()).isEqualTo(12);
        assertThat(sum.expectedRequests(Duration.ofSeconds(1), Duration.ofSeconds(4)))
                .isEqualTo(5);
        assertThat(sum.seeded()).isFalse();
        assertThat(sum.scale(2).expectedRequests()).isEqualTo(10 + 8 + 5);
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void superposedPartsDrawTheirOwnNumbers(long seed) {
        ArrivalTrace one = TraceGenerators.constant(100, Duration.ofSeconds(20));
        List<ArrivalTrace> parts = new ArrayList<>();
        for (int i = 0; i < 9; i++) {
            parts.add(one);
        }
        long[] arrivals = Arrivals.of(Traces.superpose("nine", parts), seed);
        assertThat(arrivals).as("seed %d", seed).isSorted().hasSizeBetween(17_400, 18_600);
        assertThat(Arrays.stream(arrivals).distinct().count()).isGreaterThan(arrivals.length - 3);
    }

    @Test
    void aTraceOfOnesOwnHasTheRest() {
        ArrivalTrace own = new ArrivalTrace() {
            @Override
            public String name() {
                return "own";
            }

            @Override
            public Duration duration() {
                return Duration.ofSeconds(10);
            }

            @Override
            public ArrivalStream open(long seed) {
                return TraceGenerators.constant(3, TraceGenerators.Spacing.EVEN, duration())
                        .open(seed);
            }
        };
        assertThat(own.expectedRequests()).isEqualTo(30);
        assertThat(own.expectedRequests(Duration.ofSeconds(2), Duration.ofSeconds(4)))
                .isEqualTo(6);
        assertThat(own.meanRate()).isEqualTo(3);
        assertThat(own.counts(Duration.ofSeconds(5), 0)).containsExactly(15, 15);
        assertThat(own.scaleToMean(6).expectedRequests()).isEqualTo(60);
        assertThat(own.window(Duration.ofSeconds(9), Duration.ofSeconds(1)).expectedRequests())
                .isEqualTo(3);
    }
}
