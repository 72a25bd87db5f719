package dev.purser.predictors;

import static dev.purser.predictors.Predictors.LEVELS;
import static dev.purser.predictors.Predictors.feed;
import static dev.purser.predictors.Predictors.mixed;
import static dev.purser.predictors.Predictors.numbers;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.purser.core.InputException;
import dev.purser.core.json.Json;
import dev.purser.core.policy.Forecast;
import dev.purser.core.policy.LoadPredictor;
import dev.purser.core.policy.StateExchange;
import dev.purser.predictors.Predictors.Kind;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What holds of every predictor. */
class PredictorsTest {

    static List<Kind> kinds() {
        return Predictors.all();
    }

    static Stream<Kind> persisting() {
        return kinds().stream().filter(Kind::persists);
    }

    static Stream<Arguments> kindsAndSeeds() {
        return kinds().stream()
                .flatMap(kind ->
                        (kind.quick() ? Stream.of(1L, 2L, 3L) : Stream.of(1L)).map(seed -> Arguments.of(kind, seed)));
    }

    static Stream<Arguments> oddSeries() {
        double[] zeros = new double[600];
        double[] sevens = new double[600];
        Arrays.fill(sevens, 7);
        double[] spike = new double[600];
        spike[300] = 1e9;
        double[] early = sevens.clone();
        early[0] = 1e9;
        double[] greatest = sevens.clone();
        greatest[20] = Double.MAX_VALUE;
        greatest[21] = Double.MAX_VALUE;
        double[] least = new double[600];
        Arrays.fill(least, Double.MIN_VALUE);
        double[] negativeZeros = new double[600];
        Arrays.fill(negativeZeros, -0.0);
        double[] falling = new double[600];
        Arrays.setAll(falling, i -> Math.max(0, 1e9 - i * 5e6));
        return kinds().stream()
                .flatMap(kind -> Stream.of(
                        Arguments.of(kind, "zeros", zeros),
                        Arguments.of(kind, "sevens", sevens),
                        Arguments.of(kind, "one point", new double[] {42}),
                        Arguments.of(kind, "two points", new double[] {42, 3}),
                        Arguments.of(kind, "spike", spike),
                        Arguments.of(kind, "early spike", early),
                        Arguments.of(kind, "greatest double", greatest),
                        Arguments.of(kind, "least double", least),
                        Arguments.of(kind, "negative zeros", negativeZeros),
                        Arguments.of(kind, "falling to nothing", falling)));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("kinds")
    void withNothingObservedEverythingIsZero(Kind kind) {
        assertThat(numbers(kind.make().forecast(50))).containsOnly(0.0);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("persisting")
    void oneCountPersists(Kind kind) {
        LoadPredictor predictor = kind.make();
        predictor.observe(42);
        assertThat(numbers(predictor.forecast(3))).containsOnly(42.0);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("kinds")
    void aGapBeforeTheFirstCountIsNothing(Kind kind) {
        LoadPredictor predictor = kind.make();
        predictor.observeGap();
        assertThat(numbers(predictor.forecast(3))).containsOnly(0.0);
    }

    @ParameterizedTest(name = "{0}, seed {1}")
    @MethodSource("kindsAndSeeds")
    void missingWindowsAreFilledIn(Kind kind, long seed) {
        LoadPredictor predictor = kind.make();
        SplittableRandom random = new SplittableRandom(seed);
        predictor.forecast(12);
        for (double count : mixed(seed, 600)) {
            if (random.nextInt(4) == 0) {
                predictor.observeGap();
            } else {
                predictor.observe(count);
            }
            assertThat(Arrays.stream(numbers(predictor.forecast(12))))
                    .as("seed %d", seed)
                    .allMatch(value -> value >= 0 && value < Double.POSITIVE_INFINITY);
        }
    }

    /** A gap takes the place of a window, so that seasons stay in step, and says nothing of how wrong forecasts are. */
    @Test
    void aGapKeepsTheSeasonInStep() {
        LoadPredictor predictor = new SeasonalNaive(new SeasonalNaive.Settings(4));
        feed(predictor, 10, 20, 30, 40, 10, 20);
        predictor.observeGap();
        feed(predictor, 40);
        Forecast forecast = predictor.forecast(4);
        assertThat(new double[] {forecast.mean(1), forecast.mean(2), forecast.mean(3), forecast.mean(4)})
                .containsExactly(10, 20, 30, 40);

        LoadPredictor gaps = new LastValue(new LastValue.Settings());
        gaps.forecast(1);
        feed(gaps, 1, 3, 1, 3, 1, 3, 1, 3, 1, 3); // nine errors
        for (int i = 0; i < 20; i++) {
            gaps.observeGap();
        }
        assertThat(gaps.forecast(1).hasQuantiles()).isFalse();
        feed(gaps, 5);
        assertThat(gaps.forecast(1).hasQuantiles()).isTrue();
    }

    @ParameterizedTest(name = "{0}, seed {1}")
    @MethodSource("kindsAndSeeds")
    void aRestoredPredictorGoesOnAsIfItHadNeverStopped(Kind kind, long seed) {
        LoadPredictor predictor = kind.make();
        double[] series = mixed(seed, 700);
        predictor.forecast(12);
        for (int i = 0; i < 400; i++) {
            predictor.observe(series[i]);
        }
        String saved = Json.write(StateExchange.save(predictor));
        LoadPredictor restored = kind.make();
        StateExchange.restore("saved", Json.parse("saved", saved), restored);
        assertThat(Json.write(StateExchange.save(restored))).isEqualTo(saved);
        for (int i = 400; i < series.length; i++) {
            assertThat(numbers(restored.forecast(12)))
                    .as("seed %d, window %d", seed, i)
                    .isEqualTo(numbers(predictor.forecast(12)));
            predictor.observe(series[i]);
            restored.observe(series[i]);
        }
    }

    @Test
    void theStateOfAnotherKindIsRefused() {
        LoadPredictor ewma = new Ewma(new Ewma.Settings(0.3));
        assertThatThrownBy(() -> StateExchange.restore(
                        "saved.json", StateExchange.save(new LastValue(new LastValue.Settings())), ewma))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("saved.json: predictor: is \"last-value\", but here it is \"ewma\"");
        LoadPredictor longer = new MovingAverage(new MovingAverage.Settings(11));
        assertThatThrownBy(() -> StateExchange.restore(
                        "saved.json", StateExchange.save(new MovingAverage(new MovingAverage.Settings(10))), longer))
                .isInstanceOf(InputException.class)
                .hasMessageContaining(
                        "saved.json: window.counts: has 80 bytes, but it must have 8 for each of 11 numbers");
    }

    @ParameterizedTest(name = "{0}: {1}")
    @MethodSource("oddSeries")
    void numbersAreFiniteNotNegativeAndRiseWithTheLevel(Kind kind, String name, double[] series) {
        LoadPredictor predictor = kind.make();
        for (double count : series) {
            predictor.observe(count);
            Forecast forecast = predictor.forecast(12);
            assertThat(Arrays.stream(numbers(forecast)))
                    .allMatch(value -> value >= 0 && value < Double.POSITIVE_INFINITY);
            for (int step = 1; step <= 12; step++) {
                for (int i = 1; i < LEVELS.length; i++) {
                    assertThat(forecast.quantile(step, LEVELS[i]))
                            .isGreaterThanOrEqualTo(forecast.quantile(step, LEVELS[i - 1]));
                }
            }
        }
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("persisting")
    void aConstantSeriesIsForecastWithoutDoubt(Kind kind) {
        LoadPredictor predictor = kind.make();
        for (int i = 0; i < 2000; i++) {
            predictor.forecast(12);
            predictor.observe(7);
        }
        assertThat(Arrays.stream(numbers(predictor.forecast(12)))).allMatch(value -> Math.abs(value - 7) < 1e-9);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("persisting")
    void anAllZeroSeriesIsForecastAsZero(Kind kind) {
        LoadPredictor predictor = kind.make();
        for (int i = 0; i < 600; i++) {
            predictor.forecast(12);
            predictor.observe(0);
        }
        assertThat(numbers(predictor.forecast(12))).containsOnly(0.0);
    }

    static Stream<Kind> forgetting() {
        // a season remembers its spike for many seasons
        return persisting().filter(kind -> !kind.name().equals("holt-winters"));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("forgetting")
    void aSpikeIsForgotten(Kind kind) {
        LoadPredictor predictor = kind.make();
        predictor.forecast(12);
        for (int i = 0; i < 2600; i++) {
            predictor.observe(i == 700 ? 1e9 : 100 + 10 * (i % 3));
        }
        Forecast forecast = predictor.forecast(12);
        for (int step = 1; step <= 12; step++) {
            assertThat(forecast.mean(step)).as("step %d", step).isBetween(0.0, 300.0);
            assertThat(forecast.quantile(step, 0.95)).as("step %d", step).isLessThan(1e5);
        }
    }

    @ParameterizedTest(name = "{0}, seed {1}")
    @MethodSource("kindsAndSeeds")
    void theFutureChangesNoPastForecast(Kind kind, long seed) {
        int fork = 400 + (int) seed * 13;
        double[] series = mixed(seed, 1000);
        double[] other = series.clone();
        System.arraycopy(mixed(~seed, 1000), fork, other, fork, 1000 - fork);
        LoadPredictor one = kind.make();
        LoadPredictor two = kind.make();
        List<Forecast> ofOne = new ArrayList<>();
        List<double[]> asMade = new ArrayList<>();
        for (int i = 0; i < series.length; i++) {
            Forecast made = one.forecast(12);
            ofOne.add(made);
            asMade.add(numbers(made));
            double[] twos = numbers(two.forecast(12));
            if (i <= fork) {
                assertThat(twos).as("seed %d, window %d", seed, i).isEqualTo(asMade.get(i));
            }
            one.observe(series[i]);
            two.observe(other[i]);
        }
        for (int i = 0; i < series.length; i++) {
            assertThat(numbers(ofOne.get(i)))
                    .as("seed %d, window %d, read later", seed, i)
                    .isEqualTo(asMade.get(i));
        }
        // the fork is seen, or the comparison above says nothing
        assertThat(numbers(one.forecast(12))).isNotEqualTo(numbers(two.forecast(12)));
    }

    @ParameterizedTest(name = "{0}, seed {1}")
    @MethodSource("kindsAndSeeds")
    void askingChangesNothing(Kind kind, long seed) {
        LoadPredictor asked = kind.make();
        LoadPredictor quiet = kind.make();
        asked.forecast(12);
        quiet.forecast(12);
        for (double count : mixed(seed, 500)) {
            asked.forecast(1);
            asked.forecast(12);
            asked.forecast(5);
            asked.observe(count);
            quiet.observe(count);
        }
        assertThat(numbers(asked.forecast(12))).as("seed %d", seed).isEqualTo(numbers(quiet.forecast(12)));
        assertThat(numbers(asked.forecast(12))).as("again, seed %d", seed).isEqualTo(numbers(quiet.forecast(12)));
    }

    /**
     * Of many independent counts, the share below the forecast quantile is the level: the steering sees to that, whatever
     * the predictor. It leaves at most the range of a level over gain times counts, here 1.4 / (0.02 * 5400), and swings less.
     */
    @ParameterizedTest(name = "{0}, seed {1}")
    @MethodSource("kindsAndSeeds")
    void quantilesCoverWhatTheySay(Kind kind, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        LoadPredictor predictor = kind.make();
        int windows = 6_000;
        double[] series = new double[windows];
        Arrays.setAll(series, i -> 1000 + 50 * random.nextGaussian());
        int[] steps = {1, 3, 6};
        int[][] below = new int[steps.length][LEVELS.length];
        int judged = 0;
        for (int i = 0; i < windows - 6; i++) {
            Forecast forecast = predictor.forecast(6);
            if (i >= 600) {
                judged++;
                for (int s = 0; s < steps.length; s++) {
                    for (int l = 0; l < LEVELS.length; l++) {
                        below[s][l] += series[i + steps[s] - 1] <= forecast.quantile(steps[s], LEVELS[l]) ? 1 : 0;
                    }
                }
            }
            predictor.observe(series[i]);
        }
        for (int s = 0; s < steps.length; s++) {
            for (int l = 0; l < LEVELS.length; l++) {
                assertThat(below[s][l] / (double) judged)
                        .as("%s, seed %d, step %d, level %s", kind, seed, steps[s], LEVELS[l])
                        .isCloseTo(LEVELS[l], within(0.0131));
            }
        }
    }

    @ParameterizedTest
    @ValueSource(doubles = {-1, -1e-300, Double.NaN, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY})
    void oddCountsAreRejectedAndLeaveNoTrace(double count) {
        for (Kind kind : kinds()) {
            LoadPredictor predictor = kind.make();
            feed(predictor, 3, 4);
            double[] before = numbers(predictor.forecast(4));
            assertThatIllegalArgumentException()
                    .as(kind.name())
                    .isThrownBy(() -> predictor.observe(count))
                    .withMessage("count " + count + ", but it must be finite and not negative");
            assertThat(numbers(predictor.forecast(4))).as(kind.name()).isEqualTo(before);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, -1, Integer.MIN_VALUE})
    void aForecastHasAtLeastOneStep(int steps) {
        for (Kind kind : kinds()) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> kind.make().forecast(steps))
                    .withMessage("steps " + steps + ", but it must be at least 1");
        }
    }

    @Test
    void settingsSayWhatIsWrong() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new MovingAverage.Settings(0))
                .withMessage("window 0, but it must lie between 1 and 1000000 counts");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new MovingAverage.Settings(1_000_001))
                .withMessage("window 1000001, but it must lie between 1 and 1000000 counts");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new LinearRegression.Settings(1))
                .withMessage("window 1, but it must lie between 2 and 1000000 counts");
        for (double alpha : new double[] {0, -0.1, 1.0000001, Double.NaN, Double.POSITIVE_INFINITY}) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> new Ewma.Settings(alpha))
                    .withMessage("alpha " + alpha + ", but it must be above 0 and at most 1");
        }
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new StickyMaximum.Settings(-1))
                .withMessage("factor -1.0, but it must lie between 0 and 1000");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new SeasonalNaive.Settings(0))
                .withMessage("season 0, but it must lie between 1 and 1000000 counts");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new HoltWinters.Settings(0, 0.3, 0, 0, 1))
                .withMessage("season 0, but it must lie between 1 and 100000 counts");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new HoltWinters.Settings(24, 0.3, 0, Double.NaN, 1))
                .withMessage("gamma NaN, but it must be between 0 and 1");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new Arima.Settings(49, 10, -1))
                .withMessage("window 49, but it must lie between 50 and 100000 counts");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new Arima.Settings(50, 10, 3))
                .withMessage("differences 3, but it must lie between -1 and 2");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new Fourier.Settings(3, 10))
                .withMessage("window 3, but it must lie between 4 and 100000 counts");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new Fourier.Settings(60, -1))
                .withMessage("harmonics -1, but it must lie between 0 and 1000");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new Ensemble.Settings(List.of(), 100))
                .withMessage("0 members, but there must be between 1 and 64 predictors");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new MarkLstm.Settings("none", 0, 5, true))
                .withMessage("units 0, but it must lie between 1 and 512");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new SmilessInvocations.Settings("none", 8, 8, 5, 1, true))
                .withMessage("confidence 1.0, but it must lie between 0 and 1");
        assertThat(new LinearRegression.Settings(500).window()).isEqualTo(500);
    }
}
