package dev.purser.core.model;

import java.util.Collections;
import java.util.Map;
import java.util.Objects;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * How long a variant takes inside a function, by the function's memory (which also sets its share of a processor).
 *
 * @param latencyMs warm execution time in milliseconds by memory size in MB; at least one entry
 */
public record FunctionProfile(SortedMap<Integer, Double> latencyMs) {

    public FunctionProfile {
        if (latencyMs.isEmpty()) {
            throw new IllegalArgumentException("latencyMs is empty, but it must give at least one memory size in MB");
        }
        for (Map.Entry<Integer, Double> entry : latencyMs.entrySet()) {
            if (entry.getKey() < 1) {
                throw new IllegalArgumentException("latencyMs has the memory size " + entry.getKey() + " MB");
            }
            if (!(entry.getValue() > 0 && entry.getValue() <= 900_000)) {
                throw new IllegalArgumentException("latencyMs at " + entry.getKey() + " MB is " + entry.getValue()
                        + ", but it must be over 0 and at most 900000 (15 minutes)");
            }
        }
        latencyMs = Collections.unmodifiableSortedMap(new TreeMap<>(latencyMs));
    }

    /** The least memory in MB with which the variant was seen to run. */
    public int minimumMemoryMb() {
        return latencyMs.firstKey();
    }

    /**
     * The warm execution time at a memory size. Between two profiled sizes the time is interpolated linearly in
     * 1/memory, which is exact where the processor share bounds the time (t = K/memory + c); above the largest profiled
     * size no further gain is assumed.
     *
     * @param memoryMb the function's memory, at least {@link #minimumMemoryMb()}
     * @return milliseconds
     */
    public double latencyMs(int memoryMb) {
        if (memoryMb < minimumMemoryMb()) {
            throw new IllegalArgumentException(
                    memoryMb + " MB is less than the " + minimumMemoryMb() + " MB that the variant needs");
        }
        Map.Entry<Integer, Double> below = null;
        for (Map.Entry<Integer, Double> entry : latencyMs.entrySet()) {
            if (entry.getKey() > memoryMb && below != null) {
                double share = (1.0 / memoryMb - 1.0 / below.getKey()) / (1.0 / entry.getKey() - 1.0 / below.getKey());
                return below.getValue() + share * (entry.getValue() - below.getValue());
            }
            below = entry;
        }
        return Objects.requireNonNull(below).getValue();
    }
}
