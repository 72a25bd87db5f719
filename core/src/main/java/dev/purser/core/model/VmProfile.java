package dev.purser.core.model;

/**
 * How a variant runs on one instance type: how many requests at a time, and how long each takes then. The number of
 * parallel slots is the profiled one at which the latency still holds (Paragon, WoSC'20, section 2).
 *
 * @param latencyMs service time of one request with all slots busy, in milliseconds, over 0
 * @param slots requests served at the same time by one instance, 1 to {@value #MAX_SLOTS}
 */
public record VmProfile(double latencyMs, int slots) {
    /** The most parallel slots that an instance can have. */
    public static final int MAX_SLOTS = 63;

    public VmProfile {
        if (!(latencyMs > 0 && latencyMs <= 3_600_000)) {
            throw new IllegalArgumentException(
                    "latencyMs is " + latencyMs + ", but it must be over 0 and at most 3600000 (an hour)");
        }
        if (slots < 1 || slots > MAX_SLOTS) {
            throw new IllegalArgumentException("slots is " + slots + ", but it must be 1 to " + MAX_SLOTS);
        }
    }
}
