package dev.purser.worker;

import com.fasterxml.jackson.annotation.JsonProperty;

/**
 * How a model is run.
 *
 * @param threads threads of one inference, 1 to 256
 * @param parallel how many inferences may run at once with as many threads each, 1 to 256; where {@code threads} is above
 *     1, each of them holds the weights
 * @param spinning whether threads without work spin for a while before they sleep: faster where the machine has cores to
 *     spare, and a waste of what others could use
 * @param optimization how much the graph is optimised when it is loaded
 * @param maxBatch the most rows of one inference, 1 to 65536
 * @param arena whether memory once used for tensors is kept for the next inference: a little faster, and it stays at its
 *     highest use
 */
public record RuntimeSettings(
        @JsonProperty(defaultValue = "1") int threads,
        @JsonProperty(defaultValue = "1") int parallel,
        @JsonProperty(defaultValue = "false") boolean spinning,
        @JsonProperty(defaultValue = "\"all\"") Optimization optimization,
        @JsonProperty(defaultValue = "64") int maxBatch,
        @JsonProperty(defaultValue = "true") boolean arena) {
    /** How much the graph is optimised when it is loaded. */
    public enum Optimization {
        /** Not at all: loads fastest. */
        @JsonProperty("none")
        NONE,
        /** What holds on any hardware. */
        @JsonProperty("basic")
        BASIC,
        /** With fused operators too. */
        @JsonProperty("extended")
        EXTENDED,
        /** With the layout changed to suit the hardware too. */
        @JsonProperty("all")
        ALL
    }

    public RuntimeSettings {
        requireRange("threads", threads, 256);
        requireRange("parallel", parallel, 256);
        requireRange("maxBatch", maxBatch, 65_536);
    }

    /**
     * The defaults with other threads.
     *
     * @param threads threads of one inference
     * @return settings
     */
    public static RuntimeSettings ofThreads(int threads) {
        return new RuntimeSettings(threads, 1, false, Optimization.ALL, 64, true);
    }

    /**
     * These settings with another batch limit.
     *
     * @param rows the most rows of one inference
     * @return settings
     */
    public RuntimeSettings withMaxBatch(int rows) {
        return new RuntimeSettings(threads, parallel, spinning, optimization, rows, arena);
    }

    /**
     * These settings with other inferences at once.
     *
     * @param inferences how many may run at once
     * @return settings
     */
    public RuntimeSettings withParallel(int inferences) {
        return new RuntimeSettings(threads, inferences, spinning, optimization, maxBatch, arena);
    }

    private static void requireRange(String field, int value, int most) {
        if (value < 1 || value > most) {
            throw new IllegalArgumentException(field + " is " + value + ", but it must be 1 to " + most);
        }
    }
}
