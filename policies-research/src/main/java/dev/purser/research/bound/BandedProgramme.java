package dev.purser.research.bound;

import java.util.Arrays;

/**
 * A linear programme whose rows follow time: minimise c·x subject to A·x = b, 0 ≤ x ≤ upper, where a column touches at
 * most three rows and these lie near each other. It is solved by Mehrotra's predictor-corrector interior-point method
 * (S. Mehrotra, "On the implementation of a primal-dual interior point method", SIAM J. Optimization 2(4), 1992); the
 * normal equations A·D·Aᵀ are banded, so that an iteration costs rows × band² instead of the rows³ of a general solver.
 *
 * <p>Why not the general solver: ojAlgo's simplex needs half a second for an hour in 360 steps with one fleet and grows
 * with the square of the steps and faster with the fleets. Nothing here is trusted: {@link RelaxedBound} turns the row
 * prices into a bound that holds for any prices whatever, and tests compare with ojAlgo's optimum.
 */
final class BandedProgramme {
    private static final int ITERATIONS = 100;
    private static final double TOLERANCE = 1e-10;
    /** Keeps a step off the boundary. */
    private static final double DAMPING = 0.9995;

    private static final int ENTRIES = 3;

    private final double[] right;
    private int columns;
    private int band;
    private int[] rows = new int[ENTRIES * 64];
    private double[] signs = new double[ENTRIES * 64];
    private double[] cost = new double[64];
    private double[] upper = new double[64];

    /** @param right the right-hand side of each row */
    BandedProgramme(double[] right) {
        this.right = right.clone();
    }

    /**
     * Adds a variable.
     *
     * @param cost its price, finite
     * @param upper its upper bound, above 0, may be infinite
     * @param rowsAndSigns pairs of a row and the coefficient there, at most three; a negative row is left out
     * @return its number
     */
    int add(double cost, double upper, int... rowsAndSigns) {
        if (columns == this.cost.length) {
            int size = 2 * columns;
            this.cost = Arrays.copyOf(this.cost, size);
            this.upper = Arrays.copyOf(this.upper, size);
            rows = Arrays.copyOf(rows, ENTRIES * size);
            signs = Arrays.copyOf(signs, ENTRIES * size);
        }
        this.cost[columns] = cost;
        this.upper[columns] = upper;
        int low = Integer.MAX_VALUE;
        int high = 0;
        for (int i = 0; i < ENTRIES; i++) {
            int row = 2 * i < rowsAndSigns.length ? rowsAndSigns[2 * i] : -1;
            rows[ENTRIES * columns + i] = Math.max(row, 0);
            if (row >= 0) {
                signs[ENTRIES * columns + i] = rowsAndSigns[2 * i + 1];
                low = Math.min(low, row);
                high = Math.max(high, row);
            }
        }
        band = Math.max(band, high - low);
        return columns++;
    }

    /**
     * @param values one for each variable
     * @param prices one for each row: the multipliers of A·x = b
     * @param converged whether primal, dual and gap residuals all fell below the tolerance
     */
    @SuppressWarnings("ArrayRecordComponent") // handed over, never compared
    record Solution(double[] values, double[] prices, boolean converged) {}

    Solution solve() {
        int n = columns;
        int m = right.length;
        double[] x = new double[n];
        double[] z = new double[n];
        double[] w = new double[n];
        double[] q = new double[n];
        double[] y = new double[m];
        double big = 1 + norm(cost, n);
        double size = 1 + norm(right, m);
        int pairs = 0;
        for (int j = 0; j < n; j++) {
            boolean bounded = bounded(j);
            x[j] = bounded ? upper[j] / 2 : 1;
            w[j] = bounded ? upper[j] / 2 : 1;
            z[j] = 1;
            q[j] = bounded ? 1 : 0;
            pairs += bounded ? 2 : 1;
        }
        double[] rp = new double[m];
        double[] rd = new double[n];
        double[] ru = new double[n];
        double[] rxz = new double[n];
        double[] rwq = new double[n];
        double[] theta = new double[n];
        double[] h = new double[n];
        double[] dx = new double[n];
        double[] dz = new double[n];
        double[] dw = new double[n];
        double[] dq = new double[n];
        double[] dy = new double[m];
        Cholesky normal = new Cholesky(m, band);
        boolean converged = false;
        for (int iteration = 0; iteration < ITERATIONS; iteration++) {
            System.arraycopy(right, 0, rp, 0, m);
            double primal = 0;
            double dual = 0;
            double mu = 0;
            for (int j = 0; j < n; j++) {
                scatter(j, -x[j], rp);
                rd[j] = cost[j] - gather(j, y) - z[j] + q[j];
                ru[j] = bounded(j) ? upper[j] - x[j] - w[j] : 0;
                primal += cost[j] * x[j];
                mu += x[j] * z[j];
                if (bounded(j)) {
                    mu += w[j] * q[j];
                    dual -= upper[j] * q[j];
                }
            }
            for (int i = 0; i < m; i++) {
                dual += right[i] * y[i];
            }
            mu /= pairs;
            double gap = Math.abs(primal - dual) / (1 + Math.abs(primal));
            if (norm(rp, m) + norm(ru, n) < TOLERANCE * size && norm(rd, n) < TOLERANCE * big && gap < TOLERANCE) {
                converged = true;
                break;
            }
            normal.clear();
            for (int j = 0; j < n; j++) {
                theta[j] = 1 / (z[j] / x[j] + (bounded(j) ? q[j] / w[j] : 0));
                for (int a = ENTRIES * j; a < ENTRIES * (j + 1); a++) {
                    for (int b = ENTRIES * j; signs[a] != 0 && b < ENTRIES * (j + 1); b++) {
                        if (signs[b] != 0 && rows[a] >= rows[b]) {
                            normal.add(rows[a], rows[b], theta[j] * signs[a] * signs[b]);
                        }
                    }
                }
            }
            normal.factor();
            // predictor: straight at the optimum
            for (int j = 0; j < n; j++) {
                rxz[j] = -x[j] * z[j];
                rwq[j] = -w[j] * q[j];
            }
            direction(normal, x, z, w, q, rp, rd, ru, rxz, rwq, theta, h, dx, dz, dw, dq, dy);
            double alphaP = Math.min(1, Math.min(reach(x, dx, false), reach(w, dw, true)));
            double alphaD = Math.min(1, Math.min(reach(z, dz, false), reach(q, dq, true)));
            double affine = 0;
            for (int j = 0; j < n; j++) {
                affine += (x[j] + alphaP * dx[j]) * (z[j] + alphaD * dz[j]);
                if (bounded(j)) {
                    affine += (w[j] + alphaP * dw[j]) * (q[j] + alphaD * dq[j]);
                }
            }
            affine /= pairs;
            double target = Math.pow(affine / mu, 3) * mu;
            // corrector: towards the central path, with the second-order term of the predictor
            for (int j = 0; j < n; j++) {
                rxz[j] = target - x[j] * z[j] - dx[j] * dz[j];
                rwq[j] = bounded(j) ? target - w[j] * q[j] - dw[j] * dq[j] : 0;
            }
            direction(normal, x, z, w, q, rp, rd, ru, rxz, rwq, theta, h, dx, dz, dw, dq, dy);
            alphaP = Math.min(1, DAMPING * Math.min(reach(x, dx, false), reach(w, dw, true)));
            alphaD = Math.min(1, DAMPING * Math.min(reach(z, dz, false), reach(q, dq, true)));
            if (!(alphaP > 1e-12 && alphaD > 1e-12)) {
                break; // numbers exhausted: the prices so far stand
            }
            for (int j = 0; j < n; j++) {
                x[j] += alphaP * dx[j];
                z[j] += alphaD * dz[j];
                if (bounded(j)) {
                    w[j] += alphaP * dw[j];
                    q[j] += alphaD * dq[j];
                }
            }
            for (int i = 0; i < m; i++) {
                y[i] += alphaD * dy[i];
            }
        }
        return new Solution(x, y, converged);
    }

    private void direction(
            Cholesky normal,
            double[] x,
            double[] z,
            double[] w,
            double[] q,
            double[] rp,
            double[] rd,
            double[] ru,
            double[] rxz,
            double[] rwq,
            double[] theta,
            double[] h,
            double[] dx,
            double[] dz,
            double[] dw,
            double[] dq,
            double[] dy) {
        System.arraycopy(rp, 0, dy, 0, rp.length);
        for (int j = 0; j < columns; j++) {
            h[j] = rd[j] - rxz[j] / x[j] + (bounded(j) ? (rwq[j] - q[j] * ru[j]) / w[j] : 0);
            scatter(j, theta[j] * h[j], dy);
        }
        normal.solve(dy);
        for (int j = 0; j < columns; j++) {
            dx[j] = theta[j] * (gather(j, dy) - h[j]);
            dz[j] = (rxz[j] - z[j] * dx[j]) / x[j];
            if (bounded(j)) {
                dw[j] = ru[j] - dx[j];
                dq[j] = (rwq[j] - q[j] * dw[j]) / w[j];
            }
        }
    }

    /** The longest step along a direction that keeps every value positive. */
    private double reach(double[] values, double[] direction, boolean boundedOnly) {
        double longest = Double.MAX_VALUE;
        for (int j = 0; j < columns; j++) {
            if (direction[j] < 0 && (!boundedOnly || bounded(j))) {
                longest = Math.min(longest, -values[j] / direction[j]);
            }
        }
        return longest;
    }

    private boolean bounded(int column) {
        return upper[column] < Double.POSITIVE_INFINITY;
    }

    private void scatter(int column, double value, double[] into) {
        for (int a = ENTRIES * column; a < ENTRIES * (column + 1); a++) {
            into[rows[a]] += signs[a] * value;
        }
    }

    private double gather(int column, double[] from) {
        double sum = 0;
        for (int a = ENTRIES * column; a < ENTRIES * (column + 1); a++) {
            sum += signs[a] * from[rows[a]];
        }
        return sum;
    }

    private static double norm(double[] values, int length) {
        double largest = 0;
        for (int i = 0; i < length; i++) {
            largest = Math.max(largest, Math.abs(values[i]));
        }
        return largest;
    }

    /** A symmetric positive definite band matrix and its Cholesky factor, in place, the lower half row by row. */
    private static final class Cholesky {
        private final int n;
        private final int band;
        private final double[] lower;

        Cholesky(int n, int band) {
            this.n = n;
            this.band = band;
            this.lower = new double[n * (band + 1)];
        }

        private int at(int row, int column) {
            return row * (band + 1) + band - row + column;
        }

        void clear() {
            Arrays.fill(lower, 0);
        }

        void add(int row, int column, double value) {
            lower[at(row, column)] += value;
        }

        void factor() {
            for (int i = 0; i < n; i++) {
                int first = Math.max(0, i - band);
                int rowI = at(i, 0);
                double diagonal = lower[rowI + i];
                double pivot = diagonal;
                for (int j = first; j < i; j++) {
                    int rowJ = at(j, 0);
                    double sum = lower[rowI + j];
                    for (int k = Math.max(first, j - band); k < j; k++) {
                        sum -= lower[rowI + k] * lower[rowJ + k];
                    }
                    sum /= lower[rowJ + j];
                    lower[rowI + j] = sum;
                    pivot -= sum * sum;
                }
                // a row that became dependent near the optimum: freeze its price
                lower[rowI + i] = pivot > 1e-14 * diagonal ? Math.sqrt(pivot) : 1e64;
            }
        }

        void solve(double[] b) {
            for (int i = 0; i < n; i++) {
                double sum = b[i];
                for (int k = Math.max(0, i - band); k < i; k++) {
                    sum -= lower[at(i, k)] * b[k];
                }
                b[i] = sum / lower[at(i, i)];
            }
            for (int i = n - 1; i >= 0; i--) {
                double value = b[i] / lower[at(i, i)];
                b[i] = value;
                for (int k = Math.max(0, i - band); k < i; k++) {
                    b[k] -= lower[at(i, k)] * value;
                }
            }
        }
    }
}
