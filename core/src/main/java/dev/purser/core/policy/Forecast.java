package dev.purser.core.policy;

import java.util.Arrays;

/** A point forecast and its quantiles for each of the next windows; counts per window, never negative. */
public final class Forecast {
    private final double[] mean;
    private final double[] levels;
    private final double[][] quantiles;

    /**
     * @param mean the point forecast of each step, the next window first
     * @param levels the quantile levels given, rising, each in (0, 1); may be empty when nothing is known of the error
     * @param quantiles for each step the value at each level, not falling
     */
    public Forecast(double[] mean, double[] levels, double[][] quantiles) {
        if (mean.length == 0 || quantiles.length != mean.length) {
            throw new IllegalArgumentException(
                    "a forecast needs one row of quantiles for each of its " + mean.length + " steps");
        }
        for (double[] row : quantiles) {
            if (row.length != levels.length) {
                throw new IllegalArgumentException(
                        "a row of " + row.length + " quantiles for levels " + Arrays.toString(levels));
            }
        }
        this.mean = mean.clone();
        this.levels = levels.clone();
        this.quantiles = Arrays.stream(quantiles).map(double[]::clone).toArray(double[][]::new);
    }

    /** How many windows ahead this forecast reaches. */
    public int steps() {
        return mean.length;
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
        double[] row = quantiles[step - 1];
        if (levels.length == 0) {
            return mean[step - 1];
        }
        int at = Arrays.binarySearch(levels, level);
        if (at >= 0) {
            return row[at];
        }
        int above = -at - 1;
        if (above == 0) {
            return row[0];
        }
        if (above == levels.length) {
            return row[levels.length - 1];
        }
        double share = (level - levels[above - 1]) / (levels[above] - levels[above - 1]);
        return row[above - 1] + share * (row[above] - row[above - 1]);
    }
}
