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
 */
public record InstanceType(
        String name,
        int vcpus,
        long memoryMib,
        BigDecimal usdPerHour,
        @Nullable String source) {

    /** Checks the ranges. */
    public InstanceType {
        Checks.notBlank("name", name);
        Checks.atLeast("vcpus", vcpus, 1);
        Checks.atLeast("memoryMib", memoryMib, 1);
        usdPerHour = Checks.price("usdPerHour", usdPerHour);
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
