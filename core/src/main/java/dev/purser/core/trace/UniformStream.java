package dev.purser.core.trace;

import org.apache.commons.rng.sampling.distribution.AhrensDieterMarsagliaTsangGammaSampler;

/**
 * Lays out exactly n arrivals as n sorted independent uniform moments, without sorting.
 *
 * <p>The n+1 gaps that n uniform points leave on an interval are distributed as n+1 independent exponential variables
 * divided by their sum (Devroye, "Non-Uniform Random Variate Generation", 1986, theorem V.2.2). Where n is beyond the
 * block, the exponentials of the block are drawn one by one and the sum of the rest at once, as a gamma variable; the
 * points that remain are uniform on what remains of the interval. So memory is constant for any n, and the distribution
 * is exact up to the rounding of doubles.
 */
final class UniformStream extends StepStream {
    private final double[] sums = new double[BLOCK];
    private long left;
    private double from;

    UniformStream(CountSource.Rows rows, long step, long firstStep, long seed) {
        super(rows, step, firstStep, seed);
    }

    @Override
    boolean more() {
        return left > 0;
    }

    @Override
    void begin(double count) {
        left = (long) count;
        from = 0;
    }

    @Override
    int fill() {
        int now = (int) Math.min(left, BLOCK);
        double sum = 0;
        for (int i = 0; i < now; i++) {
            sum += exponential.sample();
            sums[i] = sum;
        }
        left -= now;
        double rest = left == 0
                ? exponential.sample()
                : AhrensDieterMarsagliaTsangGammaSampler.of(random, (double) (left + 1), 1)
                        .sample();
        double scale = (step - from) / (sum + rest);
        for (int i = 0; i < now; i++) {
            block[i] = Math.min((long) (from + sums[i] * scale), step - 1);
        }
        from = now == 0 ? from : Math.min(from + sum * scale, (double) step);
        return now;
    }
}
