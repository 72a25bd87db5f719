package dev.purser.predictors;

import dev.purser.core.policy.StateExchange;
import dev.purser.core.policy.Stateful;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How wrong forecasts were, for each step ahead apart, and the quantiles that follow.
 *
 * <p>A quantile is read from a distribution. A predictor without a model of its own has the last {@value #CAPACITY} residuals of
 * that step (what came less what was forecast) about its point. Where the predictor's model knows the error's width, they
 * are residuals over widths, so that the width is the model's and the shape is what was seen (normalised conformal
 * prediction); before there are {@value #FEWEST} of them the model says it all. Where the model knows a whole distribution
 * of another kind, it is that.
 *
 * <p>Read at its nominal level any of them would promise too much as soon as the load changes its ways or the model is
 * wrong. So the level at which it is read is steered by what came: after each count,
 * {@code level += gain * (nominal - (came < quantile ? 1 : 0))}. This is adaptive conformal inference (Gibbs and Candès,
 * NeurIPS 2021, equation 2) for each quantile by itself: whatever the series, the share of counts below a quantile tends to
 * its nominal level. It departs in that a forecast for h windows ahead is judged h windows later, and that the gain is less
 * for steps further ahead, where a great one would swing.
 *
 * <p>The quantile of n residuals is read at rank (n + 1) × level, interpolated: if errors are exchangeable, the next one
 * falls below the k-th smallest with probability k / (n + 1).
 */
final class ForecastErrors implements Stateful {
    /** The nominal levels. */
    private static final double[] LEVELS = {0.05, 0.25, 0.5, 0.75, 0.95};

    private static final int L = LEVELS.length;

    /** Residuals kept for each step. */
    static final int CAPACITY = 100;

    /** With fewer residuals than this nothing is said of a step's error. */
    static final int FEWEST = 10;

    /** Steps beyond this are not followed: memory grows with the square of it, to about 3 MB. */
    static final int MOST_STEPS = 256;

    /** How fast a level follows what came, up to some steps ahead. */
    private static final double GAIN = 0.02;

    private static final double NEAR = 6;

    /** Levels are steered this far beyond 0 and 1, where the distribution is stretched by its middle nine tenths. */
    private static final double BEYOND = 0.2;

    private static final double STRETCH = 5;

    /** The least width of a model, as a share of the point: a model that was never wrong yet is not sure for ever. */
    private static final double LEAST_WIDTH = 1e-3;

    /** Where a model's distribution is cut off. */
    private static final double MODEL_TAIL = 1e-4;

    private static final double[] NO_LEVELS = {};

    /** Numbers kept of each forecast. */
    private static final int WIDE = 2 + L;

    private final List<Step> steps = new ArrayList<>();

    /** A predictor's own distribution of the count at each step. */
    interface Model {
        /** Whether it knows its distribution yet. */
        boolean ready();

        /**
         * The standard deviation, for a model whose distributions differ in their middle and width alone; else not a
         * number.
         *
         * @param step 1 for the next window
         */
        double width(int step);

        /**
         * @param step 1 for the next window
         * @param level in (0, 1)
         */
        double quantile(int step, double level);
    }

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

    /**
     * Takes the point forecasts of the steps followed, once for each window.
     *
     * @param points at least as many as are followed
     * @param model the predictor's own distribution; null for residuals
     */
    void expect(double[] points, @Nullable Model model) {
        for (int i = 0; i < steps.size(); i++) {
            steps.get(i).expect(points[i], model);
        }
    }

    /** Takes the forecast of the step followed last, for a window whose other steps were given already. */
    void expectLast(double point, @Nullable Model model) {
        steps.getLast().expect(point, model);
    }

    /** The levels at which every one of the next steps has quantiles: all, or none. */
    double[] levels(int ahead) {
        if (ahead > steps.size()) {
            return NO_LEVELS;
        }
        for (int i = 0; i < ahead; i++) {
            if (!steps.get(i).known) {
                return NO_LEVELS;
            }
        }
        return LEVELS.clone();
    }

    /** The quantiles of the next steps as last expected, one row of {@link #levels} after the other. */
    double[] quantiles(int ahead) {
        double[] rows = new double[ahead * L];
        for (int i = 0; i < ahead; i++) {
            System.arraycopy(steps.get(i).current, 0, rows, i * L, L);
        }
        return rows;
    }

    @Override
    public void exchange(StateExchange state) {
        int followed = state.whole("steps", steps.size(), 0, MOST_STEPS);
        if (state.restoring()) {
            steps.clear();
            for (int i = 0; i < followed; i++) {
                follow();
            }
        }
        for (Step step : steps) {
            state.part("step" + step.ahead, step);
        }
    }

    /** One step ahead: its residuals by age and in order, its levels, and the forecasts that wait for their count. */
    private static final class Step implements Stateful {
        private final int ahead;
        /** For each forecast its point, width and quantiles; one for h windows ahead meets its count when the ring of h comes round. */
        private final double[] pending;

        private int place;

        private final double[] byAge = new double[CAPACITY];
        private final double[] sorted = new double[CAPACITY];
        private int oldest;
        private int size;

        private final double gain;
        private final double[] levels = LEVELS.clone();
        private final double[] current = new double[L];
        private boolean known;

        Step(int ahead) {
            this.ahead = ahead;
            gain = GAIN * Math.min(1, NEAR / ahead);
            pending = new double[ahead * WIDE];
            Arrays.fill(pending, Double.NaN);
        }

        void expect(double point, @Nullable Model model) {
            Model ready = model != null && model.ready() ? model : null;
            double width = ready != null
                    ? Math.max(ready.width(ahead), LEAST_WIDTH * Math.max(1, point))
                    : model == null ? 1 : Double.NaN;
            boolean seen = size >= FEWEST && !Double.isNaN(width);
            known = ready != null || (model == null && seen);
            if (known) {
                double below = 0;
                for (int i = 0; i < L; i++) {
                    double read =
                            seen || ready == null ? point + width * residual(levels[i]) : modelled(ready, levels[i]);
                    // the maximum clips at 0, and keeps quantiles from crossing; a count is never beyond the greatest
                    // taken
                    below = Math.max(below, Math.min(read, PointPredictor.MOST));
                    current[i] = below;
                }
            }
            pending[place] = point;
            pending[place + 1] = width;
            for (int i = 0; i < L; i++) {
                pending[place + 2 + i] = known ? current[i] : Double.NaN;
            }
            place = place + WIDE == pending.length ? 0 : place + WIDE;
        }

        void came(double count) {
            double expected = pending[place];
            if (Double.isNaN(expected)) {
                return;
            }
            if (!Double.isNaN(pending[place + 1])) {
                add((count - expected) / pending[place + 1]);
            }
            if (!Double.isNaN(pending[place + 2])) {
                for (int i = 0; i < L; i++) {
                    double quantile = pending[place + 2 + i];
                    // a tie says nothing: in a constant series every quantile is right
                    double below = count < quantile ? 1 : count > quantile ? 0 : LEVELS[i];
                    levels[i] = Math.clamp(levels[i] + gain * (LEVELS[i] - below), -BEYOND, 1 + BEYOND);
                }
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

        private double residual(double level) {
            double read = ranked(level);
            return level >= 0 && level <= 1 ? read : read + stretched(level, 0, ranked(0.95) - ranked(0.05));
        }

        private double ranked(double level) {
            double rank = Math.clamp((size + 1) * level, 1, size);
            int lower = (int) rank;
            double low = sorted[lower - 1];
            return lower == size ? low : low + (rank - lower) * (sorted[lower] - low);
        }

        private double modelled(Model model, double level) {
            double read = model.quantile(ahead, Math.clamp(level, MODEL_TAIL, 1 - MODEL_TAIL));
            return level >= MODEL_TAIL && level <= 1 - MODEL_TAIL
                    ? read
                    : read + stretched(level, MODEL_TAIL, model.quantile(ahead, 0.95) - model.quantile(ahead, 0.05));
        }

        /** What to add for a level beyond the ends of a distribution of some width. */
        private static double stretched(double level, double end, double width) {
            double beyond = level < end ? level - end : level > 1 - end ? level - (1 - end) : 0;
            return STRETCH * beyond * width;
        }

        @Override
        public void exchange(StateExchange state) {
            state.numbers("pending", pending);
            place = state.whole("place", place, 0, pending.length - 1);
            size = state.whole("size", size, 0, CAPACITY);
            oldest = state.whole("oldest", oldest, 0, CAPACITY - 1);
            state.numbers("residuals", byAge);
            state.numbers("levels", levels);
            state.numbers("quantiles", current);
            known = state.flag("known", known);
            if (state.restoring()) {
                System.arraycopy(byAge, 0, sorted, 0, CAPACITY);
                if (size < CAPACITY) {
                    Arrays.fill(sorted, size, CAPACITY, Double.POSITIVE_INFINITY);
                }
                Arrays.sort(sorted);
            }
        }
    }
}
