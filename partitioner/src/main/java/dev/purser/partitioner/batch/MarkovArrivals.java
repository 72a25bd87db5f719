package dev.purser.partitioner.batch;

/**
 * A Markovian arrival process of two phases, which BATCH (SC'20) describes the arrivals of an hour with: rates of changes of
 * phase without an arrival (D0) and with one (D1).
 *
 * @param away0 D0[0][1], the rate from the first phase to the second without an arrival; at least 0
 * @param away1 D0[1][0]
 * @param stay0 D1[0][0], the rate of arrivals in the first phase that leave it as it is
 * @param leave0 D1[0][1], the rate of arrivals that change to the second
 * @param leave1 D1[1][0]
 * @param stay1 D1[1][1]
 */
public record MarkovArrivals(double away0, double away1, double stay0, double leave0, double leave1, double stay1) {

    /** Checks that rates are rates, and that there are arrivals. */
    public MarkovArrivals {
        for (double rate : new double[] {away0, away1, stay0, leave0, leave1, stay1}) {
            if (!(rate >= 0 && rate < 1e12)) {
                throw new IllegalArgumentException("a rate is " + rate + ", but must be 0 to 1e12 a second");
            }
        }
        if (!(stay0 + leave0 > 0) && !(stay1 + leave1 > 0)) {
            throw new IllegalArgumentException("nothing ever arrives");
        }
    }

    /**
     * One of matrices.
     *
     * @param d0 2 x 2; its diagonal must make the rows of both add up to 0
     * @param d1 2 x 2
     */
    public static MarkovArrivals of(double[][] d0, double[][] d1) {
        for (int i = 0; i < 2; i++) {
            double sum = d0[i][0] + d0[i][1] + d1[i][0] + d1[i][1];
            if (Math.abs(sum) > 1e-6 * Math.abs(d0[i][i])) {
                throw new IllegalArgumentException("row " + i + " of D0 and D1 adds up to " + sum + ", but must to 0");
            }
        }
        return new MarkovArrivals(d0[0][1], d0[1][0], d1[0][0], d1[0][1], d1[1][0], d1[1][1]);
    }

    /** Arrivals without memory, at so many a second. */
    public static MarkovArrivals poisson(double rate) {
        return new MarkovArrivals(0, 0, rate / 2, rate / 2, rate / 2, rate / 2);
    }

    /**
     * The process of these times between arrivals: a hyperexponential of two phases by three moments, whose phase is kept
     * with a probability that gives the autocorrelation. BATCH fits with a toolbox; this closed form gives its published
     * fits again. Times that vary no more than those of a Poisson process are taken for one.
     *
     * @param m1 the mean, in seconds
     * @param m2 the second moment
     * @param m3 the third moment
     * @param lag1 the autocorrelation of neighbouring times
     */
    public static MarkovArrivals fit(double m1, double m2, double m3, double lag1) {
        if (!(m1 > 0)) {
            throw new IllegalArgumentException("the mean time between arrivals is " + m1 + ", but must be above 0");
        }
        double variation = m2 / (m1 * m1) - 1;
        double r2 = m2 / 2;
        double r3 = m3 / 6;
        double excess = r2 - m1 * m1;
        double a = (r3 - m1 * r2) / excess;
        double b = (m1 * r3 - r2 * r2) / excess;
        double root = a * a / 4 - b;
        if (!(variation > 1 + 1e-12) || !(root > 0) || !(b > 0) || !(a > 0)) {
            return poisson(1 / m1);
        }
        double slow = a / 2 + Math.sqrt(root);
        double fast = b / slow;
        double share = (m1 - fast) / (slow - fast);
        if (!(share >= 0 && share <= 1)) {
            return poisson(1 / m1);
        }
        double keep = Math.min(1, Math.max(0, 2 * lag1 / (1 - 1 / variation)));
        return new MarkovArrivals(
                0,
                0,
                (keep + (1 - keep) * share) / slow,
                (1 - keep) * (1 - share) / slow,
                (1 - keep) * share / fast,
                (keep + (1 - keep) * (1 - share)) / fast);
    }

    /** The process of these times of arrival, by their moments. */
    public static MarkovArrivals fit(double[] arrivalSeconds) {
        int n = arrivalSeconds.length - 1;
        if (n < 2) {
            throw new IllegalArgumentException("there are " + (n + 1) + " arrivals, but at least 3 are needed");
        }
        double[] sums = new double[3];
        double product = 0;
        double before = 0;
        for (int i = 0; i < n; i++) {
            double gap = arrivalSeconds[i + 1] - arrivalSeconds[i];
            if (!(gap >= 0)) {
                throw new IllegalArgumentException("arrival " + (i + 1) + " comes before arrival " + i);
            }
            sums[0] += gap;
            sums[1] += gap * gap;
            sums[2] += gap * gap * gap;
            product += i == 0 ? 0 : gap * before;
            before = gap;
        }
        double mean = sums[0] / n;
        double variance = sums[1] / n - mean * mean;
        double lag1 = variance <= 0 ? 0 : (product / (n - 1) - mean * mean) / variance;
        return fit(mean, sums[1] / n, sums[2] / n, lag1);
    }

    double out0() {
        return away0 + stay0 + leave0;
    }

    double out1() {
        return away1 + stay1 + leave1;
    }

    /** Arrivals a second. */
    public double rate() {
        return 1 / moment(1);
    }

    /** The k-th moment of the time between arrivals: k! pi (-D0)^-k 1, with pi the phase just after an arrival. */
    public double moment(int k) {
        double[] vector = afterArrival();
        double factor = 1;
        for (int i = 1; i <= k; i++) {
            vector = wait(vector);
            factor *= i;
        }
        return factor * (vector[0] + vector[1]);
    }

    /** The autocorrelation of neighbouring times between arrivals: (pi (-D0)^-2 D1 (-D0)^-1 1 - m1^2) / (m2 - m1^2). */
    public double lag1() {
        double[] once = wait(wait(afterArrival()));
        double[] then = wait(new double[] {once[0] * stay0 + once[1] * leave1, once[0] * leave0 + once[1] * stay1});
        double m1 = moment(1);
        return (then[0] + then[1] - m1 * m1) / (moment(2) - m1 * m1);
    }

    /** v (-D0)^-1. */
    private double[] wait(double[] v) {
        double determinant = out0() * out1() - away0 * away1;
        return new double[] {(v[0] * out1() + v[1] * away1) / determinant, (v[0] * away0 + v[1] * out0()) / determinant
        };
    }

    private double[] afterArrival() {
        double[] from0 = wait(new double[] {1, 0});
        double[] from1 = wait(new double[] {0, 1});
        double to1 = from0[0] * leave0 + from0[1] * stay1;
        double to0 = from1[0] * stay0 + from1[1] * leave1;
        return to0 + to1 == 0 ? new double[] {1, 0} : new double[] {to0 / (to0 + to1), to1 / (to0 + to1)};
    }
}
