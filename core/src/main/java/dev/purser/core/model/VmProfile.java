package dev.purser.core.model;

import java.util.Collections;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * How a variant runs on one instance type: how many requests at a time, and how long each takes then. The number of
 * parallel slots is the profiled one at which the latency still holds (Paragon, WoSC'20, section 2).
 *
 * @param latencyMs service time of one request with all slots busy, in milliseconds, over 0
 * @param slots requests, or batches of them, served at the same time by one instance, 1 to {@value #MAX_SLOTS}
 * @param batchLatencyMs service time of a whole batch in milliseconds by its size, each size 2 to {@value #MAX_BATCH};
 *     null where the variant is not batched on this type
 */
public record VmProfile(
        double latencyMs, int slots, @Nullable SortedMap<Integer, Double> batchLatencyMs) {
    /** The most parallel slots that an instance can have. */
    public static final int MAX_SLOTS = 63;

    /** The largest batch. */
    public static final int MAX_BATCH = 1024;

    public VmProfile {
        requireLatency("latencyMs", latencyMs);
        if (slots < 1 || slots > MAX_SLOTS) {
            throw new IllegalArgumentException("slots is " + slots + ", but it must be 1 to " + MAX_SLOTS);
        }
        if (batchLatencyMs != null) {
            for (Map.Entry<Integer, Double> entry : batchLatencyMs.entrySet()) {
                if (entry.getKey() < 2 || entry.getKey() > MAX_BATCH) {
                    throw new IllegalArgumentException("batchLatencyMs has a batch of " + entry.getKey()
                            + ", but sizes are 2 to " + MAX_BATCH + "; latencyMs is that of a single request");
                }
                requireLatency("batchLatencyMs of " + entry.getKey(), entry.getValue());
            }
            batchLatencyMs = Collections.unmodifiableSortedMap(new TreeMap<>(batchLatencyMs));
        }
    }

    /** A variant that is not batched. */
    public VmProfile(double latencyMs, int slots) {
        this(latencyMs, slots, null);
    }

    /** The largest batch that was profiled; 1 where the variant is not batched. */
    public int maxBatch() {
        return batchLatencyMs == null || batchLatencyMs.isEmpty() ? 1 : batchLatencyMs.lastKey();
    }

    /**
     * The service time of a batch; between two profiled sizes it is interpolated linearly.
     *
     * @param size 1 to {@link #maxBatch()}
     * @return milliseconds
     */
    public double latencyMs(int size) {
        if (size < 1 || size > maxBatch()) {
            throw new IllegalArgumentException("a batch of " + size + ", but it must be 1 to " + maxBatch());
        }
        if (size == 1 || batchLatencyMs == null) {
            return latencyMs;
        }
        int below = 1;
        double belowMs = latencyMs;
        for (Map.Entry<Integer, Double> entry : batchLatencyMs.entrySet()) {
            if (entry.getKey() >= size) {
                return belowMs + (entry.getValue() - belowMs) * (size - below) / (entry.getKey() - below);
            }
            below = entry.getKey();
            belowMs = entry.getValue();
        }
        throw new AssertionError(size);
    }

    private static void requireLatency(String name, double ms) {
        if (!(ms > 0 && ms <= 3_600_000)) {
            throw new IllegalArgumentException(
                    name + " is " + ms + ", but it must be over 0 and at most 3600000 (an hour)");
        }
    }
}
