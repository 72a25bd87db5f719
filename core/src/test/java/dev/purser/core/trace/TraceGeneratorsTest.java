package dev.purser.core.trace;

import static dev.purser.core.trace.Arrivals.SECOND;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.purser.core.InputException;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TraceGeneratorsTest {
    private static final Duration HOUR = Duration.ofHours(1);

    private static TraceStatistics.Bins bins(ArrivalTrace trace, Duration size, long seed) {
        return TraceStatistics.of(trace, List.of(size), seed).bins().getFirst();
    }

    @Test
    void evenArrivalsStandAtEqualDistances() {
        ArrivalTrace trace = TraceGenerators.constant(3, TraceGenerators.Spacing.EVEN, Duration.ofMillis(1500));
        assertThat(Arrivals.of(trace, 0)).containsExactly(0, 333_333_333, 666_666_666, SECOND, 1_333_333_333);
        assertThat(trace.expectedRequests()).isEqualTo(5);
        assertThat(trace.counts(Duration.ofMillis(500), 0)).containsExactly(2, 1, 2);
        assertThat(trace.scale(2).expectedRequests()).isEqualTo(9);
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void aPoissonProcessHasDispersionOne(long seed) {
        TraceStatistics.Bins bins = bins(TraceGenerators.constant(50, HOUR), Duration.ofSeconds(1), seed);
        assertThat(bins.mean()).as("seed %d", seed).isCloseTo(50, within(0.5));
        assertThat(bins.indexOfDispersion()).as("seed %d", seed).isCloseTo(1, within(0.1));
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void aDayFollowsItsSine(long seed) {
        ArrivalTrace trace =
                TraceGenerators.diurnal(200, 0.6, Duration.ofHours(4), Duration.ofHours(1), Duration.ofHours(4));
        // starts at the top, a quarter of a period in; each hour's mean is 200 (1 +- 0.6 * 2 / pi)
        double up = 3600 * 200 * (1 + 0.6 * 2 / Math.PI);
        double down = 3600 * 200 * (1 - 0.6 * 2 / Math.PI);
        long[] hours = trace.counts(HOUR, seed);
        double[] expected = {up, down, down, up};
        for (int i = 0; i < 4; i++) {
            assertThat((double) hours[i])
                    .as("hour %d, seed %d", i, seed)
                    .isCloseTo(expected[i], within(4 * Math.sqrt(expected[i])));
            assertThat(trace.expectedRequests(Duration.ofHours(i), Duration.ofHours(i + 1)))
                    .isCloseTo(expected[i], within(1e-3));
        }
        // whole to its own Poisson noise at fine steps too
        long[] minutes = trace.counts(Duration.ofMinutes(1), seed);
        double square = 0;
        for (int i = 0; i < minutes.length; i++) {
            double mean = trace.expectedRequests(Duration.ofMinutes(i), Duration.ofMinutes(i + 1));
            square += (minutes[i] - mean) * (minutes[i] - mean) / mean;
        }
        assertThat(square / minutes.length).as("seed %d", seed).isBetween(0.7, 1.3);
    }

    @Test
    void anAmplitudeOfOneReachesZero() {
        ArrivalTrace trace = TraceGenerators.diurnal(100, 1, Duration.ofSeconds(40), Duration.ofSeconds(40));
        // the valley is at 30 s: the second around it expects 100 * (2 pi / 40)^2 / 24 = 0.103
        assertThat(trace.expectedRequests(Duration.ofMillis(29_500), Duration.ofMillis(30_500)))
                .isCloseTo(0.103, within(0.001));
        assertThat(Arrivals.of(trace, 3)).hasSizeBetween(3750, 4250);
    }

    @Test
    void aFlashCrowdClimbsStaysAndDecays() {
        ArrivalTrace trace = TraceGenerators.flashCrowd(
                100,
                11,
                Duration.ofSeconds(100),
                Duration.ofSeconds(10),
                Duration.ofSeconds(20),
                Duration.ofSeconds(30),
                Duration.ofSeconds(400));
        // beyond the base of 100: 1000 * (10 / 2 + 20 + 30) requests, all but e^-9 of the last part
        assertThat(trace.expectedRequests()).isCloseTo(40_000 + 55_000, within(5.0));
        assertThat(trace.expectedRequests(Duration.ZERO, Duration.ofSeconds(100)))
                .isEqualTo(10_000);
        assertThat(trace.expectedRequests(Duration.ofSeconds(110), Duration.ofSeconds(130)))
                .isCloseTo(22_000, within(1e-6));
        long[] counts = trace.counts(Duration.ofSeconds(10), 13);
        for (int i = 0; i < counts.length; i++) {
            double mean = trace.expectedRequests(Duration.ofSeconds(10L * i), Duration.ofSeconds(10L * i + 10));
            assertThat((double) counts[i]).as("bin %d", i).isCloseTo(mean, within(4.5 * Math.sqrt(mean)));
        }
    }

    @Test
    void aFlashCrowdMayJumpAndFallAtOnce() {
        ArrivalTrace trace = Traces.of("flash-crowd:base=10,factor=5,start=10s,ramp=0s,hold=10s,decay=0s,duration=30s");
        assertThat(trace.expectedRequests(Duration.ofSeconds(10), Duration.ofSeconds(20)))
                .isEqualTo(500);
        assertThat(trace.expectedRequests()).isEqualTo(700);
        long[] counts = trace.counts(Duration.ofSeconds(10), 2);
        assertThat(counts[0]).isBetween(60L, 140L);
        assertThat(counts[1]).isBetween(410L, 590L);
        assertThat(counts[2]).isBetween(60L, 140L);
    }

    /** Rates 40 and 255, sojourns 60 s and 20 s: the mean is (40 * 60 + 255 * 20) / 80 = 93.75. */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void anMmppHasTheMomentsOfItsDefinition(long seed) {
        ArrivalTrace trace = Traces.of("mmpp:rates=40/255,sojourn=60s/20s,duration=60h");
        assertThat(trace.meanRate()).isCloseTo(93.75, within(1e-9));
        TraceStatistics.Bins bins = bins(trace, Duration.ofSeconds(10), seed);
        assertThat(bins.mean() / 10).as("seed %d", seed).isCloseTo(93.75, within(5.0));
        // Fischer and Meier-Hellstern 1993: I(t) = 1 + 2 d^2 r1 r2 / (R^2 (l1 r2 + l2 r1)) (1 - (1 - e^-Rt) / (R t))
        double r1 = 1.0 / 60;
        double r2 = 1.0 / 20;
        double rate = r1 + r2;
        double limit = 2 * 215.0 * 215.0 * r1 * r2 / (rate * rate * (40 * r2 + 255 * r1));
        double dispersion = 1 + limit * (1 - (1 - Math.exp(-rate * 10)) / (rate * 10));
        assertThat(bins.indexOfDispersion()).as("seed %d", seed).isCloseTo(dispersion, within(0.08 * dispersion));
    }

    @Test
    void anMmppOfThreeStatesSpendsItsTimeBySojourns() {
        // states of rates 0, 10 and 1000 for 1/2, 1/3 and 1/6 of the time
        ArrivalTrace trace = Traces.of("mmpp:rates=0/10/1000,sojourn=3s/2s/1s,duration=20h");
        assertThat(trace.meanRate()).isCloseTo(10 / 3.0 + 1000 / 6.0, within(1e-9));
        assertThat((double) Arrivals.of(trace, 4).length / 72_000).isCloseTo(trace.meanRate(), within(4.0));
    }

    /**
     * Phase 1 is left for 2 at 1 a second with an arrival, phase 2 for 1 at 2 a second without: the phases have 2/3 and
     * 1/3 of the time, and the rate is 2/3 * 10 + 1/3 * 3 = 23/3.
     */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void aMapHasTheRateOfItsMatrices(long seed) {
        ArrivalTrace trace = TraceGenerators.map2(new double[] {-10, 0, 2, -5}, new double[] {9, 1, 0, 3}, HOUR);
        assertThat(trace.meanRate()).isCloseTo(23 / 3.0, within(1e-12));
        assertThat((double) Arrivals.of(trace, seed).length / 3600)
                .as("seed %d", seed)
                .isCloseTo(23 / 3.0, within(0.3));
        assertThat(trace.scale(4).meanRate()).isCloseTo(4 * 23 / 3.0, within(1e-12));
    }

    /** A MAP(2) with a diagonal D1 is the MMPP of the same rates; both have the same dispersion. */
    @Test
    void aMapWithDiagonalArrivalsIsAnMmpp() {
        ArrivalTrace map = Traces.of("map2:d0=-41/1/3/-203,d1=40/0/0/200,duration=30h");
        ArrivalTrace mmpp = Traces.of("mmpp:rates=40/200,sojourn=1s/333333333ns,duration=30h");
        assertThat(map.meanRate()).isCloseTo(80, within(1e-9));
        TraceStatistics.Bins first = bins(map, Duration.ofSeconds(1), 1);
        TraceStatistics.Bins second = bins(mmpp, Duration.ofSeconds(1), 1);
        assertThat(first.mean()).isCloseTo(second.mean(), within(1.0));
        assertThat(first.indexOfDispersion()).isCloseTo(second.indexOfDispersion(), within(0.5));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "constant:rate=100,duration=1h",
                "constant:rate=100,spacing=even,duration=10s",
                "diurnal:mean=100,amplitude=0.3,period=1d,duration=10s",
                "diurnal:mean=0.5,amplitude=0.3,period=3h,phase=1h30m,duration=1d2h3m4.5s",
                "flash-crowd:base=50,factor=10,start=20m,ramp=30s,decay=5m,duration=1h",
                "flash-crowd:base=50,factor=10,start=20m,ramp=30s,hold=1m,decay=5m,duration=1h",
                "mmpp:rates=40/255,sojourn=1m/20s,duration=1h",
                "map2:d0=-10/1/2/-5,d1=9/0/0/3,duration=0.25s"
            })
    void theNameOfATraceIsItsExpression(String expression) {
        ArrivalTrace trace = TraceGenerators.parse(expression);
        assertThat(trace.name()).isEqualTo(expression);
        ArrivalTrace again = TraceGenerators.parse(trace.name());
        assertThat(Arrivals.of(again, 5)).isEqualTo(Arrivals.of(trace, 5));
        if (trace.seeded()) {
            assertThat(trace.open(5).next()).isNotEqualTo(trace.open(6).next());
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            constant:rate=100 | key 'duration' is missing; the keys of constant are rate, spacing, duration, of which spacing may be left out
            constant | key 'rate' is missing
            constant:rate=100,duraton=1h | there is no key 'duraton'; maybe 'duration'
            constant:rate=100,duration=1h,rate=5 | key 'rate' is given twice
            constant:rate=100,duration=1h,x | 'x' is not of the form key=value
            constant:rate=fast,duration=1h | key 'rate': 'fast' is not a number
            constant:rate=1,duration=60 | key 'duration': '60' is not a duration, such as 90s
            constant:rate=1,duration=1h,spacing=odd | key 'spacing': 'odd' is neither poisson nor even
            constant:rate=0,duration=1h | rate: 0, but it must be more than 0
            constant:rate=5,duration=0s | duration: PT0S, but it must be more than zero
            diurnal:mean=5,amplitude=1.5,duration=1h | amplitude: 1.5, but it must be at least 0 and at most 1
            flash-crowd:base=5,factor=0.5,start=0s,ramp=1s,decay=1s,duration=1h | factor: 0.5, but it must be at least 1
            mmpp:rates=1/2/3,sojourn=1s/2s,duration=1h | 3 rates and 2 sojourns
            mmpp:rates=0/0,sojourn=1s/2s,duration=1h | nothing ever arrives
            mmpp:rates=1/-2,sojourn=1s/2s,duration=1h | rates: -2, but it must be at least 0
            map2:d0=-10/1/2,d1=9/0/0/3,duration=1h | 3 and 4 numbers, not 4 each
            map2:d0=10/1/2/-5,d1=9/0/0/3,duration=1h | d0: the element in row 1, column 1 is 10
            map2:d0=-10/-1/2/-5,d1=9/0/0/3,duration=1h | d0: the element in row 1, column 2 is -1
            map2:d0=-10/1/2/-5,d1=9/0/-1/3,duration=1h | d1: the element in row 2, column 1 is -1
            map2:d0=-10/1/2/-5,d1=9/0/0/4,duration=1h | row 2 of d0 + d1 sums to 1
            map2:d0=-9/0/2/-5,d1=9/0/0/3,duration=1h | a phase is never left
            map2:d0=-1/1/2/-2,d1=0/0/0/0,duration=1h | nothing ever arrives
            poison:rate=5 | the generators are constant, diurnal, flash-crowd, map2, mmpp
            """)
    void wrongExpressionsSayWhatIsAllowed(String expression, String message) {
        assertThatThrownBy(() -> TraceGenerators.parse(expression))
                .isInstanceOf(InputException.class)
                .hasMessageContaining(message);
    }

    @Test
    void allProblemsOfAnExpressionAreReportedAtOnce() {
        assertThatThrownBy(() -> TraceGenerators.parse("mmpp:rates=a/b,sojorn=3,duration=5"))
                .isInstanceOf(InputException.class)
                .hasMessageContainingAll("'sojorn'", "'a' is not", "'b' is not", "'sojourn' is missing", "'5' is not");
    }

    @Test
    void tenMillionArrivalsAreStreamed() {
        ArrivalTrace trace = TraceGenerators.constant(1e6, Duration.ofSeconds(10));
        long before = -1;
        long arrivals = 0;
        Runtime runtime = Runtime.getRuntime();
        System.gc();
        long used = runtime.totalMemory() - runtime.freeMemory();
        try (ArrivalStream stream = trace.open(1)) {
            for (long at = stream.next(); at != ArrivalStream.END; at = stream.next()) {
                if (at < before) {
                    throw new AssertionError(at + " after " + before);
                }
                before = at;
                arrivals++;
            }
            System.gc();
            // the stream is still open; ten million longs would be 80 MB
            assertThat(runtime.totalMemory() - runtime.freeMemory() - used).isLessThan(20_000_000);
        }
        assertThat(arrivals).isBetween(9_980_000L, 10_020_000L);
    }

    /** A pass allocates what it needs at its start; afterwards no more than the odd sine of a diurnal rate. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "constant:rate=100000,duration=10s",
                "diurnal:mean=100000,amplitude=0.5,period=10s,duration=10s",
                "mmpp:rates=50000/150000,sojourn=1s/1s,duration=10s",
                "map2:d0=-100001/1/1/-200001,d1=100000/0/0/200000,duration=10s"
            })
    void aPassAllocatesNothingPerArrival(String expression) {
        assertAllocatesLittle(Traces.of(expression));
        assertAllocatesLittle(Traces.superpose(Traces.of(expression), Traces.of(expression)));
    }

    @Test
    void aPassOverCountsAllocatesNothingPerArrival() {
        double[] counts = new double[1000];
        Arrays.fill(counts, 1000.5);
        CountTrace trace = CountTrace.of("counts", Duration.ofSeconds(1), Spread.UNIFORM, counts);
        assertAllocatesLittle(trace);
        assertAllocatesLittle(trace.withSpread(Spread.POISSON));
    }

    private static void assertAllocatesLittle(ArrivalTrace trace) {
        com.sun.management.ThreadMXBean threads =
                (com.sun.management.ThreadMXBean) java.lang.management.ManagementFactory.getThreadMXBean();
        pass(trace);
        long before = threads.getCurrentThreadAllocatedBytes();
        long arrivals = pass(trace);
        long bytes = threads.getCurrentThreadAllocatedBytes() - before;
        assertThat(arrivals).isGreaterThan(500_000);
        assertThat(bytes).as("bytes for %d arrivals", arrivals).isLessThan(arrivals);
    }

    private static long pass(ArrivalTrace trace) {
        long arrivals = 0;
        try (ArrivalStream stream = trace.open(3)) {
            while (stream.next() != ArrivalStream.END) {
                arrivals++;
            }
        }
        return arrivals;
    }
}
