package dev.purser.predictors;

import dev.purser.core.policy.Forecast;
import dev.purser.core.policy.LoadPredictor;
import dev.purser.core.policy.StateExchange;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A predictor that knows one number for each step, and perhaps a distribution; {@link ForecastErrors} makes quantiles of
 * it.
 *
 * <p>Quantiles are claimed once each step of the forecast has {@link ForecastErrors#FEWEST} errors to go by, or the
 * predictor's own model is ready. Errors of a step are followed from the first forecast that reaches it: ask once with the
 * full horizon before feeding a history, and the history counts. Beyond {@link ForecastErrors#MOST_STEPS} steps a forecast
 * has no quantiles.
 *
 * <p>A gap is filled with the forecast for it, and nobody's error is judged by that.
 */
abstract class PointPredictor implements LoadPredictor {
    /** Greater counts are taken as this, far beyond any load, so that no sum or extrapolation leaves the doubles. */
    static final double MOST = 1e100;

    private static final double[] NO_POINTS = {};

    private final String name;
    private final ForecastErrors errors = new ForecastErrors();
    private boolean empty = true;
    /** The forecasts after the last count, as many as are followed. */
    private double[] points = NO_POINTS;

    /** @param name what saved states call this kind of predictor */
    PointPredictor(String name) {
        this.name = name;
    }

    /** Takes a count, finite and not negative. */
    abstract void take(double count);

    /**
     * Forecasts after at least one count; what lies below 0 is clipped by the caller.
     *
     * @param into one place for each of the next steps
     */
    abstract void points(double[] into);

    /** The predictor's own distribution, for the steps that {@link #points} was last asked for; null where it has none. */
    ForecastErrors.@Nullable Model model() {
        return null;
    }

    /** Names the parts of the state besides errors and points. */
    abstract void exchangeOwn(StateExchange state);

    /** As {@link #points}, within what a count can be. */
    final void clippedPoints(double[] into) {
        points(into);
        for (int i = 0; i < into.length; i++) {
            into[i] = Math.clamp(into[i], 0, MOST);
        }
    }

    /** @throws IllegalArgumentException if the count is negative, infinite or not a number */
    @Override
    public final void observe(double count) {
        double taken = checked(count);
        errors.came(taken);
        advance(taken);
    }

    /** As the count, or an exception. */
    static double checked(double count) {
        if (!(count >= 0 && count < Double.POSITIVE_INFINITY)) {
            throw new IllegalArgumentException("count " + count + ", but it must be finite and not negative");
        }
        return Math.min(count, MOST);
    }

    @Override
    public final void observeGap() {
        if (!empty) {
            double[] next = points.length == 0 ? forecast() : points;
            advance(next[0]);
        }
    }

    private double[] forecast() {
        double[] next = new double[1];
        clippedPoints(next);
        return next;
    }

    private void advance(double count) {
        take(count);
        empty = false;
        if (points.length > 0) {
            clippedPoints(points);
            errors.expect(points, model());
        }
    }

    /** @throws IllegalArgumentException if fewer than one step is asked for */
    @Override
    public final Forecast forecast(int steps) {
        if (steps < 1) {
            throw new IllegalArgumentException("steps " + steps + ", but it must be at least 1");
        }
        if (steps > points.length) {
            look(steps);
        }
        double[] asked = Arrays.copyOf(points, Math.min(steps, points.length));
        if (asked.length < steps) {
            asked = new double[steps];
            if (!empty) {
                clippedPoints(asked);
            }
        }
        double[] levels = empty ? NO_POINTS : errors.levels(steps);
        return new Forecast(asked, levels, levels.length == 0 ? levels : errors.quantiles(steps));
    }

    /** Follows more steps. */
    private void look(int steps) {
        int followed = Math.min(steps, ForecastErrors.MOST_STEPS);
        if (followed <= points.length) {
            return;
        }
        points = new double[followed];
        if (!empty) {
            clippedPoints(points);
        }
        while (errors.horizon() < followed) {
            errors.follow();
            if (!empty) { // a forecast from nothing is no forecast to be judged by
                errors.expectLast(points[errors.horizon() - 1], model());
            }
        }
    }

    @Override
    public final void exchange(StateExchange state) {
        state.same("predictor", name);
        empty = state.flag("empty", empty);
        points = state.resized("points", points, 0, ForecastErrors.MOST_STEPS);
        state.part("errors", errors);
        exchangeOwn(state);
    }
}
