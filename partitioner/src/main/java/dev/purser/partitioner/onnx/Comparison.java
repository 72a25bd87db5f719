package dev.purser.partitioner.onnx;

/**
 * How far the results of a chain of parts are from those of the whole model on the same inputs.
 *
 * @param largestDifference between two elements, absolute; infinite where one is no number and the other is
 * @param largestMagnitude of the whole model's finite elements, to judge the difference by
 * @param spread the largest difference between the whole model's results for two of the inputs; 0 for a model whose
 *     result does not depend on its inputs, for which a comparison shows nothing
 * @param inputs how many inputs were compared
 * @param elements how many elements were compared, of all outputs and inputs
 */
public record Comparison(double largestDifference, double largestMagnitude, double spread, int inputs, long elements) {}
