package dev.purser.predictors;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.purser.core.policy.Forecast;
import dev.purser.core.policy.LoadPredictor;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ForecastErrorsTest {
    /** Residuals 1, 2, …, n at step 1, none of which lies outside what was expected but the first ten. */
    private static ForecastErrors upTo(int n) {
        ForecastErrors errors = new ForecastErrors();
        errors.follow();
        for (int i = 1; i <= n; i++) {
            errors.expect(new double[] {100}, null);
            errors.came(100 + i);
        }
        return errors;
    }

    private static double[] quantiles(ForecastErrors errors, double point) {
        errors.expect(new double[] {point}, null);
        return errors.quantiles(1);
    }

    @Test
    void ranksAreOfOneMoreThanThereAre() {
        // 10 residuals: ranks 0.55 (the least), 2.75, 5.5, 8.25, 10.45 (the greatest)
        assertThat(quantiles(upTo(10), 50)).containsExactly(51, 52.75, 55.5, 58.25, 60);
    }

    @Test
    void levelsAreSteeredByWhatCame() {
        // with 10 residuals 1 to 10 the quantiles of a point of 100 are 101, 102.75, 105.5, 108.25 and 110; an 11 lies
        // above
        // them all, so that each level rises by 0.02 of itself: ranks of 11 are 12 * 0.051 (the least), 12 * 0.255 =
        // 3.06,
        // 12 * 0.51 = 6.12, 12 * 0.765 = 9.18 and 12 * 0.969 (the greatest)
        assertThat(quantiles(upTo(11), 100))
                .usingComparatorWithPrecision(1e-9)
                .containsExactly(101, 103.06, 106.12, 109.18, 111);
    }

    @Test
    void aTieSteersNothing() {
        ForecastErrors errors = new ForecastErrors();
        errors.follow();
        for (int i = 0; i < 500; i++) {
            errors.expect(new double[] {7}, null);
            errors.came(7);
        }
        assertThat(quantiles(errors, 7)).containsOnly(7.0);
        // 101 residuals of which one is 3: level 0.95 is still read where it was
        errors.came(10);
        assertThat(quantiles(errors, 7)).containsOnly(7.0);
    }

    @Test
    void onlyTheLastAreKept() {
        ForecastErrors errors = upTo(10);
        for (int i = 0; i < ForecastErrors.CAPACITY; i++) {
            errors.expect(new double[] {100}, null);
            errors.came(100 + (i % 2 == 0 ? 5 : 6));
        }
        assertThat(quantiles(errors, 0)[0]).isEqualTo(5);
        assertThat(quantiles(errors, 0)[4]).isEqualTo(6);
    }

    @Test
    void quantilesDoNotFallBelowZero() {
        ForecastErrors errors = new ForecastErrors();
        errors.follow();
        for (int i = 1; i <= 10; i++) {
            errors.expect(new double[] {100}, null);
            errors.came(100 - 2 * i);
        }
        // residuals -20 .. -2 on a point of 10, ranks 1, 2.75, 5.5, 8.25, 10
        assertThat(quantiles(errors, 10)).containsExactly(0, 0, 0, 4.5, 8);
    }

    @Test
    void nothingIsClaimedOfFewerThanTen() {
        ForecastErrors nine = upTo(9);
        nine.expect(new double[] {1}, null);
        assertThat(nine.levels(1)).isEmpty();
        ForecastErrors ten = upTo(10);
        ten.expect(new double[] {1}, null);
        assertThat(ten.levels(1)).containsExactly(Predictors.LEVELS);
        assertThat(ten.levels(2)).isEmpty();
    }

    /** A model that is twice as unsure as it should be: its width is kept, the shape becomes that of what came. */
    @Test
    void aModelsWidthIsFilledWithWhatWasSeen() {
        ForecastErrors.Model model = new ForecastErrors.Model() {
            @Override
            public boolean ready() {
                return true;
            }

            @Override
            public double width(int step) {
                return 20;
            }

            @Override
            public double quantile(int step, double level) {
                return 100 + 20 * Normal.quantile(level);
            }
        };
        ForecastErrors errors = new ForecastErrors();
        errors.follow();
        errors.expect(new double[] {100}, model);
        assertThat(errors.quantiles(1)[4]).as("of the model").isCloseTo(100 + 20 * 1.645, within(0.01));
        SplittableRandom random = new SplittableRandom(3);
        int inside = 0;
        for (int i = 0; i < 4000; i++) {
            double count = 100 + 10 * random.nextGaussian();
            double[] quantiles = errors.quantiles(1);
            inside += i >= 1000 && count >= quantiles[0] && count <= quantiles[4] ? 1 : 0;
            errors.came(count);
            errors.expect(new double[] {100}, model);
        }
        assertThat(inside / 3000.0).isCloseTo(0.9, within(0.02));
        assertThat(errors.quantiles(1)[4]).as("of what came").isCloseTo(100 + 10 * 1.645, within(6.0));
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
            for (double level : Predictors.LEVELS) {
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

    /** A load that becomes ten times as unsteady: the interval is as right in the second half as in the first. */
    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {1, 2, 3, 4})
    void intervalsFollowALoadThatChangesItsWays(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        LoadPredictor predictor = new LastValue(new LastValue.Settings());
        predictor.forecast(6);
        double[] series = new double[4000];
        Arrays.setAll(series, i -> 10_000 + (i < 2000 ? 10 : 100) * random.nextGaussian() + i);
        int[] inside = new int[2];
        for (int i = 0; i < series.length - 6; i++) {
            Forecast forecast = predictor.forecast(6);
            double count = series[i + 5];
            if (count >= forecast.quantile(6, 0.05) && count <= forecast.quantile(6, 0.95)) {
                inside[i / 2000]++;
            }
            predictor.observe(series[i]);
        }
        assertThat(inside[0] / 2000.0).as("seed %d, before", seed).isCloseTo(0.9, within(0.03));
        assertThat(inside[1] / 1994.0).as("seed %d, after", seed).isCloseTo(0.9, within(0.03));
    }
}
