package dev.purser.predictors;

import dev.purser.core.InputException;
import dev.purser.core.policy.Forecast;
import dev.purser.core.policy.LoadPredictor;
import dev.purser.core.policy.Trainable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.LongSupplier;

/**
 * Judges a predictor on a series (rolling-origin evaluation, Tashman, International Journal of Forecasting 16, 2000): it is
 * trained on the first part and fed with it; then, before each further count, it forecasts from what came before, and each
 * step of that is held against what comes. What a forecast is made from never includes what it is judged by.
 */
public final class RollingOrigin {
    private RollingOrigin() {}

    /** Sees every forecast as it is made. */
    @FunctionalInterface
    public interface Listener {
        /**
         * @param known how many counts the forecast was made from
         * @param forecast the forecast
         */
        void forecast(int known, Forecast forecast);
    }

    /**
     * How well a predictor did.
     *
     * @param steps the errors of each step, the next window first; a step with too few counts left has no pairs
     * @param trainSeconds how long it was trained; 0 for one that is not
     * @param microsPerForecast the mean time of a forecast and of taking the count that follows it
     * @param untrained why it was not trained, for one that could have been
     */
    public record Result(
            List<StepErrors> steps, double trainSeconds, double microsPerForecast, Optional<String> untrained) {
        public Result {
            steps = List.copyOf(steps);
        }
    }

    /**
     * Judges a predictor.
     *
     * @param predictor a new one
     * @param counts the series; finite and not negative
     * @param history how many of the counts it learns from before it is judged, at least 1 and fewer than there are
     * @param horizon how many windows ahead it forecasts, at least 1
     * @param nanos a clock for the times
     * @param listener sees the forecasts
     */
    public static Result judge(
            LoadPredictor predictor, double[] counts, int history, int horizon, LongSupplier nanos, Listener listener) {
        if (history < 1 || history >= counts.length || horizon < 1) {
            throw new IllegalArgumentException(
                    "history " + history + " and horizon " + horizon + " for " + counts.length + " counts");
        }
        double[] past = Arrays.copyOf(counts, history);
        Optional<String> obstacle = Optional.empty();
        long training = 0;
        if (predictor instanceof Trainable trainable) {
            obstacle = trainable.obstacle();
            if (obstacle.isEmpty()) {
                long start = nanos.getAsLong();
                try {
                    trainable.train(past);
                    training = nanos.getAsLong() - start;
                } catch (InputException e) {
                    obstacle = Optional.of(String.valueOf(e.getMessage()));
                }
            }
        }
        List<StepErrors> steps = new ArrayList<>();
        for (int step = 1; step <= horizon; step++) {
            steps.add(new StepErrors());
        }
        predictor.forecast(horizon); // says how far it will be asked to look
        for (double count : past) {
            predictor.observe(count);
        }
        long spent = 0;
        for (int known = history; known < counts.length; known++) {
            long start = nanos.getAsLong();
            Forecast forecast = predictor.forecast(horizon);
            spent += nanos.getAsLong() - start;
            listener.forecast(known, forecast);
            for (int step = 1; step <= Math.min(horizon, counts.length - known); step++) {
                steps.get(step - 1).add(counts[known + step - 1], forecast, step);
            }
            start = nanos.getAsLong();
            predictor.observe(counts[known]);
            spent += nanos.getAsLong() - start;
        }
        return new Result(steps, training / 1e9, spent / 1e3 / (counts.length - history), obstacle);
    }
}
