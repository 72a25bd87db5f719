package dev.purser.core.pricing;

import java.math.BigDecimal;
import org.jspecify.annotations.Nullable;

/**
 * What an instance type costs on the spot market, and how often it is taken back, in the terms of AWS's Spot Instance
 * Advisor.
 *
 * @param usdPerHour a usual price of an hour in US dollars; at least 0. Where a price history is given, that counts
 * @param interruptedPerMonth the upper end of the published range: the share of instances that are interrupted in a month,
 *     0 to under 1; the range ">20 %" has no end and stands as 0.25
 * @param source where the figures were read, if it was written down
 */
public record SpotOffer(
        BigDecimal usdPerHour,
        double interruptedPerMonth,
        @Nullable String source) {

    /** Checks the ranges. */
    public SpotOffer {
        usdPerHour = Checks.price("spot.usdPerHour", usdPerHour);
        if (!(interruptedPerMonth >= 0 && interruptedPerMonth < 1)) {
            throw new IllegalArgumentException("spot.interruptedPerMonth is " + interruptedPerMonth
                    + ", but it must be a share of 0 to under 1 (10 % is 0.1)");
        }
    }
}
