package dev.purser.server.profile;

import java.util.Arrays;

/**
 * What a thing that was measured again and again took, in milliseconds.
 *
 * @param medianMs the median
 * @param meanMs the mean
 * @param sdMs the sample standard deviation; 0 of a single measurement
 * @param spreadMeanMs the mean of the log-normal distribution with this median and this {@code cv}: what a simulator that
 *     spreads times around their mean is to be given. Unlike the mean it does not follow the few measurements that
 *     something else on the machine held up
 * @param cv standard deviation over mean of that distribution, from how far the 16th and 84th percentiles are apart; at
 *     most 1.31, for what spreads wider is no inference, but a machine that stood still meanwhile
 * @param intervalPercent half the width of the 95 % confidence interval of the median, in percent of the median
 * @param n how many measurements
 */
public record Timing(
        double medianMs, double meanMs, double sdMs, double spreadMeanMs, double cv, double intervalPercent, int n) {
    /** Of the standard normal distribution. */
    private static final double Z95 = 1.96;

    private static final double BELOW_ONE_SIGMA = 0.158655;

    /**
     * Sums measurements up.
     *
     * @param ms in milliseconds, at least one, each over 0; in any order
     */
    static Timing of(double[] ms) {
        double[] sorted = ms.clone();
        Arrays.sort(sorted);
        int n = sorted.length;
        double mean = Arrays.stream(sorted).sum() / n;
        double squares = Arrays.stream(sorted).map(x -> (x - mean) * (x - mean)).sum();
        double median = quantile(sorted, 0.5);
        LogNormal spread = new LogNormal(
                median, Math.log(quantile(sorted, 1 - BELOW_ONE_SIGMA) / quantile(sorted, BELOW_ONE_SIGMA)) / 2);
        return new Timing(
                median,
                mean,
                n > 1 ? Math.sqrt(squares / (n - 1)) : 0,
                spread.mean(),
                spread.cv(),
                100 * halfInterval(sorted) / median,
                n);
    }

    /**
     * The interval between the measurements whose ranks a binomial of n and 1/2 leaves 2.5 % outside on either side: it
     * holds for any distribution.
     */
    private static double halfInterval(double[] sorted) {
        int n = sorted.length;
        double reach = Z95 * Math.sqrt(n) / 2;
        int low = Math.max(0, (int) Math.floor(n / 2.0 - reach) - 1);
        int high = Math.min(n - 1, (int) Math.ceil(n / 2.0 + reach));
        return (sorted[high] - sorted[low]) / 2;
    }

    /** Linear between the neighbours. */
    private static double quantile(double[] sorted, double share) {
        double place = share * (sorted.length - 1);
        int below = (int) place;
        int above = Math.min(below + 1, sorted.length - 1);
        return sorted[below] + (place - below) * (sorted[above] - sorted[below]);
    }
}
