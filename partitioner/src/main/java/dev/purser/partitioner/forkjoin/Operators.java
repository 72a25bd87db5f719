package dev.purser.partitioner.forkjoin;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What operators take on a function of 3,008 MB, by Gillis' published regressions for AWS Lambda (layer_runtime.cfg of its
 * release): milliseconds are {@code slope * x / 1024 + base}, with x the elements of the input, or the multiply-accumulate
 * operations of a convolution or a fully connected layer.
 */
enum Operators {
    CONV(0.000066, 0.703038),
    GEMM(0.0015, 2.58044859),
    POOL(0.00417213, -0.3581939),
    RELU(0.00165758, 0.13902374),
    NORM(0.00142082, 0.27576228),
    ADD(0.00260959, 0.09502701),
    /** Padding, which the operator after it does. */
    PAD(0, 0),
    /** Those that change no values: reshaping, and what is left out when a model serves. */
    FREE(0, 0),
    /** The mean of a whole map, which cannot be computed by tiles. */
    WHOLE_MAP(0, 0);

    private static final Map<String, Operators> BY_TYPE = Map.ofEntries(
            Map.entry("Conv2D", CONV),
            Map.entry("DepthwiseConv2D", CONV),
            Map.entry("SeparableConv2D", CONV),
            Map.entry("Conv", CONV),
            Map.entry("Dense", GEMM),
            Map.entry("Gemm", GEMM),
            Map.entry("MatMul", GEMM),
            Map.entry("MaxPooling2D", POOL),
            Map.entry("AveragePooling2D", POOL),
            Map.entry("MaxPool", POOL),
            Map.entry("AveragePool", POOL),
            Map.entry("ReLU", RELU),
            Map.entry("Relu", RELU),
            Map.entry("Activation", RELU),
            Map.entry("Clip", RELU),
            Map.entry("BatchNormalization", NORM),
            Map.entry("Add", ADD),
            Map.entry("ZeroPadding2D", PAD),
            Map.entry("Pad", PAD),
            Map.entry("Concatenate", FREE),
            Map.entry("Concat", FREE),
            Map.entry("Flatten", FREE),
            Map.entry("Reshape", FREE),
            Map.entry("Dropout", FREE),
            Map.entry("Identity", FREE),
            Map.entry("GlobalAveragePooling2D", WHOLE_MAP),
            Map.entry("GlobalAveragePool", WHOLE_MAP));

    private final double slope;
    private final double base;

    Operators(double slope, double base) {
        this.slope = slope;
        this.base = base;
    }

    /** The operator of a layer's type, which may name an activation inside it as in {@code Conv2D+relu}; null if unknown. */
    static @Nullable Operators of(String type) {
        return BY_TYPE.get(type.replaceFirst("\\+.*", ""));
    }

    /** Whether it works on single elements, and so belongs to the layer before it. */
    boolean joinsPrevious() {
        return this == RELU || this == NORM || this == FREE;
    }

    double millis(double x) {
        return Math.max(0, slope * x / 1024 + base);
    }
}
