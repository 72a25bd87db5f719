package dev.purser.predictors;

import dev.purser.core.InputException;
import dev.purser.core.policy.Forecast;
import dev.purser.core.policy.GapForecast;
import dev.purser.core.policy.InterArrivalPredictor;
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
    /** Forecasts made between two looks at the clock, which takes longer than some of them. */
    private static final int BLOCK = 64;

    private RollingOrigin() {}

    /** Sees every forecast, in their order. */
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
        Training training = Training.of(predictor, past, nanos);
        List<StepErrors> steps = new ArrayList<>();
        for (int step = 1; step <= horizon; step++) {
            steps.add(new StepErrors());
        }
        predictor.forecast(horizon); // says how far it will be asked to look
        for (double count : past) {
            predictor.observe(count);
        }
        long spent = 0;
        Forecast[] made = new Forecast[BLOCK];
        for (int from = history; from < counts.length; from += BLOCK) {
            int until = Math.min(from + BLOCK, counts.length);
            long start = nanos.getAsLong();
            for (int known = from; known < until; known++) {
                made[known - from] = predictor.forecast(horizon);
                predictor.observe(counts[known]);
            }
            spent += nanos.getAsLong() - start;
            for (int known = from; known < until; known++) {
                Forecast forecast = made[known - from];
                listener.forecast(known, forecast);
                for (int step = 1; step <= Math.min(horizon, counts.length - known); step++) {
                    steps.get(step - 1).add(counts[known + step - 1], forecast, step);
                }
            }
        }
        return new Result(steps, training.seconds(), spent / 1e3 / (counts.length - history), training.obstacle());
    }

    /**
     * Judges an inter-arrival predictor on the arrivals of a series: each window with requests is one, and before each it
     * forecasts the gap that leads to it. The first gap is the number of empty windows before the first arrival.
     *
     * @param predictor a new one; one that learns is trained on the history
     * @param counts the series; finite and not negative
     * @param windowSeconds the length of a window
     * @param history how many of the windows it learns from before it is judged, at least 1 and fewer than there are
     * @param nanos a clock for the times
     * @return one step; without pairs where nothing arrives after the history, or all arrives there
     */
    public static Result judge(
            InterArrivalPredictor predictor, double[] counts, double windowSeconds, int history, LongSupplier nanos) {
        if (history < 1 || history >= counts.length || !(windowSeconds > 0)) {
            throw new IllegalArgumentException(
                    "history " + history + " and windows of " + windowSeconds + " s for " + counts.length + " counts");
        }
        Training training = Training.of(predictor, Arrays.copyOf(counts, history), nanos);
        StepErrors errors = new StepErrors();
        InterArrivals arrivals = InterArrivals.of(counts);
        double[] gaps = arrivals.gaps();
        double[] together = arrivals.together();
        long spent = 0;
        double window = 0;
        for (int i = 0; i < gaps.length; i++) {
            window += gaps[i];
            double gap = gaps[i] * windowSeconds;
            if (window >= history && i > 0) {
                long start = nanos.getAsLong();
                GapForecast forecast = predictor.forecast();
                spent += nanos.getAsLong() - start;
                errors.add(gap, forecast);
                start = nanos.getAsLong();
                predictor.observe(gap, together[i]);
                spent += nanos.getAsLong() - start;
            } else {
                predictor.observe(gap, together[i]);
            }
        }
        return new Result(
                List.of(errors), training.seconds(), spent / 1e3 / Math.max(1, errors.pairs()), training.obstacle());
    }

    private record Training(double seconds, Optional<String> obstacle) {
        static Training of(Object predictor, double[] past, LongSupplier nanos) {
            if (!(predictor instanceof Trainable trainable)) {
                return new Training(0, Optional.empty());
            }
            Optional<String> obstacle = trainable.obstacle();
            if (obstacle.isPresent()) {
                return new Training(0, obstacle);
            }
            long start = nanos.getAsLong();
            try {
                trainable.train(past);
            } catch (InputException e) {
                return new Training(0, Optional.of(String.valueOf(e.getMessage())));
            }
            return new Training((nanos.getAsLong() - start) / 1e9, Optional.empty());
        }
    }
}
