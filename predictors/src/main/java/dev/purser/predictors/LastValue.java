package dev.purser.predictors;

import dev.purser.core.policy.StateExchange;
import java.util.Arrays;

/**
 * Persistence: every window to come is like the last. The yardstick for all other predictors, and hard to beat a few
 * windows ahead.
 */
public final class LastValue extends PointPredictor {
    private double last;

    /** There is nothing to set. */
    public record Settings() {}

    /** @param settings without components, so that all predictors are made alike */
    public LastValue(Settings settings) {
        super("last-value");
    }

    @Override
    void take(double count) {
        last = count;
    }

    @Override
    void points(double[] into) {
        Arrays.fill(into, last);
    }

    @Override
    void exchangeOwn(StateExchange state) {
        last = state.number("last", last);
    }
}
