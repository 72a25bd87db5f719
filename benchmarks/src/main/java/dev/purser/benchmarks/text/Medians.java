package dev.purser.benchmarks.text;

import java.util.List;
import java.util.function.ToDoubleFunction;

/** The median of the rounds is what is reported. */
public final class Medians {
    private Medians() {}

    /** The median of a figure over runs, at least one. */
    public static <T> double median(List<T> runs, ToDoubleFunction<T> figure) {
        double[] sorted = runs.stream().mapToDouble(figure).sorted().toArray();
        int middle = sorted.length / 2;
        return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }
}
