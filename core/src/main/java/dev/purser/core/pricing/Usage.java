package dev.purser.core.pricing;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.List;

/**
 * What was used, in the whole units that are billed.
 *
 * @param instances the billed time of each instance type on demand, in the ledger's order
 * @param spot the billed time of each instance type on the spot market, at each price
 * @param surplus what burstable instances used more than they earned, for each type that did
 * @param functionMbMillis billed milliseconds times MB of memory, over all invocations
 * @param functionRequests invocations
 * @param objectsRead objects read from the store
 * @param objectsWritten objects written to the store
 * @param storedByteNanos bytes kept in the store times nanoseconds kept
 * @param volumeByteNanos bytes of the stopped instances' volumes times nanoseconds kept
 */
public record Usage(
        List<InstanceSeconds> instances,
        List<SpotSeconds> spot,
        List<SurplusCredits> surplus,
        long functionMbMillis,
        long functionRequests,
        long objectsRead,
        long objectsWritten,
        BigInteger storedByteNanos,
        BigInteger volumeByteNanos) {

    /**
     * The billed time of one instance type.
     *
     * @param type the type
     * @param stopped how many instances of it were stopped
     * @param billedSeconds their billed seconds
     */
    public record InstanceSeconds(InstanceType type, long stopped, long billedSeconds) {}

    /**
     * The billed time of one instance type at one spot price.
     *
     * @param type the type
     * @param usdPerHour the price of an hour
     * @param billedSeconds billed seconds at this price
     */
    public record SpotSeconds(InstanceType type, BigDecimal usdPerHour, long billedSeconds) {}

    /**
     * The surplus credits of one burstable type.
     *
     * @param type the type
     * @param vcpuMillis milliseconds of one virtual processor
     */
    public record SurplusCredits(InstanceType type, long vcpuMillis) {}

    /** Copies the lists. */
    public Usage {
        instances = List.copyOf(instances);
        spot = List.copyOf(spot);
        surplus = List.copyOf(surplus);
    }
}
