package dev.purser.research.provisioner;

import java.util.Arrays;

/**
 * Tells periods of static load from periods with peaks by the ratio of peak to median of the arrivals in a sliding
 * window (Paragon, WoSC'20, observation 2: traces whose peak lies more than 50 % over the median gain from
 * functions). The paper fixes neither window nor bin; the ratio depends on the bin, so both are settings.
 *
 * <p>Two thresholds around the paper's 1.5 keep the state from flapping.
 */
final class LoadMonitor {
    private static final double TO_STATIC = 1.4;
    private static final double TO_PEAKS = 1.6;
    /** With fewer bins than this the load counts as changing. */
    private static final int LEAST_BINS = 12;

    private final double[] bins;
    private final double[] sorted;
    private int next;
    private int filled;
    private boolean steady;
    private double ratio = Double.NaN;

    LoadMonitor(int bins) {
        this.bins = new double[bins];
        sorted = new double[bins];
    }

    /**
     * Takes the arrivals of the bin that has ended.
     *
     * @param ahead the greatest arrivals forecast for a bin to come: a peak that is expected counts as one that was seen
     */
    void observe(double arrivals, double ahead) {
        bins[next] = arrivals;
        next = (next + 1) % bins.length;
        filled = Math.min(filled + 1, bins.length);
        if (filled < Math.min(LEAST_BINS, bins.length)) {
            return;
        }
        System.arraycopy(bins, 0, sorted, 0, filled);
        Arrays.sort(sorted, 0, filled);
        double median = (sorted[(filled - 1) / 2] + sorted[filled / 2]) / 2;
        double peak = Math.max(sorted[filled - 1], ahead);
        ratio = peak == 0 ? 1 : median == 0 ? Double.POSITIVE_INFINITY : peak / median;
        steady = ratio <= (steady ? TO_PEAKS : TO_STATIC);
    }

    /** Whether the load of the window was static. */
    boolean isStatic() {
        return steady;
    }

    /** Peak over median of the window; NaN before it is known. */
    double ratio() {
        return ratio;
    }

    /** The threshold that the ratio is held against now. */
    double threshold() {
        return steady ? TO_PEAKS : TO_STATIC;
    }
}
