package dev.purser.predictors;

import dev.purser.core.json.Json;
import dev.purser.core.policy.Forecast;
import dev.purser.core.policy.InterArrivalPredictor;
import dev.purser.core.policy.LoadPredictor;
import dev.purser.core.policy.ServiceCatalog;
import dev.purser.spi.PolicyContext;
import dev.purser.spi.PolicyRegistry;
import dev.purser.spi.PolicySpec;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;

/** The predictors under test and what the tests say about them all. */
final class Predictors {
    static final double[] LEVELS = {0.05, 0.25, 0.5, 0.75, 0.95};

    /** Makes predictors by name, with a seed of 1 and nothing to serve. */
    static final PolicyContext CONTEXT = new PolicyContext() {
        private final PolicyRegistry registry = PolicyRegistry.load();

        @Override
        public ServiceCatalog catalog() {
            throw new AssertionError("a predictor serves nothing");
        }

        @Override
        public long seed() {
            return 1;
        }

        @Override
        public LoadPredictor loadPredictor(PolicySpec spec) {
            return registry.loadPredictor("test", spec, seed());
        }

        @Override
        public InterArrivalPredictor interArrivalPredictor(PolicySpec spec) {
            return registry.interArrivalPredictor("test", spec, seed());
        }
    };

    private Predictors() {}

    /**
     * One way to make a predictor, with a name to print.
     *
     * @param persists whether one count alone is forecast to persist, and a constant series for ever
     * @param quick whether it takes microseconds
     */
    record Kind(String name, boolean persists, boolean quick, Supplier<LoadPredictor> maker) {
        Kind(String name, Supplier<LoadPredictor> maker) {
            this(name, true, true, maker);
        }

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
                new Kind("regression over 7", () -> new LinearRegression(new LinearRegression.Settings(7))),
                new Kind("sticky maximum", false, true, () -> new StickyMaximum(new StickyMaximum.Settings(1.2))),
                new Kind("holt-winters", () -> new HoltWinters(new HoltWinters.Settings(24, 0.3, 0.05, 0.1, 0.98))),
                new Kind("holt", () -> new HoltWinters(new HoltWinters.Settings(1, 0.5, 0.1, 0, 1))),
                new Kind("seasonal naive", () -> new SeasonalNaive(new SeasonalNaive.Settings(24))),
                new Kind("arima", () -> new Arima(new Arima.Settings(200, 50, -1))),
                new Kind("arima of differences", () -> new Arima(new Arima.Settings(300, 100, 2))),
                new Kind("fourier", () -> new Fourier(new Fourier.Settings(60, 10))),
                new Kind("ensemble", () -> ensemble("[\"last-value\", \"ewma\", \"holt-winters\", \"arima\"]")),
                new Kind("mark", false, false, () -> mark("classpath:dev/purser/predictors/mark-lstm.json")),
                new Kind("mark untrained", () -> mark("none")),
                new Kind(
                        "smiless",
                        false,
                        false,
                        () -> smiless("classpath:dev/purser/predictors/smiless-invocations.json")),
                new Kind("smiless untrained", false, true, () -> smiless("none")));
    }

    static LoadPredictor ensemble(String members) {
        return CONTEXT.loadPredictor(Json.read(
                "test",
                Json.parse("test", "{\"policy\": \"ensemble\", \"members\": " + members + "}"),
                PolicySpec.class));
    }

    static MarkLstm mark(String model) {
        return new MarkLstm(new MarkLstm.Settings(model, 8, 5, true), CONTEXT);
    }

    static SmilessInvocations smiless(String model) {
        return new SmilessInvocations(new SmilessInvocations.Settings(model, 8, 8, 5, 0.9, true), CONTEXT);
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
