package dev.purser.predictors;

import static org.assertj.core.api.Assertions.assertThat;

import dev.purser.core.policy.Forecast;
import dev.purser.core.policy.LoadPredictor;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ResidualsTest {
    private static final double[] LEVELS = Predictors.LEVELS;

    /** Residuals 1, 2, …, n at step 1. */
    private static Residuals upTo(int n) {
        Residuals residuals = new Residuals();
        residuals.follow();
        for (int i = 1; i <= n; i++) {
            residuals.expect(1, 100);
            residuals.came(100 + i);
        }
        return residuals;
    }

    @Test
    void ranksAreOfOneMoreThanThereAre() {
        // 19 residuals: ranks 20 * 0.05 = 1, 5, 10, 15, 19
        assertThat(upTo(19).quantiles(1, 50, LEVELS)).containsExactly(51, 55, 60, 65, 69);
        // 10 residuals: ranks 0.55 (the least), 2.75, 5.5, 8.25, 10.45 (the greatest)
        assertThat(upTo(10).quantiles(1, 50, LEVELS)).containsExactly(51, 52.75, 55.5, 58.25, 60);
    }

    @Test
    void onlyTheLastAreKept() {
        // 1..450 came, 251..450 are kept: ranks 10.05, 50.25, 100.5, 150.75, 190.95
        assertThat(upTo(450).quantiles(1, 0, LEVELS))
                .usingComparatorWithPrecision(1e-9)
                .containsExactly(260.05, 300.25, 350.5, 400.75, 440.95);
    }

    @Test
    void quantilesDoNotFallBelowZero() {
        Residuals residuals = new Residuals();
        residuals.follow();
        for (int i = 1; i <= 19; i++) {
            residuals.expect(1, 100);
            residuals.came(100 - i);
        }
        // residuals -19..-1 on a point of 10: 10 - 19, 10 - 15, 10 - 10, 10 - 5, 10 - 1
        assertThat(residuals.quantiles(1, 10, LEVELS)).containsExactly(0, 0, 0, 5, 9);
    }

    @Test
    void nothingIsClaimedOfFewerThanTen() {
        assertThat(upTo(9).levels(1)).isEmpty();
        assertThat(upTo(10).levels(1)).containsExactly(LEVELS);
        assertThat(upTo(10).levels(2)).isEmpty();
    }

    @Test
    void eachStepIsComparedWithWhatCameThatManyWindowsLater() {
        // the load grows by 3 a window, so that persistence is 3 short at step 1 and 15 short at step 5
        LoadPredictor predictor = new LastValue(new LastValue.Settings());
        predictor.forecast(5);
        for (int i = 0; i < 300; i++) {
            predictor.observe(3 * i);
        }
        Forecast forecast = predictor.forecast(5);
        for (int step = 1; step <= 5; step++) {
            assertThat(forecast.mean(step)).isEqualTo(897);
            for (double level : LEVELS) {
                assertThat(forecast.quantile(step, level)).isEqualTo(897 + 3 * step);
            }
        }
    }

    @Test
    void aStepIsFollowedFromTheFirstForecastThatReachesIt() {
        LoadPredictor predictor = new LastValue(new LastValue.Settings());
        for (int i = 0; i < 100; i++) {
            predictor.observe(3 * i);
        }
        assertThat(predictor.forecast(2).quantile(2, 0.5)).isEqualTo(297);
        for (int i = 100; i < 110; i++) {
            predictor.observe(3 * i);
        }
        // ten errors at step 1, nine at step 2: a forecast of one step is sure of itself, one of two not yet
        assertThat(predictor.forecast(1).quantile(1, 0.5)).isEqualTo(330);
        assertThat(predictor.forecast(2).quantile(2, 0.5)).isEqualTo(327);
        predictor.observe(330);
        assertThat(predictor.forecast(2).quantile(2, 0.5)).isEqualTo(336);
    }

    @Test
    void theForecastFromNothingIsNotJudged() {
        LoadPredictor predictor = new LastValue(new LastValue.Settings());
        for (int i = 0; i < 11; i++) {
            predictor.forecast(1);
            predictor.observe(1000);
        }
        // ten errors of 0; the 0 said before the first count would be an error of 1000
        assertThat(predictor.forecast(1).quantile(1, 0.95)).isEqualTo(1000);
    }

    @Test
    void beyondTheStepsFollowedThereAreOnlyPoints() {
        LoadPredictor predictor = new LastValue(new LastValue.Settings());
        predictor.forecast(1000);
        for (int i = 0; i < 300; i++) {
            predictor.observe(i);
        }
        assertThat(predictor.forecast(257).quantile(1, 0.95)).isEqualTo(299);
        assertThat(predictor.forecast(256).quantile(256, 0.95)).isEqualTo(299 + 256);
    }

    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {1, 2, 3, 4})
    void theOrderedRingIsTheLastSorted(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        Residuals residuals = new Residuals();
        residuals.follow();
        double[] errors = new double[1000];
        for (int i = 0; i < errors.length; i++) {
            errors[i] = random.nextInt(-30, 30); // many ties
            residuals.expect(1, 100);
            residuals.came(100 + errors[i]);
            int n = Math.min(i + 1, Residuals.CAPACITY);
            double[] sorted = Arrays.copyOfRange(errors, i + 1 - n, i + 1);
            Arrays.sort(sorted);
            // levels that fall on each rank
            double[] ranks = new double[n];
            Arrays.setAll(ranks, k -> (k + 1.0) / (n + 1));
            assertThat(residuals.quantiles(1, 1000, ranks))
                    .as("seed %d, after %d", seed, i + 1)
                    .usingComparatorWithPrecision(1e-9)
                    .containsExactly(Arrays.stream(sorted).map(e -> 1000 + e).toArray());
        }
    }
}
