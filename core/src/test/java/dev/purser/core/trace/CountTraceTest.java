package dev.purser.core.trace;

import static dev.purser.core.trace.Arrivals.SECOND;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.purser.core.InputException;
import java.time.Duration;
import java.util.Arrays;
import java.util.stream.DoubleStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CountTraceTest {
    private static final Duration STEP = Duration.ofSeconds(1);
    private static final CountTrace MIXED =
            CountTrace.of("mixed", STEP, Spread.UNIFORM, 3, 0, 5000, 1, 0, 0, 1024, 1025, 2);

    @ParameterizedTest
    @ValueSource(longs = {0, 1, -1, 42, Long.MIN_VALUE, 987654321})
    void arrivalsAreSortedLieInTheirStepAndAreAsManyAsCounted(long seed) {
        long[] arrivals = Arrivals.of(MIXED, seed);
        assertThat(arrivals).as("seed %d", seed).isSorted().hasSize(7055);
        long[] counts = new long[9];
        for (long at : arrivals) {
            counts[(int) (at / SECOND)]++;
        }
        assertThat(counts).as("seed %d", seed).containsExactly(3, 0, 5000, 1, 0, 0, 1024, 1025, 2);
    }

    @Test
    void aSeedGivesItsArrivalsAgainAndAnotherSeedOthers() {
        assertThat(Arrivals.of(MIXED, 7)).isEqualTo(Arrivals.of(MIXED, 7));
        assertThat(Arrivals.of(MIXED, 7)).isNotEqualTo(Arrivals.of(MIXED, 8));
    }

    /** Pins the arrivals of a seed, so that a change of the generator or of a library does not go by unseen. */
    @Test
    void theArrivalsOfASeedAreTheseOnEveryMachine() {
        CountTrace trace = CountTrace.of("pinned", STEP, Spread.UNIFORM, 2, 3);
        assertThat(Arrivals.of(trace, 1)).containsExactly(502803281, 640255690, 1098674708, 1537988642, 1949986516);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 10, 1024, 1025, 5000, 100_000})
    void positionsAreUniform(int count) {
        int repeats = Math.max(1, 100_000 / count);
        double[] counts = new double[repeats];
        Arrays.fill(counts, count);
        double[] positions = Arrays.stream(Arrivals.of(CountTrace.of("u", STEP, Spread.UNIFORM, counts), 11))
                .mapToDouble(t -> (double) (t % SECOND) / SECOND)
                .sorted()
                .toArray();
        double distance = 0;
        for (int i = 0; i < positions.length; i++) {
            distance = Math.max(distance, Math.abs(positions[i] - (i + 0.5) / positions.length));
        }
        // Kolmogorov and Smirnov: 1.95 / sqrt(n) is passed once in a thousand
        assertThat(distance * Math.sqrt(positions.length)).isLessThan(1.95);
    }

    /** The k-th of n uniform points has the mean k/(n+1) and the variance k(n+1-k)/((n+1)^2(n+2)). */
    @Test
    void orderStatisticsAreExactBeyondABlock() {
        int n = 3000;
        double[] counts = new double[2000];
        Arrays.fill(counts, n);
        long[] arrivals = Arrivals.of(CountTrace.of("o", STEP, Spread.UNIFORM, counts), 5);
        for (int k : new int[] {1, 1024, 1025, 2048, 2500, 3000}) {
            double[] at = DoubleStream.iterate(0, i -> i + 1)
                    .limit(counts.length)
                    .map(i -> arrivals[(int) i * n + k - 1] / 1e9 - i)
                    .toArray();
            double mean = Arrays.stream(at).average().orElseThrow();
            double variance = Arrays.stream(at)
                    .map(x -> (x - mean) * (x - mean))
                    .average()
                    .orElseThrow();
            double expectedVariance = k * (n + 1.0 - k) / ((n + 1.0) * (n + 1.0) * (n + 2.0));
            assertThat(mean)
                    .as("mean of place %d", k)
                    .isCloseTo(k / (n + 1.0), within(4 * Math.sqrt(expectedVariance / counts.length)));
            assertThat(variance / expectedVariance)
                    .as("variance of place %d", k)
                    .isBetween(0.8, 1.25);
        }
    }

    @Test
    void fractionsAreCarriedToTheNearestWhole() {
        // running totals 0.4, 0.8, 1.2, 1.6, 2.0 and 4.5 round to 0, 1, 1, 2, 2, 5
        CountTrace trace = CountTrace.of("fractions", STEP, Spread.UNIFORM, 0.4, 0.4, 0.4, 0.4, 0.4, 2.5);
        assertThat(trace.counts(STEP, 3)).containsExactly(0, 1, 0, 1, 0, 3);
        assertThat(trace.expectedRequests()).isCloseTo(4.5, within(1e-12));
        assertThat(Arrivals.of(trace, 3)).hasSize(5);
    }

    @Test
    void scalingMultipliesTheCountsAndCarriesTheFraction() {
        CountTrace trace = CountTrace.of("scaled", STEP, Spread.UNIFORM, 1, 2, 3, 4);
        assertThat(trace.scale(10).counts(STEP, 0)).containsExactly(10, 20, 30, 40);
        // running totals 0.5, 1.5, 3, 5 round to 1, 2, 3, 5
        assertThat(trace.scale(0.5).counts(STEP, 0)).containsExactly(1, 1, 1, 2);
        assertThat(trace.scale(5).scale(0.1).counts(STEP, 0)).containsExactly(1, 1, 1, 2);
        assertThat(trace.scaleToMean(7).meanRate()).isCloseTo(7, within(1e-12));
        assertThat(trace.scaleToMean(7).counts(Duration.ofSeconds(4), 0)).containsExactly(28);
    }

    @Test
    void tenTenthsMakeOne() {
        double[] counts = new double[1000];
        Arrays.fill(counts, 0.1);
        CountTrace trace = CountTrace.of("tenths", STEP, Spread.UNIFORM, counts);
        assertThat(trace.scale(10).counts(STEP, 0)).containsOnly(1);
        assertThat(trace.counts(Duration.ofSeconds(10), 0)).containsOnly(1);
    }

    @ParameterizedTest
    @ValueSource(longs = {0, 3, 99})
    void windowsJoinToTheWhole(long seed) {
        CountTrace trace = CountTrace.of("parts", STEP, Spread.UNIFORM, 10.3, 20.4, 0, 1500.5, 7.7, 3.1);
        for (Duration cut : new Duration[] {Duration.ofSeconds(3), Duration.ofMillis(3500), Duration.ofNanos(1)}) {
            ArrivalTrace first = trace.window(Duration.ZERO, cut);
            ArrivalTrace second = trace.window(cut, trace.duration().minus(cut));
            assertThat(Arrivals.joined(
                            Arrivals.of(first, seed), Arrivals.plus(Arrivals.of(second, seed), cut.toNanos())))
                    .as("cut at %s, seed %d", cut, seed)
                    .isEqualTo(Arrivals.of(trace, seed));
            assertThat(first.expectedRequests() + second.expectedRequests())
                    .isCloseTo(trace.expectedRequests(), within(1e-9));
        }
    }

    @Test
    void aWindowOfAWindowIsAWindow() {
        ArrivalTrace once = MIXED.window(Duration.ofSeconds(6), Duration.ofSeconds(2));
        ArrivalTrace twice = MIXED.window(Duration.ofSeconds(1), Duration.ofSeconds(8))
                .window(Duration.ofSeconds(5), Duration.ofSeconds(2));
        assertThat(Arrivals.of(twice, 4)).isEqualTo(Arrivals.of(once, 4)).hasSize(2049);
        assertThat(once.name()).isEqualTo("mixed[6s +2s]");
        assertThat(once.expectedRequests(Duration.ofMillis(500), Duration.ofMillis(1500)))
                .isCloseTo(512 + 512.5, within(1e-9));
    }

    @Test
    void aWindowBeyondTheEndSaysHowLongTheTraceIs() {
        assertThatThrownBy(() -> MIXED.window(Duration.ofSeconds(5), Duration.ofSeconds(5)))
                .isInstanceOf(InputException.class)
                .hasMessage("mixed: window: from 5s for 5s, but the trace is 9s long\n"
                        + "Maybe: choose a window that begins at 0 or later and ends by 9s");
        assertThatThrownBy(() -> MIXED.window(Duration.ofSeconds(-1), Duration.ofSeconds(5)))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("the trace is 9s long");
        assertThatThrownBy(() -> MIXED.window(Duration.ZERO, Duration.ZERO)).isInstanceOf(InputException.class);
    }

    @Test
    void poissonSpreadHasTheMeanAndTheVarianceOfItsCounts() {
        double[] counts = new double[20_000];
        Arrays.fill(counts, 12.5);
        CountTrace trace = CountTrace.of("poisson", STEP, Spread.POISSON, counts);
        TraceStatistics.Bins bins = TraceStatistics.of(trace, 17).bins().getFirst();
        assertThat(bins.mean()).isCloseTo(12.5, within(0.1));
        assertThat(bins.indexOfDispersion()).isCloseTo(1, within(0.04));
        assertThat(Arrivals.of(trace, 17)).isSorted().isNotEqualTo(Arrivals.of(trace, 18));
        assertThat(Arrivals.of(trace.window(Duration.ofSeconds(100), Duration.ofSeconds(3)), 17))
                .isEqualTo(Arrays.stream(Arrivals.of(trace, 17))
                        .map(t -> t - 100 * SECOND)
                        .filter(t -> t >= 0 && t < 3 * SECOND)
                        .toArray());
    }

    @Test
    void poissonSpreadOfAnEmptyStepIsEmpty() {
        CountTrace trace = CountTrace.of("gaps", STEP, Spread.POISSON, 0, 2000, 0);
        assertThat(Arrays.stream(Arrivals.of(trace, 1)).boxed())
                .hasSizeBetween(1700, 2300)
                .allMatch(t -> t >= SECOND && t < 2 * SECOND);
    }

    @Test
    void countsOfAnyStepAgreeWithTheArrivals() {
        long[] arrivals = Arrivals.of(MIXED, 9);
        for (Duration step :
                new Duration[] {STEP, Duration.ofSeconds(2), Duration.ofMillis(700), Duration.ofHours(1)}) {
            long[] expected = new long[(int) Math.ceil(9e9 / step.toNanos())];
            for (long at : arrivals) {
                expected[(int) (at / step.toNanos())]++;
            }
            assertThat(MIXED.counts(step, 9)).as("step %s", step).isEqualTo(expected);
        }
    }

    /** The whole of a trace of a trillion requests could not be laid out; a late second of it can. */
    @Test
    void aLateWindowOfAHugeTraceIsReached() {
        double[] counts = new double[2000];
        Arrays.fill(counts, 1e9);
        CountTrace huge = CountTrace.of("huge", STEP, Spread.UNIFORM, counts);
        assertThat(Arrivals.of(huge.window(Duration.ofSeconds(1999), STEP).scale(1e-5), 1))
                .hasSize(10_000);
        assertThat(TraceStatistics.of(huge, 1).requests()).isEqualTo(2_000_000_000_000L);
    }

    @Test
    void refusesWhatIsNoCount() {
        assertThatThrownBy(() -> CountTrace.of("bad", STEP, Spread.UNIFORM, 1, -2))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("counts[1]")
                .hasMessageContaining("-2.0");
        assertThatThrownBy(() -> CountTrace.of("bad", STEP, Spread.UNIFORM)).isInstanceOf(InputException.class);
        assertThatThrownBy(
                        () -> CountTrace.of("none", STEP, Spread.UNIFORM, 0, 0).scaleToMean(5))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("no requests");
        assertThatThrownBy(() -> MIXED.scale(0)).isInstanceOf(InputException.class);
        assertThatThrownBy(() -> MIXED.counts(Duration.ofNanos(1), 0))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("9000000000 steps");
    }
}
