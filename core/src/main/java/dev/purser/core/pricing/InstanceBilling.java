package dev.purser.core.pricing;

import org.jspecify.annotations.Nullable;

/**
 * How the running time of an instance is billed. Amazon EC2 bills Linux instances by the second with a minimum of 60
 * seconds since 2017-10-02.
 *
 * @param granularitySeconds running time is rounded up to a multiple of this; at least 1
 * @param minimumSeconds the least that a started instance is billed for; at least 0
 * @param source where the rule was read, if it was written down
 */
public record InstanceBilling(
        int granularitySeconds,
        int minimumSeconds,
        @Nullable String source) {
    private static final long NANOS_PER_SECOND = 1_000_000_000L;

    /** Checks the ranges. */
    public InstanceBilling {
        Checks.atLeast("granularitySeconds", granularitySeconds, 1);
        Checks.atLeast("minimumSeconds", minimumSeconds, 0);
    }

    /**
     * Rounds a running time as the bill does.
     *
     * @param upNanos how long the instance was up, in nanoseconds; at least 0
     * @return whole billed seconds
     */
    public long billedSeconds(long upNanos) {
        if (upNanos < 0) {
            throw new IllegalArgumentException("an instance cannot have been up for " + upNanos + " ns");
        }
        long unit = granularitySeconds * NANOS_PER_SECOND;
        long rounded = Math.ceilDiv(upNanos, unit) * granularitySeconds;
        return Math.max(rounded, minimumSeconds);
    }
}
