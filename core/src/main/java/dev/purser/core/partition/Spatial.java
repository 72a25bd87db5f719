package dev.purser.core.partition;

/**
 * What a layer's output map looks like, and the window that it slides over its input: what is needed to compute only a
 * tile of the map. A layer that looks at single elements has a window of 1 by 1 with a stride of 1.
 *
 * @param height rows of the output map, at least 1
 * @param width columns of the output map, at least 1
 * @param channels channels of the output map, at least 1
 * @param kernelHeight rows of the window, at least 1
 * @param kernelWidth columns of the window, at least 1
 * @param strideHeight rows between two windows, at least 1
 * @param strideWidth columns between two windows, at least 1
 * @param padTop rows of padding above, at least 0
 * @param padBottom rows of padding below, at least 0
 * @param padLeft columns of padding to the left, at least 0
 * @param padRight columns of padding to the right, at least 0
 */
public record Spatial(
        int height,
        int width,
        int channels,
        int kernelHeight,
        int kernelWidth,
        int strideHeight,
        int strideWidth,
        int padTop,
        int padBottom,
        int padLeft,
        int padRight) {

    /** Checks the ranges. */
    public Spatial {
        if (Math.min(Math.min(height, width), channels) < 1
                || Math.min(kernelHeight, kernelWidth) < 1
                || Math.min(strideHeight, strideWidth) < 1) {
            throw new IllegalArgumentException("a map of " + height + " x " + width + " x " + channels
                    + " with a window of " + kernelHeight + " x " + kernelWidth + " and strides of " + strideHeight
                    + " x " + strideWidth + ": all of these must be at least 1");
        }
        if (Math.min(Math.min(padTop, padBottom), Math.min(padLeft, padRight)) < 0) {
            throw new IllegalArgumentException("paddings of " + padTop + ", " + padBottom + ", " + padLeft + ", "
                    + padRight + " must not be negative");
        }
    }

    /** A map whose elements each depend on the same place of the input alone. */
    public static Spatial pointwise(int height, int width, int channels) {
        return new Spatial(height, width, channels, 1, 1, 1, 1, 0, 0, 0, 0);
    }
}
