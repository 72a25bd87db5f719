package dev.purser.partitioner.onnx;

import dev.purser.core.partition.Layer;
import dev.purser.core.partition.LayerGraph;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.hipparchus.exception.MathIllegalArgumentException;
import org.hipparchus.linear.Array2DRowRealMatrix;
import org.hipparchus.linear.ArrayRealVector;
import org.hipparchus.linear.QRDecomposition;
import org.hipparchus.linear.RealMatrix;
import org.hipparchus.linear.RealVector;

/**
 * Estimates the time of layers from what is known without running them: multiplications, bytes touched, and that there is
 * a layer at all. Multiplications count apart where few of them make one element of the result (depthwise convolutions,
 * and the first one of a network), since they wait for memory.
 *
 * @param microsPerMac microseconds per multiply-accumulate operation
 * @param microsPerThinMac as above, where few of them make one element
 * @param microsPerWeightByte microseconds per byte of weights
 * @param microsPerByte microseconds per byte of inputs and outputs
 * @param microsPerLayer microseconds for a layer at all
 */
public record TimeModel(
        double microsPerMac,
        double microsPerThinMac,
        double microsPerWeightByte,
        double microsPerByte,
        double microsPerLayer) {
    private static final int FEATURES = 5;

    /** Operations per element of the output below which a layer waits for memory. */
    private static final long THIN = 32;

    private static final int ELEMENT_BYTES = 4;

    /** Checks the ranges. */
    public TimeModel {
        if (!(microsPerMac >= 0
                && microsPerThinMac >= 0
                && microsPerWeightByte >= 0
                && microsPerByte >= 0
                && microsPerLayer >= 0)) {
            throw new IllegalArgumentException("a coefficient is negative or no number: " + microsPerMac + ", "
                    + microsPerThinMac + ", " + microsPerWeightByte + ", " + microsPerByte + ", " + microsPerLayer);
        }
    }

    /**
     * Fits the model to measured layers: the coefficients, none below 0, with the least sum of squared errors, where
     * an error counts the less the longer its layer takes.
     *
     * @param measured graphs with the times of their layers
     * @return the model
     * @throws IllegalArgumentException when times and layers differ in number, or there are fewer than ten layers
     */
    public static TimeModel fit(Map<LayerGraph, LayerTimes> measured) {
        List<double[]> rows = new ArrayList<>();
        List<Double> times = new ArrayList<>();
        measured.forEach((graph, layerTimes) -> {
            if (graph.layers().size() != layerTimes.micros().size()) {
                throw new IllegalArgumentException(graph.name() + " has "
                        + graph.layers().size() + " layers, but times for "
                        + layerTimes.micros().size());
            }
            for (int i = 1; i < graph.layers().size(); i++) {
                rows.add(features(graph, i));
                times.add(layerTimes.micros().get(i));
            }
        });
        if (rows.size() < 2 * FEATURES) {
            throw new IllegalArgumentException(rows.size() + " layers are too few to fit " + FEATURES + " numbers");
        }
        weigh(rows, times);
        double[] best = new double[FEATURES];
        double least = Double.POSITIVE_INFINITY;
        // the best fit without negative numbers is the best of those that leave some out
        for (int subset = 1; subset < 1 << FEATURES; subset++) {
            double[] fitted = fit(rows, times, subset);
            double error = error(rows, times, fitted);
            if (error < least) {
                least = error;
                best = fitted;
            }
        }
        return new TimeModel(best[0], best[1], best[2], best[3], best[4]);
    }

    /** Divides each row by the root of its time: else the largest layers alone would decide. */
    private static void weigh(List<double[]> rows, List<Double> times) {
        double mean = times.stream().mapToDouble(Double::doubleValue).average().orElse(0);
        for (int r = 0; r < rows.size(); r++) {
            double weight = 1 / Math.sqrt(Math.max(times.get(r) + mean, 1e-9));
            double[] row = rows.get(r);
            for (int f = 0; f < FEATURES; f++) {
                row[f] *= weight;
            }
            times.set(r, times.get(r) * weight);
        }
    }

    /** The least-squares fit with some features; one that needs negative numbers is none. */
    private static double[] fit(List<double[]> rows, List<Double> times, int subset) {
        int columns = Integer.bitCount(subset);
        double[] scale = new double[FEATURES];
        for (double[] row : rows) {
            for (int f = 0; f < FEATURES; f++) {
                scale[f] = Math.max(scale[f], row[f]);
            }
        }
        RealMatrix matrix = new Array2DRowRealMatrix(rows.size(), columns);
        RealVector vector = new ArrayRealVector(rows.size());
        for (int r = 0; r < rows.size(); r++) {
            int column = 0;
            for (int f = 0; f < FEATURES; f++) {
                if ((subset >> f & 1) == 1) {
                    matrix.setEntry(r, column++, rows.get(r)[f] / (scale[f] > 0 ? scale[f] : 1));
                }
            }
            vector.setEntry(r, times.get(r));
        }
        double[] result = new double[FEATURES];
        try {
            RealVector solution = new QRDecomposition(matrix, 1e-12).getSolver().solve(vector);
            int column = 0;
            for (int f = 0; f < FEATURES; f++) {
                if ((subset >> f & 1) == 1) {
                    result[f] = solution.getEntry(column++) / (scale[f] > 0 ? scale[f] : 1);
                }
            }
        } catch (MathIllegalArgumentException e) {
            // two features say the same: another subset has one of them
            return new double[] {-1};
        }
        return result;
    }

    private static double error(List<double[]> rows, List<Double> times, double[] coefficients) {
        for (double coefficient : coefficients) {
            if (!(coefficient >= 0)) {
                return Double.POSITIVE_INFINITY;
            }
        }
        double error = 0;
        for (int r = 0; r < rows.size(); r++) {
            double estimate = 0;
            for (int f = 0; f < FEATURES; f++) {
                estimate += rows.get(r)[f] * coefficients[f];
            }
            error += (times.get(r) - estimate) * (times.get(r) - estimate);
        }
        return error;
    }

    private static double[] features(LayerGraph graph, int index) {
        Layer layer = graph.layers().get(index);
        double bytes = layer.outBytes();
        for (int input : layer.inputs()) {
            bytes += graph.layers().get(input).outBytes();
        }
        boolean thin = layer.macs() < THIN * Math.max(1, layer.outBytes() / ELEMENT_BYTES);
        return new double[] {thin ? 0 : layer.macs(), thin ? layer.macs() : 0, layer.paramBytes(), bytes, 1};
    }

    /**
     * Estimates the layers of a model.
     *
     * @param graph its layers
     * @return their times
     */
    public LayerTimes estimate(LayerGraph graph) {
        List<Double> micros = new ArrayList<>();
        micros.add(0.0);
        for (int i = 1; i < graph.layers().size(); i++) {
            double[] features = features(graph, i);
            micros.add(features[0] * microsPerMac
                    + features[1] * microsPerThinMac
                    + features[2] * microsPerWeightByte
                    + features[3] * microsPerByte
                    + features[4] * microsPerLayer);
        }
        return new LayerTimes(micros, 1);
    }
}
