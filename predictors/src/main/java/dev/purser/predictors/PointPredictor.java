package dev.purser.predictors;

import dev.purser.core.policy.Forecast;
import dev.purser.core.policy.LoadPredictor;

/**
 * A predictor that knows one number for each step; its quantiles come from its own recent errors at that step.
 *
 * <p>Quantiles are claimed once each step of the forecast has {@link Residuals#FEWEST} errors to go by. Errors of a step
 * are followed from the first forecast that reaches it: ask once with the full horizon before feeding a history, and
 * the history counts. Beyond {@link Residuals#MOST_STEPS} steps a forecast has no quantiles.
 */
abstract class PointPredictor implements LoadPredictor {
    /** Greater counts are taken as this, far beyond any load, so that no sum or extrapolation leaves the doubles. */
    static final double MOST = 1e100;

    private final Residuals residuals = new Residuals();
    private boolean empty = true;

    /** Takes a count, finite and not negative. */
    abstract void take(double count);

    /** The point forecast after at least one count; clipped at 0 by the caller. */
    abstract double point(int step);

    /** @throws IllegalArgumentException if the count is negative, infinite or not a number */
    @Override
    public final void observe(double count) {
        if (!(count >= 0 && count < Double.POSITIVE_INFINITY)) {
            throw new IllegalArgumentException("count " + count + ", but it must be finite and not negative");
        }
        double taken = Math.min(count, MOST);
        residuals.came(taken);
        take(taken);
        empty = false;
        for (int step = 1; step <= residuals.horizon(); step++) {
            residuals.expect(step, clipped(step));
        }
    }

    /** @throws IllegalArgumentException if fewer than one step is asked for */
    @Override
    public final Forecast forecast(int steps) {
        if (steps < 1) {
            throw new IllegalArgumentException("steps " + steps + ", but it must be at least 1");
        }
        double[] points = new double[steps];
        if (!empty) {
            for (int step = 1; step <= steps; step++) {
                points[step - 1] = clipped(step);
            }
        }
        while (residuals.horizon() < Math.min(steps, Residuals.MOST_STEPS)) {
            residuals.follow();
            if (!empty) { // a forecast from nothing is no forecast to be judged by
                residuals.expect(residuals.horizon(), points[residuals.horizon() - 1]);
            }
        }
        double[] levels = residuals.levels(steps);
        double[][] quantiles = new double[steps][];
        for (int step = 1; step <= steps; step++) {
            quantiles[step - 1] = levels.length == 0 ? levels : residuals.quantiles(step, points[step - 1], levels);
        }
        return new Forecast(points, levels, quantiles);
    }

    private double clipped(int step) {
        return Math.max(0, point(step));
    }
}
