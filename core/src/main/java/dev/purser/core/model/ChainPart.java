package dev.purser.core.model;

import org.jspecify.annotations.Nullable;

/**
 * One part of a variant that is split: a network of its own, in a function of its own. What it gives is what the next part
 * takes, matched by name: a tensor that is needed later passes through the parts in between.
 *
 * @param name unique within its chain
 * @param memoryMb the memory of its function, in MB
 * @param latencyMs warm execution time in milliseconds, over 0 and at most 900,000, with the fetching of what the part
 *     before has left and the storing of what is left for the next
 * @param loadMs time to load its weights and make the first inference, 0 to 3,600,000 ms: what a fresh sandbox needs on top
 *     of its own start
 * @param sizeMb its weights, in MB of 2^20 bytes, 0 to 10,000,000
 * @param outBytes what it leaves for the next part, in bytes; 0 for the last
 * @param model where its network is; null where it can only be simulated
 */
public record ChainPart(
        String name,
        int memoryMb,
        double latencyMs,
        double loadMs,
        double sizeMb,
        long outBytes,
        @Nullable ModelSource model) {
    /** The most parts of a chain. */
    public static final int MAX_PARTS = 1000;

    public ChainPart {
        if (name.isBlank()) {
            throw new IllegalArgumentException("name is blank");
        }
        if (memoryMb < 1) {
            throw new IllegalArgumentException("memoryMb is " + memoryMb + ", but it must be at least 1");
        }
        if (!(latencyMs > 0 && latencyMs <= 900_000)) {
            throw new IllegalArgumentException(
                    "latencyMs is " + latencyMs + ", but it must be over 0 and at most 900000 (15 minutes)");
        }
        Variant.requireLoad(loadMs);
        Variant.requireSize(sizeMb);
        if (outBytes < 0) {
            throw new IllegalArgumentException("outBytes is " + outBytes + ", but it must be at least 0");
        }
        if (model != null && model.text() != null) {
            throw new IllegalArgumentException(
                    "model.text is given, but a part takes tensors: texts cannot be split off a network");
        }
    }
}
