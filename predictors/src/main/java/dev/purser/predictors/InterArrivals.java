package dev.purser.predictors;

import java.util.Arrays;

/**
 * A series of counts as arrivals: for each window with requests, how many windows after the arrival before it, and how many
 * requests together. As SMIless makes them ({@code inter_arrival_predictor/lstm_predictor.py}, {@code arimia_predictor.py}):
 * the first gap is the number of empty windows before the first arrival.
 */
public final class InterArrivals {
    private final double[] gaps;
    private final double[] together;

    private InterArrivals(double[] gaps, double[] together) {
        this.gaps = gaps;
        this.together = together;
    }

    /** @param counts counts of successive windows, not negative */
    public static InterArrivals of(double[] counts) {
        double[] gaps = new double[counts.length];
        double[] together = new double[counts.length];
        int n = 0;
        int last = 0;
        for (int i = 0; i < counts.length; i++) {
            if (counts[i] > 0) {
                gaps[n] = i - last;
                together[n++] = counts[i];
                last = i;
            }
        }
        return new InterArrivals(Arrays.copyOf(gaps, n), Arrays.copyOf(together, n));
    }

    /** How many arrivals there are. */
    public int size() {
        return gaps.length;
    }

    /** The gaps, in windows. */
    public double[] gaps() {
        return gaps.clone();
    }

    /** The requests of each arrival. */
    public double[] together() {
        return together.clone();
    }

    /**
     * The windows left until the next arrival, told after each window up to the last arrival: the series that SMIless's ARIMA
     * baseline forecasts. Begins with a 0.
     */
    public double[] remaining() {
        int length = 1;
        for (int i = 0; i < gaps.length; i++) {
            length += (int) gaps[i];
        }
        double[] left = new double[length];
        int at = 1;
        for (double gap : gaps) {
            for (double rest = gap; rest >= 1; rest--) {
                left[at++] = rest;
            }
        }
        return left;
    }
}
