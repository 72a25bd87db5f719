package dev.purser.core.pricing;

import java.math.BigDecimal;
import org.jspecify.annotations.Nullable;

/**
 * The volume that an instance keeps while it is stopped, in Amazon EBS's terms; all else of it is free then. The volumes of
 * running instances are not modelled: every policy pays the same for them.
 *
 * @param usdPerGbMonth the price of a GB for a month, in US dollars
 * @param gbPerInstance the size of an instance's volume in GB; at least 0
 * @param source where the figures were read, if it was written down
 */
public record VolumePricing(
        BigDecimal usdPerGbMonth,
        int gbPerInstance,
        @Nullable String source) {

    /** Checks the ranges. */
    public VolumePricing {
        usdPerGbMonth = Checks.price("volume.usdPerGbMonth", usdPerGbMonth);
        Checks.atLeast("volume.gbPerInstance", gbPerInstance, 0);
    }
}
