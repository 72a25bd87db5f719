package dev.purser.partitioner.forkjoin;

import java.util.Arrays;

/**
 * The expected longest of several round trips between functions of AWS Lambda without a payload, by Gillis' published fit: a
 * call and a return are each an exponentially modified normal time, and the time of a call that sends nothing is taken off
 * (it is in both). The maximum is worked out on a grid.
 */
final class RoundTrips {
    private static final double EXPONENT = 2.765206182220345;
    private static final double MEAN = 28.832586318285166;
    private static final double DEVIATION = 0.9965843281779094;
    private static final double STEP = 0.05;
    private static final double REACH = 80;

    /** Chance that a round trip takes no longer than the grid's points. */
    private final double[] within;

    private final double start;

    RoundTrips() {
        double[] oneWay = density();
        double[] both = convolve(oneWay, oneWay);
        double[] reversed = new double[oneWay.length];
        for (int i = 0; i < oneWay.length; i++) {
            reversed[i] = oneWay[oneWay.length - 1 - i];
        }
        double[] trip = convolve(both, reversed);
        within = new double[trip.length];
        double sum = 0;
        for (double chance : trip) {
            sum += chance;
        }
        double below = 0;
        for (int i = 0; i < trip.length; i++) {
            below += trip[i] / sum;
            within[i] = below;
        }
        // the first point of a call and a return, less the last point of what is taken off
        start = 2 * low() - (low() + (oneWay.length - 1) * STEP);
    }

    private static double low() {
        return MEAN - 8 * DEVIATION;
    }

    /** The chances of one way on the grid, from {@link #low()} on. */
    private static double[] density() {
        int points = (int) Math.round(REACH / STEP);
        double[] density = new double[points];
        double rate = 1 / (EXPONENT * DEVIATION);
        double total = 0;
        for (int i = 0; i < points; i++) {
            density[i] = cumulative(low() + (i + 0.5) * STEP, rate) - cumulative(low() + (i - 0.5) * STEP, rate);
            total += density[i];
        }
        for (int i = 0; i < points; i++) {
            density[i] /= total;
        }
        return density;
    }

    /** Of an exponentially modified normal distribution. */
    private static double cumulative(double x, double rate) {
        double u = rate * (x - MEAN);
        double v = rate * DEVIATION;
        return normal((x - MEAN) / DEVIATION) - Math.exp(-u + v * v / 2) * normal((x - MEAN) / DEVIATION - v);
    }

    private static double normal(double z) {
        return org.hipparchus.special.Erf.erfc(-z / Math.sqrt(2)) / 2;
    }

    private static double[] convolve(double[] a, double[] b) {
        double[] sum = new double[a.length + b.length - 1];
        for (int i = 0; i < a.length; i++) {
            for (int j = 0; j < b.length; j++) {
                sum[i + j] += a[i] * b[j];
            }
        }
        return sum;
    }

    /** The expected longest of so many, in milliseconds. */
    double millis(int number) {
        double[] powers = Arrays.copyOf(within, within.length);
        double mean = 0;
        double before = 0;
        for (int i = 0; i < powers.length; i++) {
            double chance = Math.pow(powers[i], number);
            mean += (chance - before) * (start + i * STEP);
            before = chance;
        }
        return mean;
    }
}
