package dev.purser.predictors;

/**
 * Persistence: every window to come is like the last. The yardstick for all other predictors, and hard to beat a few
 * windows ahead.
 */
public final class LastValue extends PointPredictor {
    private double last;

    /** There is nothing to set. */
    public record Settings() {}

    /** @param settings without components, so that all predictors are made alike */
    public LastValue(Settings settings) {}

    @Override
    void take(double count) {
        last = count;
    }

    @Override
    double point(int step) {
        return last;
    }
}
