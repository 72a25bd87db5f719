package dev.purser.predictors;

import dev.purser.core.policy.StateExchange;
import java.util.Arrays;
import org.hipparchus.exception.MathRuntimeException;
import org.hipparchus.linear.Array2DRowRealMatrix;
import org.hipparchus.linear.ArrayRealVector;
import org.hipparchus.linear.CholeskyDecomposition;
import org.hipparchus.linear.RealMatrix;

/**
 * The parameters of an ARIMA model, and how they are found; see {@link Arima}.
 *
 * @param differences d
 * @param mean of the differenced series
 * @param ar the autoregressive coefficients of its deviations, the last value's first
 * @param ma the moving-average coefficients, the last error's first
 * @param sigma the standard deviation of an error
 */
@SuppressWarnings("ArrayRecordComponent") // never compared, never leaves the package
record ArimaFit(int differences, double mean, double[] ar, double[] ma, double sigma) {
    static final int MOST_ORDER = 5;
    static final int MOST_DIFFERENCES = 2;
    private static final int MOST_FOUND = 1;
    private static final double[] ZERO = {};

    /** Nothing fitted. */
    static final ArimaFit NONE = new ArimaFit(0, 0, ZERO, ZERO, 0);

    /** KPSS statistic beyond which a level is not stationary, at 5 % (Kwiatkowski et al. 1992, table 1). */
    private static final double KPSS_5_PERCENT = 0.463;

    /** A coefficient polynomial nearer to the unit circle than this counts as not stationary or not invertible. */
    private static final double INSIDE = 0.999;

    /**
     * Finds orders and coefficients.
     *
     * @param counts the oldest first
     * @param differences how often to difference; -1 to find out
     */
    static ArimaFit of(double[] counts, int differences) {
        double[] series = counts;
        int d = 0;
        while (differences < 0 ? d < MOST_FOUND && kpss(series) > KPSS_5_PERCENT : d < differences) {
            series = differenced(series);
            d++;
        }
        double mean = d == 0 ? mean(series) : 0;
        double scale = rootMeanSquare(series, mean);
        if (!(scale > 0)) {
            return new ArimaFit(d, mean, ZERO, ZERO, 0);
        }
        double[] z = new double[series.length];
        for (int i = 0; i < z.length; i++) {
            z[i] = (series[i] - mean) / scale;
        }
        return best(z, d, mean, scale);
    }

    private static ArimaFit best(double[] z, int d, double mean, double scale) {
        double[] errors = longAutoregression(z);
        int from = Math.min(z.length / 4, 2 * 20);
        int n = z.length - from;
        // one matrix of products for all orders: the last values, the last errors, the value itself
        int width = 2 * MOST_ORDER + 1;
        double[][] gram = new double[width][width];
        double[] row = new double[width];
        for (int t = from; t < z.length; t++) {
            for (int i = 0; i < MOST_ORDER; i++) {
                row[i] = z[t - 1 - i];
                row[MOST_ORDER + i] = errors[t - 1 - i];
            }
            row[width - 1] = z[t];
            for (int i = 0; i < width; i++) {
                for (int j = 0; j <= i; j++) {
                    gram[i][j] += row[i] * row[j];
                }
            }
        }
        double total = gram[width - 1][width - 1];
        ArimaFit best = new ArimaFit(d, mean, ZERO, ZERO, scale * Math.sqrt(total / n));
        double least = criterion(total, n, d == 0 ? 2 : 1);
        for (int p = 0; p <= MOST_ORDER; p++) {
            for (int q = p == 0 ? 1 : 0; q <= MOST_ORDER; q++) {
                double[] b = regress(gram, p, q);
                if (b.length == 0 || !inside(b, 0, p, 1) || !inside(b, p, q, -1)) {
                    continue;
                }
                double left = remaining(gram, p, q, b, total);
                double criterion = criterion(left, n, p + q + (d == 0 ? 2 : 1));
                if (criterion < least) {
                    least = criterion;
                    best = new ArimaFit(
                            d, mean, Arrays.copyOf(b, p), Arrays.copyOfRange(b, p, p + q), scale * Math.sqrt(left / n));
                }
            }
        }
        return best;
    }

    /** The corrected Akaike criterion of a regression with k parameters, the variance among them. */
    private static double criterion(double squares, int n, int k) {
        return n * Math.log(Math.max(squares, Double.MIN_NORMAL) / n) + 2.0 * k + 2.0 * k * (k + 1) / (n - k - 1);
    }

    private static int column(int i, int p) {
        return i < p ? i : MOST_ORDER + i - p;
    }

    /** The coefficients of p last values and q last errors; empty where they cannot be told apart. */
    private static double[] regress(double[][] gram, int p, int q) {
        int k = p + q;
        RealMatrix a = new Array2DRowRealMatrix(k, k);
        double[] b = new double[k];
        for (int i = 0; i < k; i++) {
            for (int j = 0; j <= i; j++) {
                int row = Math.max(column(i, p), column(j, p));
                double product = gram[row][Math.min(column(i, p), column(j, p))];
                a.setEntry(i, j, product);
                a.setEntry(j, i, product);
            }
            b[i] = gram[2 * MOST_ORDER][column(i, p)];
        }
        try {
            return new CholeskyDecomposition(a, 1e-9, 1e-12)
                    .getSolver()
                    .solve(new ArrayRealVector(b, false))
                    .toArray();
        } catch (MathRuntimeException e) {
            return ZERO;
        }
    }

    private static double remaining(double[][] gram, int p, int q, double[] b, double total) {
        double explained = 0;
        for (int i = 0; i < p + q; i++) {
            explained += b[i] * gram[2 * MOST_ORDER][column(i, p)];
        }
        return Math.max(0, total - explained);
    }

    /**
     * Whether the roots of 1 - sign (b_1 z + … + b_n z^n) lie outside the unit circle: the step-down recursion of
     * Levinson, whose reflection coefficients must then be below 1.
     */
    private static boolean inside(double[] b, int from, int n, int sign) {
        double[] a = new double[n];
        for (int i = 0; i < n; i++) {
            a[i] = sign * b[from + i];
        }
        for (int m = n; m >= 1; m--) {
            double k = a[m - 1];
            if (!(Math.abs(k) < INSIDE)) {
                return false;
            }
            double[] lower = new double[m - 1];
            for (int i = 0; i < m - 1; i++) {
                lower[i] = (a[i] + k * a[m - 2 - i]) / (1 - k * k);
            }
            a = lower;
        }
        return true;
    }

    /** The one-step errors of an autoregression long enough to stand for any ARMA: Levinson-Durbin on the autocovariances. */
    private static double[] longAutoregression(double[] z) {
        int n = z.length;
        int order = Math.min(20, n / 5);
        double[] r = new double[order + 1];
        for (int lag = 0; lag <= order; lag++) {
            for (int t = lag; t < n; t++) {
                r[lag] += z[t] * z[t - lag];
            }
        }
        double[] a = new double[order];
        double left = r[0];
        for (int m = 0; m < order && left > 1e-12 * r[0]; m++) {
            double k = r[m + 1];
            for (int i = 0; i < m; i++) {
                k -= a[i] * r[m - i];
            }
            k /= left;
            double[] before = Arrays.copyOf(a, m);
            a[m] = k;
            for (int i = 0; i < m; i++) {
                a[i] = before[i] - k * before[m - 1 - i];
            }
            left *= 1 - k * k;
        }
        double[] errors = new double[n];
        for (int t = 0; t < n; t++) {
            double error = z[t];
            for (int i = 0; i < Math.min(order, t); i++) {
                error -= a[i] * z[t - 1 - i];
            }
            errors[t] = error;
        }
        return errors;
    }

    /** The KPSS statistic of a constant level: great where the series wanders. Its lag truncation is 12 (n / 100)^(1/4). */
    static double kpss(double[] series) {
        int n = series.length;
        double mean = mean(series);
        double scale = rootMeanSquare(series, mean);
        if (!(scale > 0)) {
            return 0;
        }
        double[] e = new double[n];
        double partial = 0;
        double squares = 0;
        for (int t = 0; t < n; t++) {
            e[t] = (series[t] - mean) / scale;
            partial += e[t];
            squares += partial * partial;
        }
        int lags = (int) (12 * Math.pow(n / 100.0, 0.25));
        double variance = 0;
        for (int lag = 0; lag <= lags; lag++) {
            double sum = 0;
            for (int t = lag; t < n; t++) {
                sum += e[t] * e[t - lag];
            }
            variance += (lag == 0 ? 1 : 2 * (1 - lag / (lags + 1.0))) * sum / n;
        }
        return squares / ((double) n * n * Math.max(variance, 1e-12));
    }

    private static double[] differenced(double[] series) {
        double[] result = new double[series.length - 1];
        for (int i = 0; i < result.length; i++) {
            result[i] = series[i + 1] - series[i];
        }
        return result;
    }

    private static double mean(double[] series) {
        double mean = 0;
        for (double value : series) {
            mean += value / series.length; // divided first: a sum may leave the doubles
        }
        return mean;
    }

    private static double rootMeanSquare(double[] series, double mean) {
        double greatest = 0;
        for (double value : series) {
            greatest = Math.max(greatest, Math.abs(value - mean));
        }
        // what rounding leaves of a constant is no variation
        if (!(greatest > 1e-12 * Math.abs(mean))) {
            return 0;
        }
        double sum = 0;
        for (double value : series) {
            double part = (value - mean) / greatest;
            sum += part * part;
        }
        return greatest * Math.sqrt(sum / series.length);
    }

    /**
     * The standard deviation of the forecast of each step, from the psi weights.
     *
     * @param into one place for each step
     */
    void widen(double[] into) {
        int n = into.length;
        double[] psi = new double[n];
        for (int j = 0; j < n; j++) {
            double weight = j == 0 ? 1 : j <= ma.length ? ma[j - 1] : 0;
            for (int i = 0; i < Math.min(ar.length, j); i++) {
                weight += ar[i] * psi[j - 1 - i];
            }
            psi[j] = weight;
        }
        for (int d = 0; d < differences; d++) {
            for (int j = 1; j < n; j++) {
                psi[j] += psi[j - 1];
            }
        }
        double sum = 0;
        for (int j = 0; j < n; j++) {
            sum += psi[j] * psi[j];
            into[j] = sigma * Math.sqrt(sum);
        }
    }

    /** Saves this, or restores another. */
    ArimaFit exchanged(StateExchange state) {
        ArimaFit fit = new ArimaFit(
                state.whole("differences", differences, 0, MOST_DIFFERENCES),
                state.number("mean", mean),
                state.resized("ar", ar, 0, MOST_ORDER),
                state.resized("ma", ma, 0, MOST_ORDER),
                state.number("sigma", sigma));
        return state.restoring() ? fit : this;
    }
}
