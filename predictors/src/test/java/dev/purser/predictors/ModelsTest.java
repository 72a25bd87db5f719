package dev.purser.predictors;

import static dev.purser.predictors.Predictors.feed;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.purser.core.policy.Forecast;
import dev.purser.core.policy.LoadPredictor;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Predictors with seasons, trends and models, on series whose right forecast is known. */
class ModelsTest {

    private static double[] points(LoadPredictor predictor, int steps) {
        Forecast forecast = predictor.forecast(steps);
        double[] points = new double[steps];
        Arrays.setAll(points, i -> forecast.mean(i + 1));
        return points;
    }

    @Test
    void theStickyMaximumNeverForgets() {
        LoadPredictor predictor = new StickyMaximum(new StickyMaximum.Settings(1.5));
        feed(predictor, 10, 40, 20, 0, 0, 0);
        assertThat(points(predictor, 3)).containsExactly(60, 60, 60);
    }

    @Test
    void seasonalNaiveRepeatsTheLastSeasonAndNothingBeforeIt() {
        LoadPredictor predictor = new SeasonalNaive(new SeasonalNaive.Settings(3));
        feed(predictor, 1, 2);
        assertThat(points(predictor, 2)).as("no season seen").containsExactly(2, 2);
        feed(predictor, 3, 10);
        assertThat(points(predictor, 7)).containsExactly(2, 3, 10, 2, 3, 10, 2);
    }

    @Test
    void fourierDrawsItsHarmonicsOn() {
        // two harmonics over 48 counts, the same from both ends, so that the least-squares line is flat
        LoadPredictor predictor = new Fourier(new Fourier.Settings(48, 5));
        double[] series = new double[60];
        Arrays.setAll(
                series,
                t -> 100 + 20 * Math.cos(2 * Math.PI * (t - 23.5) / 24) + 5 * Math.cos(2 * Math.PI * (t - 23.5) / 12));
        feed(predictor, Arrays.copyOf(series, 47));
        assertThat(points(predictor, 2)).as("until the window is full").containsOnly(series[46]);
        feed(predictor, series[47]);
        double[] points = points(predictor, 12);
        for (int i = 0; i < 12; i++) {
            assertThat(points[i]).isCloseTo(series[48 + i], within(1e-9));
        }
    }

    /** The harmonics that follow the window are those of the window, also after a spike. */
    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {1, 2, 3})
    void fourierSlidesWithoutDrifting(long seed) {
        double[] series = Predictors.mixed(seed, 1500);
        Fourier predictor = new Fourier(new Fourier.Settings(50, 7));
        for (int t = 0; t < series.length; t++) {
            predictor.observe(series[t]);
            if (t >= 100 && t % 13 == 0) {
                Fourier anew = new Fourier(new Fourier.Settings(50, 7));
                double greatest = 1;
                for (int i = t - 49; i <= t; i++) {
                    anew.observe(series[i]);
                    greatest = Math.max(greatest, series[i]);
                }
                assertThat(predictor.forecast(3).mean(3))
                        .as("seed %d, window %d", seed, t)
                        .isCloseTo(anew.forecast(3).mean(3), within(1e-9 * greatest + 1e-5));
            }
        }
    }

    @Test
    void holtWintersLearnsASeasonAndATrend() {
        LoadPredictor predictor = new HoltWinters(new HoltWinters.Settings(12, 0.3, 0.1, 0.1, 1));
        double[] wave = {0, 5, 9, 10, 9, 5, 0, -5, -9, -10, -9, -5};
        for (int t = 0; t < 600; t++) {
            predictor.observe(100 + 0.5 * t + wave[t % 12]);
        }
        double[] points = points(predictor, 24);
        for (int i = 0; i < 24; i++) {
            assertThat(points[i]).isCloseTo(100 + 0.5 * (600 + i) + wave[(600 + i) % 12], within(0.3));
        }
    }

    /** Without trend and season, sigma^2 (1 + (h - 1) alpha^2): Hyndman and others, 2008, table 6.1. */
    @Test
    void holtWintersKnowsItsVariance() {
        HoltWinters predictor = new HoltWinters(new HoltWinters.Settings(1, 0.4, 0, 0, 1));
        predictor.forecast(50);
        SplittableRandom random = new SplittableRandom(5);
        for (int i = 0; i < 500; i++) {
            predictor.observe(1000 + 10 * random.nextGaussian());
        }
        double one = predictor.model().width(1);
        for (int h = 2; h <= 50; h++) {
            assertThat(predictor.model().width(h)).isCloseTo(one * Math.sqrt(1 + (h - 1) * 0.16), within(1e-9));
        }
        // its errors are the noise and what the noise did to the level: 10 sqrt(1 + alpha / (2 - alpha))
        assertThat(one).isCloseTo(10 * Math.sqrt(1.25), within(2.0));
    }

    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {1, 2, 3, 4})
    void arimaFindsAnAutoregression(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        Arima predictor = new Arima(new Arima.Settings(2000, 2000, 0));
        double deviation = 0;
        for (int i = 0; i < 2000; i++) {
            deviation = 0.8 * deviation + random.nextGaussian();
            predictor.observe(1000 + deviation);
        }
        double[] points = points(predictor, 40);
        // it goes back to the mean by 0.8 a window
        double last = points[0] - 1000;
        assertThat(points[3] - 1000).as("seed %d", seed).isCloseTo(last * Math.pow(0.8, 3), within(0.25));
        assertThat(points[39]).as("seed %d", seed).isCloseTo(1000, within(0.6));
        // sigma is 1, and that of the process 1 / sqrt(1 - 0.64)
        assertThat(predictor.model().width(1)).as("seed %d", seed).isCloseTo(1, within(0.1));
        assertThat(predictor.model().width(40)).as("seed %d", seed).isCloseTo(1 / 0.6, within(0.35));
    }

    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {1, 2, 3, 4})
    void arimaDifferencesARandomWalkWithNoise(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        Arima predictor = new Arima(new Arima.Settings(2000, 2000, -1));
        double level = 100_000;
        double exponential = level;
        for (int i = 0; i < 2000; i++) {
            level += 10 * random.nextGaussian();
            double count = level + 20 * random.nextGaussian();
            predictor.observe(count);
            exponential += 0.39 * (count - exponential);
        }
        assertThat(predictor.orders()[1]).as("d, seed %d", seed).isEqualTo(1);
        // a walk under noise is ARIMA(0, 1, 1), whose forecast is an exponential average: alpha solves a^2 / (1 - a) =
        // 1 / 4
        assertThat(points(predictor, 1)[0]).as("seed %d", seed).isCloseTo(exponential, within(8.0));
    }

    @Test
    void kpssTellsAWalkFromNoise() {
        SplittableRandom random = new SplittableRandom(1);
        double[] noise = new double[1000];
        double[] walk = new double[1000];
        for (int i = 0; i < 1000; i++) {
            noise[i] = random.nextGaussian();
            walk[i] = noise[i] + (i == 0 ? 0 : walk[i - 1]);
        }
        assertThat(ArimaFit.kpss(noise)).isLessThan(0.463);
        assertThat(ArimaFit.of(noise, -1).differences()).isZero();
        assertThat(ArimaFit.of(walk, -1).differences()).isEqualTo(1);
        assertThat(ArimaFit.kpss(walk)).isGreaterThan(1);
        assertThat(ArimaFit.kpss(new double[50])).isZero();
    }

    /** The psi weights of an ARMA(1, 1), by hand: 1, phi + theta, phi (phi + theta), … */
    @Test
    void arimaKnowsItsVariance() {
        double[] width = new double[4];
        new ArimaFit(0, 0, new double[] {0.5}, new double[] {0.3}, 2).widen(width);
        assertThat(width[0]).isCloseTo(2, within(1e-12));
        assertThat(width[1]).isCloseTo(2 * Math.sqrt(1 + 0.64), within(1e-12));
        assertThat(width[2]).isCloseTo(2 * Math.sqrt(1 + 0.64 + 0.16), within(1e-12));
        // a random walk: the variance grows with the steps
        new ArimaFit(1, 0, new double[0], new double[0], 3).widen(width);
        assertThat(width[3]).isCloseTo(3 * Math.sqrt(4), within(1e-12));
    }

    @Test
    void theEnsembleFollowsTheMemberThatIsRight() {
        LoadPredictor predictor = Predictors.ensemble(
                "[\"last-value\", {\"policy\": \"seasonal-naive\", \"season\": 7}, \"sticky-maximum\"]");
        predictor.forecast(3);
        double[] week = {10, 50, 20, 80, 30, 90, 40};
        for (int t = 0; t < 300; t++) {
            predictor.observe(week[t % 7]);
        }
        assertThat(((Ensemble) predictor).weights(1)[1]).isGreaterThan(0.99);
        double[] points = points(predictor, 3);
        for (int i = 0; i < 3; i++) {
            assertThat(points[i]).isCloseTo(week[(300 + i) % 7], within(0.5));
        }
    }

    /** The last value and the one before it are equally wrong about noise, but apart: the mean of both is better. */
    @Test
    void theEnsembleKnowsWhichMembersErrApart() {
        LoadPredictor predictor =
                Predictors.ensemble("[\"last-value\", {\"policy\": \"seasonal-naive\", \"season\": 2}]");
        predictor.forecast(1);
        SplittableRandom random = new SplittableRandom(9);
        feed(predictor, 1000);
        for (int i = 0; i < 3000; i++) {
            predictor.observe(1000 + 10 * random.nextGaussian());
        }
        assertThat(((Ensemble) predictor).weights(1)[0]).isCloseTo(0.5, within(0.08));
    }

    @Test
    void oneSpikeDoesNotDecideTheEnsemblesWeights() {
        Ensemble clean =
                (Ensemble) Predictors.ensemble("[\"last-value\", {\"policy\": \"moving-average\", \"window\": 20}]");
        Ensemble spiked =
                (Ensemble) Predictors.ensemble("[\"last-value\", {\"policy\": \"moving-average\", \"window\": 20}]");
        clean.forecast(1);
        spiked.forecast(1);
        SplittableRandom random = new SplittableRandom(4);
        for (int i = 0; i < 1200; i++) {
            double count = 1000 + 10 * random.nextGaussian();
            clean.observe(count);
            spiked.observe(i == 1000 ? 1e9 : count);
        }
        assertThat(clean.weights(1)[1]).isGreaterThan(0.8);
        assertThat(spiked.forecast(1).mean(1)).isCloseTo(1000, within(50.0));
    }
}
