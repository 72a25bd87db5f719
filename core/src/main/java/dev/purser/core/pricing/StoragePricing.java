package dev.purser.core.pricing;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.math.BigDecimal;
import org.jspecify.annotations.Nullable;

/**
 * How an object store is billed, in Amazon S3's terms, and the volumes of instances that are stopped. One GB is 2^30 bytes here, as in S3's bills.
 *
 * @param usdPerGbMonth the price of keeping one GB for a month, in US dollars
 * @param usdPerThousandPuts the price of a thousand writes, in US dollars
 * @param usdPerThousandGets the price of a thousand reads, in US dollars
 * @param hoursPerMonth how many hours a month is taken to have; S3 counts those of the calendar month, 672 to 744, and
 *     720 is the default
 * @param source where the figures were read, if it was written down
 * @param volume the volumes of instances that are stopped; null where they cost nothing
 */
public record StoragePricing(
        BigDecimal usdPerGbMonth,
        BigDecimal usdPerThousandPuts,
        BigDecimal usdPerThousandGets,
        @JsonProperty(defaultValue = "720") int hoursPerMonth,
        @Nullable String source,
        @Nullable VolumePricing volume) {

    /** Checks the ranges. */
    public StoragePricing {
        usdPerGbMonth = Checks.price("usdPerGbMonth", usdPerGbMonth);
        usdPerThousandPuts = Checks.price("usdPerThousandPuts", usdPerThousandPuts);
        usdPerThousandGets = Checks.price("usdPerThousandGets", usdPerThousandGets);
        Checks.atLeast("hoursPerMonth", hoursPerMonth, 1);
    }

    /** An object store without volumes. */
    public StoragePricing(
            BigDecimal usdPerGbMonth,
            BigDecimal usdPerThousandPuts,
            BigDecimal usdPerThousandGets,
            int hoursPerMonth,
            @Nullable String source) {
        this(usdPerGbMonth, usdPerThousandPuts, usdPerThousandGets, hoursPerMonth, source, null);
    }
}
