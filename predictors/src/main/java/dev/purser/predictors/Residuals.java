package dev.purser.predictors;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * What came less what had been forecast, for each step ahead apart: the empirical error distribution that turns a point
 * forecast into quantiles. Holds the last {@value #CAPACITY} residuals of every step asked for so far.
 *
 * <p>A quantile of n residuals is read at rank (n + 1) × level, interpolated: if errors are exchangeable, the next one
 * falls below the k-th smallest with probability k / (n + 1). Ranks beyond the ends are the ends, so that below 19
 * residuals the levels 0.05 and 0.95 are the smallest and the greatest error seen.
 */
final class Residuals {
    /** The quantile levels given. */
    private static final double[] LEVELS = {0.05, 0.25, 0.5, 0.75, 0.95};

    /** Residuals kept for each step. */
    static final int CAPACITY = 200;

    /** With fewer residuals than this nothing is said of a step's error. */
    static final int FEWEST = 10;

    /** Steps beyond this are not followed: memory grows with the square of it, to about 1 MB. */
    static final int MOST_STEPS = 256;

    private static final double[] NO_LEVELS = {};

    private final List<Step> steps = new ArrayList<>();

    /** How many steps ahead are followed. */
    int horizon() {
        return steps.size();
    }

    /** Follows one step more, up to {@link #MOST_STEPS}. */
    void follow() {
        steps.add(new Step(steps.size() + 1));
    }

    /** Compares what has come with what was forecast for it; to be called before the new forecasts are given. */
    void came(double count) {
        for (Step step : steps) {
            step.came(count);
        }
    }

    /** Takes the point forecast for a step ahead, once for each window and step followed. */
    void expect(int step, double point) {
        steps.get(step - 1).expect(point);
    }

    /** The levels at which every one of the next steps has quantiles: all, or none. */
    double[] levels(int ahead) {
        if (ahead > steps.size()) {
            return NO_LEVELS;
        }
        for (int i = 0; i < ahead; i++) {
            if (steps.get(i).size < FEWEST) {
                return NO_LEVELS;
            }
        }
        return LEVELS.clone();
    }

    /** The point forecast with the residual quantile added, at each level; not negative, not falling. */
    double[] quantiles(int step, double point, double[] levels) {
        double[] row = new double[levels.length];
        double below = 0;
        for (int i = 0; i < row.length; i++) {
            // the maximum clips at 0, and evens out an interpolation that rounds past the next residual
            below = Math.max(below, point + steps.get(step - 1).quantile(levels[i]));
            row[i] = below;
        }
        return row;
    }

    /** The residuals of one step ahead, by age and in order. */
    private static final class Step {
        /** A forecast for h windows ahead meets its count when the ring of h comes round to its place again. */
        private final double[] pending;

        private int place;

        private final double[] byAge = new double[CAPACITY];
        private final double[] sorted = new double[CAPACITY];
        private int oldest;
        private int size;

        Step(int ahead) {
            pending = new double[ahead];
            Arrays.fill(pending, Double.NaN);
        }

        void expect(double point) {
            pending[place] = point;
            place = place + 1 == pending.length ? 0 : place + 1;
        }

        void came(double count) {
            double expected = pending[place];
            if (!Double.isNaN(expected)) {
                add(count - expected);
            }
        }

        private void add(double residual) {
            if (size == CAPACITY) {
                int gone = Arrays.binarySearch(sorted, byAge[oldest]);
                System.arraycopy(sorted, gone + 1, sorted, gone, CAPACITY - 1 - gone);
                size--;
            }
            int at = Arrays.binarySearch(sorted, 0, size, residual);
            at = at < 0 ? -at - 1 : at;
            System.arraycopy(sorted, at, sorted, at + 1, size - at);
            sorted[at] = residual;
            size++;
            byAge[oldest] = residual;
            oldest = oldest + 1 == CAPACITY ? 0 : oldest + 1;
        }

        double quantile(double level) {
            double rank = Math.clamp((size + 1) * level, 1, size);
            int lower = (int) rank;
            double low = sorted[lower - 1];
            return lower == size ? low : low + (rank - lower) * (sorted[lower] - low);
        }
    }
}
