package dev.purser.server.profile;

import java.util.ArrayList;
import java.util.List;
import org.hipparchus.exception.MathRuntimeException;
import org.hipparchus.linear.Array2DRowRealMatrix;
import org.hipparchus.linear.ArrayRealVector;
import org.hipparchus.linear.QRDecomposition;
import org.hipparchus.linear.RealVector;

/**
 * The inference time of SMIless's offline profiler (SC'24): {@code I(B, r) = lambda B (alpha / r + beta) +
 * gamma} of a batch of B on r processors, which is Amdahl's law for each item of the batch, and an overhead.
 *
 * <p>Only {@code lambda alpha}, {@code lambda beta} and {@code gamma} can be told from measurements. The published fit
 * leaves the split to where its search starts; here {@code alpha + beta = 1}, so that lambda is the time of an item on one
 * processor, alpha the share of it that more processors divide, and beta the share that they do not. And none of the three
 * is negative: of the profiles that were published with the paper most have batches that take less time the larger they
 * are on more than one processor.
 *
 * <p>The fit minimises the sum of the squared relative residuals, so that the short times count as much as the long ones.
 * It is exact: at the least sum over non-negative terms, those that are not 0 are what least squares gives for them alone,
 * and of three terms there are seven choices to try.
 *
 * @param lambda milliseconds of an item on one processor, at least 0
 * @param alpha share of it that processors divide, 0 to 1
 * @param beta the rest
 * @param gamma milliseconds of a batch of any size, at least 0
 * @param points how many measurements it was fitted to
 * @param meanError mean of the relative errors at these measurements
 * @param worstError the largest of them
 * @param leftOutMeanError mean of the relative errors when each measurement is predicted by a fit to the others
 * @param leftOutWorstError the largest of them
 * @param leftOutWorst where that is
 */
public record InferenceFit(
        double lambda,
        double alpha,
        double beta,
        double gamma,
        int points,
        double meanError,
        double worstError,
        double leftOutMeanError,
        double leftOutWorstError,
        Point leftOutWorst) {
    /** The fewest measurements that say anything of three terms. */
    public static final int FEWEST = 5;

    private static final int TERMS = 3;

    /**
     * A measured inference time.
     *
     * @param batch items, at least 1
     * @param processors at least 1
     * @param ms milliseconds, over 0
     */
    public record Point(int batch, int processors, double ms) {
        private double relative(int term) {
            return switch (term) {
                case 0 -> (double) batch / processors / ms;
                case 1 -> batch / ms;
                default -> 1 / ms;
            };
        }
    }

    /** {@code lambda alpha}, {@code lambda beta} and {@code gamma}. */
    private record Terms(double divided, double undivided, double constant) {
        double at(int batch, int processors) {
            return batch * (divided / processors + undivided) + constant;
        }

        double error(Point point) {
            return Math.abs(at(point.batch(), point.processors()) - point.ms()) / point.ms();
        }
    }

    /**
     * Fits the model.
     *
     * @param points at least {@value #FEWEST}
     * @return the fit with the least sum of squared relative residuals
     */
    public static InferenceFit of(List<Point> points) {
        if (points.size() < FEWEST) {
            throw new IllegalArgumentException(points.size() + " points, but a fit needs at least " + FEWEST);
        }
        Terms terms = fit(points);
        double item = terms.divided() + terms.undivided();
        double leftOut = 0;
        double worst = -1;
        Point worstPoint = points.getFirst();
        for (Point point : points) {
            List<Point> others = new ArrayList<>(points);
            others.remove(point);
            double error = fit(others).error(point);
            leftOut += error / points.size();
            if (error > worst) {
                worst = error;
                worstPoint = point;
            }
        }
        return new InferenceFit(
                item,
                item == 0 ? 0 : terms.divided() / item,
                item == 0 ? 1 : terms.undivided() / item,
                terms.constant(),
                points.size(),
                points.stream().mapToDouble(terms::error).average().orElse(0),
                points.stream().mapToDouble(terms::error).max().orElse(0),
                leftOut,
                worst,
                worstPoint);
    }

    /**
     * The time that the fit gives.
     *
     * @param batch items, at least 1
     * @param processors at least 1
     * @return milliseconds
     */
    public double ms(int batch, int processors) {
        return lambda * batch * (alpha / processors + beta) + gamma;
    }

    private static Terms fit(List<Point> points) {
        // with one number of processors the first two terms are one; it goes to the one that promises nothing beyond
        boolean severalProcessors =
                points.stream().map(Point::processors).distinct().count() > 1;
        double[] best = new double[TERMS];
        double least = Double.POSITIVE_INFINITY;
        for (int chosen = 1; chosen < 1 << TERMS; chosen++) {
            if (!severalProcessors && (chosen & 1) != 0) {
                continue;
            }
            double[] terms = leastSquares(points, chosen);
            double residual = residual(points, terms);
            if (terms.length > 0 && residual < least) {
                least = residual;
                best = terms;
            }
        }
        return new Terms(best[0], best[1], best[2]);
    }

    /** All terms, those not chosen 0; empty where some would be negative or cannot be told apart. */
    private static double[] leastSquares(List<Point> points, int chosen) {
        int[] columns = java.util.stream.IntStream.range(0, TERMS)
                .filter(term -> (chosen >> term & 1) != 0)
                .toArray();
        double[][] rows = new double[points.size()][columns.length];
        for (int i = 0; i < rows.length; i++) {
            for (int j = 0; j < columns.length; j++) {
                rows[i][j] = points.get(i).relative(columns[j]);
            }
        }
        RealVector ones = new ArrayRealVector(rows.length, 1);
        double[] solution;
        try {
            solution = new QRDecomposition(new Array2DRowRealMatrix(rows, false), 1e-12)
                    .getSolver()
                    .solve(ones)
                    .toArray();
        } catch (MathRuntimeException e) {
            return new double[0];
        }
        double[] terms = new double[TERMS];
        for (int j = 0; j < columns.length; j++) {
            if (solution[j] < 0) {
                return new double[0];
            }
            terms[columns[j]] = solution[j];
        }
        return terms;
    }

    private static double residual(List<Point> points, double[] terms) {
        if (terms.length == 0) {
            return Double.POSITIVE_INFINITY;
        }
        double sum = 0;
        for (Point point : points) {
            double sumOfTerms = -1;
            for (int term = 0; term < TERMS; term++) {
                sumOfTerms += terms[term] * point.relative(term);
            }
            sum += sumOfTerms * sumOfTerms;
        }
        return sum;
    }
}
