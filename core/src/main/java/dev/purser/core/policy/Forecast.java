package dev.purser.core.policy;

import java.util.Arrays;

/** A point forecast and its quantiles for each of the next windows; counts per window, never negative. */
public final class Forecast {
    private static final double[] NONE = {};

    private final double[] mean;
    private final double[] levels;
    /** One row of levels for each step. */
    private final double[] quantiles;

    /**
     * @param mean the point forecast of each step, the next window first
     * @param levels the quantile levels given, rising, each in (0, 1); may be empty when nothing is known of the error
     * @param quantiles for each step the value at each level, not falling; the rows one after the other
     */
    public Forecast(double[] mean, double[] levels, double[] quantiles) {
        if (mean.length == 0 || quantiles.length != mean.length * levels.length) {
            throw new IllegalArgumentException(quantiles.length + " quantiles for " + mean.length + " steps and levels "
                    + Arrays.toString(levels));
        }
        this.mean = mean.clone();
        this.levels = levels.clone();
        this.quantiles = quantiles.clone();
    }

    /**
     * A forecast without quantiles.
     *
     * @param mean the point forecast of each step, the next window first
     */
    public static Forecast ofPoints(double... mean) {
        return new Forecast(mean, NONE, NONE);
    }

    /** How many windows ahead this forecast reaches. */
    public int steps() {
        return mean.length;
    }

    /** Whether anything is known of the error: without it {@link #quantile} is the mean. */
    public boolean hasQuantiles() {
        return levels.length > 0;
    }

    /**
     * @param step 1 for the next window
     * @return the expected count
     */
    public double mean(int step) {
        return mean[step - 1];
    }

    /**
     * @param step 1 for the next window
     * @param level the quantile level, in (0, 1)
     * @return the count that is not exceeded with that probability, interpolated between the levels given and constant
     *     beyond them; the mean where no levels were given
     */
    public double quantile(int step, double level) {
        if (!(level > 0 && level < 1)) {
            throw new IllegalArgumentException("quantile level " + level + ", but it must lie between 0 and 1");
        }
        double point = mean[step - 1];
        if (levels.length == 0) {
            return point;
        }
        int row = (step - 1) * levels.length;
        int at = Arrays.binarySearch(levels, level);
        if (at >= 0) {
            return quantiles[row + at];
        }
        int above = -at - 1;
        if (above == 0) {
            return quantiles[row];
        }
        if (above == levels.length) {
            return quantiles[row + levels.length - 1];
        }
        double share = (level - levels[above - 1]) / (levels[above] - levels[above - 1]);
        double low = quantiles[row + above - 1];
        return low + share * (quantiles[row + above] - low);
    }
}
