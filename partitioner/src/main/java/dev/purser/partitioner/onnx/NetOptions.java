package dev.purser.partitioner.onnx;

import dev.purser.core.InputException;

/**
 * What may differ from a published architecture.
 *
 * @param size rows and columns of the input; 0 for the architecture's own
 * @param width factor on the number of channels, above 0 and at most 4; results are rounded to multiples of 8
 * @param classes how many classes there are, 2 to 100,000
 * @param batch the size of a batch; 0 leaves it open, under the name {@code batch}
 * @param seed of the weights
 */
public record NetOptions(int size, double width, int classes, int batch, long seed) {
    /** The architecture as published, for batches of any size. */
    public static final NetOptions PUBLISHED = new NetOptions(0, 1, 1000, 0, 1);

    /** Checks the ranges. */
    public NetOptions {
        check("size", size, size == 0 || (size >= 32 && size <= 4096), "0, or 32 to 4096");
        check("width", width, width > 0 && width <= 4, "above 0 and at most 4");
        check("classes", classes, classes >= 2 && classes <= 100_000, "2 to 100000");
        check("batch", batch, batch >= 0 && batch <= 1024, "0 to 1024");
    }

    private static void check(String field, Number value, boolean right, String remedy) {
        if (!right) {
            throw new InputException("network", field, "is " + value, remedy);
        }
    }

    /** As this, with another size of the input. */
    public NetOptions withSize(int pixels) {
        return new NetOptions(pixels, width, classes, batch, seed);
    }

    /** As this, with another factor on the channels. */
    public NetOptions withWidth(double factor) {
        return new NetOptions(size, factor, classes, batch, seed);
    }
}
