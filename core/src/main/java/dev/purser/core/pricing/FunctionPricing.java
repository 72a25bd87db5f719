package dev.purser.core.pricing;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.math.BigDecimal;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How functions are sized and billed, in AWS Lambda's terms. One GB of memory is 1,024 MB here, as in Lambda's bills.
 *
 * @param usdPerGbSecond the price of a GB-second in US dollars, before any tier is reached
 * @param tiers lower prices for volume, by rising threshold; none by default
 * @param usdPerRequest the price of one invocation in US dollars
 * @param roundingMillis an invocation's duration is rounded up to a multiple of this: 100 until November 2020, 1 since
 * @param minimumMemoryMb the smallest memory setting, in MB
 * @param maximumMemoryMb the largest memory setting, in MB
 * @param memoryStepMb memory is the smallest setting plus a multiple of this, in MB
 * @param initBilled whether the initialisation of a cold sandbox is billed: for functions in a zip archive on a managed
 *     runtime it is since 2025-08-01
 * @param mbPerVcpu the memory, in MB, that comes with the equivalent of one vCPU; the share is proportional
 * @param maximumVcpus the most vCPUs that a function gets
 * @param freeTier what each month is free; null (the default) where none is counted
 * @param concurrencyLimit how many invocations an account may have under way at once by default
 * @param source where the figures were read, if it was written down
 */
public record FunctionPricing(
        BigDecimal usdPerGbSecond,
        @JsonProperty(defaultValue = "[]") List<Tier> tiers,
        BigDecimal usdPerRequest,
        int roundingMillis,
        int minimumMemoryMb,
        int maximumMemoryMb,
        int memoryStepMb,
        boolean initBilled,
        int mbPerVcpu,
        double maximumVcpus,
        @Nullable FreeTier freeTier,
        @JsonProperty(defaultValue = "1000") int concurrencyLimit,
        @Nullable String source) {
    private static final long NANOS_PER_MILLI = 1_000_000L;
    private static final double MB_MILLIS_PER_GB_SECOND = 1024 * 1000;

    /**
     * A lower price for what goes beyond a month's volume.
     *
     * @param aboveGbSeconds the month's GB-seconds beyond which this price holds
     * @param usdPerGbSecond the price of a GB-second in US dollars
     */
    public record Tier(long aboveGbSeconds, BigDecimal usdPerGbSecond) {
        /** Checks the ranges. */
        public Tier {
            Checks.atLeast("aboveGbSeconds", aboveGbSeconds, 1);
            usdPerGbSecond = Checks.price("usdPerGbSecond", usdPerGbSecond);
        }
    }

    /**
     * What is free each month.
     *
     * @param gbSeconds free GB-seconds
     * @param requests free invocations
     */
    public record FreeTier(long gbSeconds, long requests) {
        /** Checks the ranges. */
        public FreeTier {
            Checks.atLeast("gbSeconds", gbSeconds, 0);
            Checks.atLeast("requests", requests, 0);
        }
    }

    /** Checks the ranges, and that the tiers rise. */
    public FunctionPricing {
        usdPerGbSecond = Checks.price("usdPerGbSecond", usdPerGbSecond);
        usdPerRequest = Checks.price("usdPerRequest", usdPerRequest);
        Checks.atLeast("roundingMillis", roundingMillis, 1);
        Checks.atLeast("minimumMemoryMb", minimumMemoryMb, 1);
        Checks.atLeast("maximumMemoryMb", maximumMemoryMb, minimumMemoryMb);
        Checks.atLeast("memoryStepMb", memoryStepMb, 1);
        Checks.atLeast("mbPerVcpu", mbPerVcpu, 1);
        Checks.atLeast("concurrencyLimit", concurrencyLimit, 1);
        if ((maximumMemoryMb - minimumMemoryMb) % memoryStepMb != 0) {
            throw new IllegalArgumentException("maximumMemoryMb is " + maximumMemoryMb + ", but steps of "
                    + memoryStepMb + " MB from " + minimumMemoryMb + " MB do not reach it");
        }
        if (!(maximumVcpus > 0 && maximumVcpus < Double.POSITIVE_INFINITY)) {
            throw new IllegalArgumentException("maximumVcpus is " + maximumVcpus + ", but must be above 0");
        }
        tiers = List.copyOf(tiers);
        for (int i = 1; i < tiers.size(); i++) {
            if (tiers.get(i).aboveGbSeconds() <= tiers.get(i - 1).aboveGbSeconds()) {
                throw new IllegalArgumentException("tiers[" + i + "].aboveGbSeconds is "
                        + tiers.get(i).aboveGbSeconds() + ", but must be above the "
                        + tiers.get(i - 1).aboveGbSeconds() + " of the tier before it");
            }
        }
    }

    /**
     * Rounds a duration as the bill does.
     *
     * @param durationNanos how long the invocation ran, in nanoseconds; at least 0
     * @return billed milliseconds
     */
    public long billedMillis(long durationNanos) {
        if (durationNanos < 0) {
            throw new IllegalArgumentException("an invocation cannot have run for " + durationNanos + " ns");
        }
        return Math.ceilDiv(durationNanos, roundingMillis * NANOS_PER_MILLI) * roundingMillis;
    }

    /**
     * What one more invocation costs, without free tier and volume tiers; for estimates, since bills are priced exactly
     * by {@link Ledger#bill()}.
     *
     * @param memoryMb the function's memory setting, in MB
     * @param durationNanos how long it runs, in nanoseconds; at least 0
     * @return US dollars
     */
    public double costPerInvocation(int memoryMb, long durationNanos) {
        double gbSeconds = (double) memoryMb * billedMillis(durationNanos) / MB_MILLIS_PER_GB_SECOND;
        return gbSeconds * usdPerGbSecond.doubleValue() + usdPerRequest.doubleValue();
    }

    /**
     * Says whether a function can be given this memory.
     *
     * @param memoryMb a memory setting, in MB
     * @return whether it lies in the range and on a step
     */
    public boolean allowsMemory(int memoryMb) {
        return memoryMb >= minimumMemoryMb
                && memoryMb <= maximumMemoryMb
                && (memoryMb - minimumMemoryMb) % memoryStepMb == 0;
    }

    /**
     * The processing power that comes with a memory setting.
     *
     * @param memoryMb a memory setting, in MB
     * @return vCPUs, above 0 and at most {@link #maximumVcpus()}
     */
    public double vcpus(int memoryMb) {
        return Math.min(maximumVcpus, (double) memoryMb / mbPerVcpu);
    }
}
