package dev.purser.predictors;

import static dev.purser.predictors.Predictors.feed;
import static dev.purser.predictors.Predictors.mixed;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.purser.core.policy.Forecast;
import dev.purser.core.policy.LoadPredictor;
import java.util.SplittableRandom;
import org.hipparchus.stat.regression.SimpleRegression;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Point forecasts, worked by hand and against a fit made anew by a library. */
class PointsTest {

    @Test
    void lastValuePersists() {
        assertThat(points(new LastValue(new LastValue.Settings()), 4, 10, 3, 8)).containsExactly(8, 8, 8, 8);
    }

    @Test
    void movingAverageForgetsTheOldest() {
        // (2 + 6 + 13) / 3 = 7: the 100 has left the window
        assertThat(points(new MovingAverage(new MovingAverage.Settings(3)), 2, 100, 2, 6, 13))
                .containsExactly(7, 7);
        // young: (100 + 2) / 2
        assertThat(points(new MovingAverage(new MovingAverage.Settings(3)), 1, 100, 2))
                .containsExactly(51);
    }

    @Test
    void ewmaBeginsAtTheFirstCount() {
        // 100; 0.25 * 20 + 0.75 * 100 = 80; 0.25 * 60 + 0.75 * 80 = 75
        assertThat(points(new Ewma(new Ewma.Settings(0.25)), 2, 100, 20, 60)).containsExactly(75, 75);
    }

    @Test
    void regressionDrawsTheLineOn() {
        assertThat(points(new LinearRegression(new LinearRegression.Settings(3)), 3, 10, 20, 30))
                .containsExactly(40, 50, 60);
        // points (0, 1), (1, 2), (2, 6): mean 3, slope (-1 * -2 + 1 * 3) / 2 = 2.5, so 3 + 2.5 * (3 - 1) = 8 at 3
        assertThat(points(new LinearRegression(new LinearRegression.Settings(3)), 2, 1, 2, 6))
                .containsExactly(8, 10.5);
        // the 999 has left the window
        assertThat(points(new LinearRegression(new LinearRegression.Settings(3)), 2, 999, 1, 2, 6))
                .containsExactly(8, 10.5);
    }

    @Test
    void regressionStopsAtZero() {
        assertThat(points(new LinearRegression(new LinearRegression.Settings(3)), 4, 30, 20, 10))
                .containsExactly(0, 0, 0, 0);
        assertThat(points(new LinearRegression(new LinearRegression.Settings(3)), 4, 35, 25, 15))
                .containsExactly(5, 0, 0, 0);
    }

    /** The plain formulas over the last counts, in long arithmetic: for whole counts not one bit may differ. */
    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void evictionIsExactForWholeCounts(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        int length = 2 + random.nextInt(60);
        Window window = new Window(length);
        long[] series = new long[5000];
        for (int i = 0; i < series.length; i++) {
            series[i] = random.nextInt(50) == 0 ? 1_000_000_000L : random.nextInt(1000);
            window.add(series[i]);
            int n = Math.min(i + 1, length);
            long sum = 0;
            long cross = 0;
            for (int k = 0; k < n; k++) {
                long y = series[i + 1 - n + k];
                sum += y;
                cross += (2L * k - (n - 1)) * y;
            }
            assertThat(window.size()).isEqualTo(n);
            assertThat(window.mean())
                    .as("mean, seed %d, length %d, window %d", seed, length, i)
                    .isEqualTo((double) sum / n);
            assertThat(window.slope())
                    .as("slope, seed %d, length %d, window %d", seed, length, i)
                    .isEqualTo(n < 2 ? 0 : 6.0 * cross / ((long) n * ((long) n * n - 1)));
        }
    }

    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void theSlidingLineIsTheLineFittedAnew(long seed) {
        int length = 2 + new SplittableRandom(seed).nextInt(100);
        double[] series = mixed(seed, 2000);
        LoadPredictor predictor = new LinearRegression(new LinearRegression.Settings(length));
        for (int i = 0; i < series.length; i++) {
            predictor.observe(series[i]);
            int n = Math.min(i + 1, length);
            if (n < 2) {
                continue;
            }
            SimpleRegression anew = new SimpleRegression();
            double greatest = 1;
            for (int k = 0; k < n; k++) {
                anew.addData(k, series[i + 1 - n + k]);
                greatest = Math.max(greatest, series[i + 1 - n + k]);
            }
            Forecast forecast = predictor.forecast(12);
            for (int step = 1; step <= 12; step++) {
                assertThat(forecast.mean(step))
                        .as("seed %d, length %d, window %d, step %d", seed, length, i, step)
                        .isCloseTo(Math.max(0, anew.predict(n - 1.0 + step)), within(1e-11 * greatest));
            }
        }
    }

    /** A sum kept by adding and subtracting would have lost every small count beside the great one for good. */
    @Test
    void aSpikeLeavesNoTraceOnceItHasLeftTheWindow() {
        Window window = new Window(500);
        for (int i = 0; i < 1234; i++) {
            window.add(i == 700 ? 1e99 : 0.1 * (i % 7));
        }
        Window clean = new Window(500);
        for (int i = 734; i < 1234; i++) {
            clean.add(0.1 * (i % 7));
        }
        assertThat(window.mean()).isCloseTo(clean.mean(), within(1e-14));
        assertThat(window.slope()).isCloseTo(clean.slope(), within(1e-16));
    }

    private static double[] points(LoadPredictor predictor, int steps, double... counts) {
        feed(predictor, counts);
        Forecast forecast = predictor.forecast(steps);
        double[] points = new double[steps];
        for (int step = 1; step <= steps; step++) {
            points[step - 1] = forecast.mean(step);
        }
        return points;
    }
}
