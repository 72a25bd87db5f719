package dev.purser.core.pricing;

import java.math.BigDecimal;
import org.jspecify.annotations.Nullable;

/**
 * A kind of virtual machine that can be rented, with its on-demand price.
 *
 * @param name the provider's name, such as {@code c5.large}
 * @param vcpus virtual processors; at least 1
 * @param memoryMib memory in MiB; at least 1
 * @param usdPerHour the on-demand price of an hour in US dollars; at least 0
 * @param source where the figures were read, if it was written down
 * @param spot what it costs on the spot market; null where it is not sold there
 * @param burst its CPU credits; null where it always runs at full speed
 */
public record InstanceType(
        String name,
        int vcpus,
        long memoryMib,
        BigDecimal usdPerHour,
        @Nullable String source,
        @Nullable SpotOffer spot,
        @Nullable BurstPricing burst) {

    /** Checks the ranges. */
    public InstanceType {
        Checks.notBlank("name", name);
        Checks.atLeast("vcpus", vcpus, 1);
        Checks.atLeast("memoryMib", memoryMib, 1);
        usdPerHour = Checks.price("usdPerHour", usdPerHour);
    }

    /** A type that always runs at full speed and is sold on demand only. */
    public InstanceType(String name, int vcpus, long memoryMib, BigDecimal usdPerHour, @Nullable String source) {
        this(name, vcpus, memoryMib, usdPerHour, source, null, null);
    }

    /**
     * The price of a second, for estimates; bills are priced exactly by {@link Ledger#bill()}.
     *
     * @return US dollars
     */
    public double usdPerSecond() {
        return usdPerHour.doubleValue() / 3600;
    }
}
