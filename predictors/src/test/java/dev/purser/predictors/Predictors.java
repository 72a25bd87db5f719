package dev.purser.predictors;

import dev.purser.core.policy.Forecast;
import dev.purser.core.policy.LoadPredictor;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;

/** The four predictors under test and what the tests say about them all. */
final class Predictors {
    static final double[] LEVELS = {0.05, 0.25, 0.5, 0.75, 0.95};

    private Predictors() {}

    /** One way to make a predictor, with a name to print. */
    record Kind(String name, Supplier<LoadPredictor> maker) {
        LoadPredictor make() {
            return maker.get();
        }

        @Override
        public String toString() {
            return name;
        }
    }

    static List<Kind> all() {
        return List.of(
                new Kind("last value", () -> new LastValue(new LastValue.Settings())),
                new Kind("moving average", () -> new MovingAverage(new MovingAverage.Settings(10))),
                new Kind("moving average of 1", () -> new MovingAverage(new MovingAverage.Settings(1))),
                new Kind("ewma", () -> new Ewma(new Ewma.Settings(0.3))),
                new Kind("ewma of alpha 1", () -> new Ewma(new Ewma.Settings(1))),
                new Kind("regression", () -> new LinearRegression(new LinearRegression.Settings(500))),
                new Kind("regression over 2", () -> new LinearRegression(new LinearRegression.Settings(2))),
                new Kind("regression over 7", () -> new LinearRegression(new LinearRegression.Settings(7))));
    }

    /** Counts of mixed character: noise, ramps, silence and rare great spikes. */
    static double[] mixed(long seed, int length) {
        RandomGenerator random = new SplittableRandom(seed);
        double[] series = new double[length];
        double level = 100;
        for (int i = 0; i < length; i++) {
            level = Math.max(0, level + random.nextGaussian() * 10);
            series[i] = switch (random.nextInt(40)) {
                case 0 -> 1e9 * random.nextDouble();
                case 1, 2, 3 -> 0;
                default -> Math.max(0, level + random.nextGaussian() * 5);
            };
        }
        return series;
    }

    static void feed(LoadPredictor predictor, double... counts) {
        for (double count : counts) {
            predictor.observe(count);
        }
    }

    /** Every number a forecast holds. */
    static double[] numbers(Forecast forecast) {
        double[] all = new double[forecast.steps() * (1 + LEVELS.length)];
        int at = 0;
        for (int step = 1; step <= forecast.steps(); step++) {
            all[at++] = forecast.mean(step);
            for (double level : LEVELS) {
                all[at++] = forecast.quantile(step, level);
            }
        }
        return all;
    }
}
