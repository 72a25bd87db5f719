package dev.purser.core.pricing;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.math.BigDecimal;
import org.jspecify.annotations.Nullable;

/**
 * The CPU credits of a burstable type, in the terms of Amazon EC2's T2 and T3. One credit is one virtual processor at
 * full load for a minute. Credits are earned while the instance runs, at the rate that its baseline uses up; those not
 * spent accrue up to what a day earns.
 *
 * @param baseline share of each virtual processor that can be used for ever, over 0 and at most 1
 * @param launchCredits credits that an instance has when it starts; at least 0. T2 gives 30 for each processor, T3 none
 * @param mode what happens when no credits are left, unless the deployment says otherwise
 * @param usdPerSurplusVcpuHour the price of a virtual processor's hour on surplus credits; at least 0
 * @param source where the figures were read, if it was written down
 */
public record BurstPricing(
        double baseline,
        int launchCredits,
        Mode mode,
        BigDecimal usdPerSurplusVcpuHour,
        @Nullable String source) {

    /** What happens when no credits are left. */
    public enum Mode {
        /** The instance falls back to its baseline. */
        @JsonProperty("standard")
        STANDARD,
        /** It goes on at full speed on surplus credits, which later earnings pay back and the bill what is left. */
        @JsonProperty("unlimited")
        UNLIMITED
    }

    /** Checks the ranges. */
    public BurstPricing {
        if (!(baseline > 0 && baseline <= 1)) {
            throw new IllegalArgumentException(
                    "burst.baseline is " + baseline + ", but it must be a share over 0 and at most 1 (20 % is 0.2)");
        }
        Checks.atLeast("burst.launchCredits", launchCredits, 0);
        usdPerSurplusVcpuHour = Checks.price("burst.usdPerSurplusVcpuHour", usdPerSurplusVcpuHour);
    }
}
