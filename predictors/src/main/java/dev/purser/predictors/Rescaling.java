package dev.purser.predictors;

import dev.purser.core.policy.StateExchange;
import dev.purser.core.policy.Stateful;

/**
 * Brings counts to the level that a network was trained at, so that one trained at another rate can be used: by the ratio of
 * the trained mean to the mean of the counts so far, of which those more than some thousand windows ago fade.
 */
final class Rescaling implements Stateful {
    private static final int MEMORY = 2000;

    private double mean;
    private int seen;

    void observe(double count) {
        seen = Math.min(seen + 1, MEMORY);
        mean += (count - mean) / seen;
    }

    /** What to multiply counts by; 1 before anything but zeros came. */
    double factor(double trainedMean) {
        double factor = trainedMean / mean;
        return factor > 0 && factor < Double.POSITIVE_INFINITY ? factor : 1;
    }

    @Override
    public void exchange(StateExchange state) {
        mean = state.number("mean", mean);
        seen = state.whole("seen", seen, 0, MEMORY);
    }
}
