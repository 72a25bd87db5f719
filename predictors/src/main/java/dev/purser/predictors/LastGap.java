package dev.purser.predictors;

import dev.purser.core.policy.Forecast;
import dev.purser.core.policy.GapForecast;
import dev.purser.core.policy.InterArrivalPredictor;
import dev.purser.core.policy.StateExchange;

/**
 * Persistence for gaps: the next is like the last, within the quantiles 0.05 and 0.95 of the recent errors. The yardstick for
 * the other inter-arrival predictors.
 */
public final class LastGap implements InterArrivalPredictor {
    private final LastValue last = new LastValue(new LastValue.Settings());
    private boolean begun;

    /** There is nothing to set. */
    public record Settings() {}

    /** @param settings without components, so that all predictors are made alike */
    public LastGap(Settings settings) {
        last.forecast(1); // its error counts from the first gap on
    }

    /** @throws IllegalArgumentException if the gap is negative, infinite or not a number */
    @Override
    public void observe(double gapSeconds, double together) {
        last.observe(gapSeconds);
        begun = true;
    }

    @Override
    public GapForecast forecast() {
        if (!begun) {
            return new GapForecast(Double.POSITIVE_INFINITY, 0, Double.POSITIVE_INFINITY, "nothing-seen");
        }
        Forecast next = last.forecast(1);
        return next.hasQuantiles()
                ? new GapForecast(next.mean(1), next.quantile(1, 0.05), next.quantile(1, 0.95), "last-gap")
                : new GapForecast(next.mean(1), 0, Double.POSITIVE_INFINITY, "last-gap");
    }

    @Override
    public void exchange(StateExchange state) {
        state.same("predictor", "last-gap");
        begun = state.flag("begun", begun);
        state.part("last", last);
    }
}
