package dev.purser.core.partition;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One layer (node) of a model. Weights that several layers use count in each of them, since a part needs its own copy.
 *
 * @param name its name, unique in its graph
 * @param type its operator, e.g. {@code Conv2D}
 * @param inputs the indices of the layers whose outputs it reads, each below its own
 * @param paramBytes bytes of its weights, at least 0
 * @param outBytes bytes of its outputs for a batch of one, at least 0
 * @param macs multiply-accumulate operations for a batch of one, at least 0
 * @param spatial its output map and window; null where it has none or they are unknown
 */
public record Layer(
        String name,
        String type,
        List<Integer> inputs,
        long paramBytes,
        long outBytes,
        long macs,
        @Nullable Spatial spatial) {

    /** Checks the ranges. */
    public Layer {
        if (name.isBlank()) {
            throw new IllegalArgumentException("a layer's name is blank");
        }
        inputs = List.copyOf(inputs);
        checkNotNegative(name, "paramBytes", paramBytes);
        checkNotNegative(name, "outBytes", outBytes);
        checkNotNegative(name, "macs", macs);
    }

    /** A layer whose map is not known. */
    public Layer(String name, String type, List<Integer> inputs, long paramBytes, long outBytes, long macs) {
        this(name, type, inputs, paramBytes, outBytes, macs, null);
    }

    private static void checkNotNegative(String layer, String component, long value) {
        if (value < 0) {
            throw new IllegalArgumentException(
                    "layer " + layer + ": " + component + " is " + value + ", but must not be negative");
        }
    }
}
