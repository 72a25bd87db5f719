package dev.purser.core.partition;

import java.util.List;

/**
 * A place where a model may be cut: between the layers up to one and those after it.
 *
 * @param after the index of the last layer before the cut
 * @param tensors the names of the tensors that cross, at least one
 * @param bytes their bytes together for a batch of one
 */
public record Cut(int after, List<String> tensors, long bytes) {

    /** Checks the ranges. */
    public Cut {
        tensors = List.copyOf(tensors);
        if (tensors.isEmpty()) {
            throw new IllegalArgumentException("no tensor crosses the cut after layer " + after);
        }
        if (bytes < 0) {
            throw new IllegalArgumentException(
                    "the cut after layer " + after + " has " + bytes + " bytes, but must not be negative");
        }
    }

    /** Whether one tensor alone crosses. */
    public boolean single() {
        return tensors.size() == 1;
    }
}
