package dev.purser.core.pricing;

import java.math.BigInteger;
import java.util.List;

/**
 * What was used, in the whole units that are billed.
 *
 * @param instances the billed time of each instance type, in the ledger's order
 * @param functionMbMillis billed milliseconds times MB of memory, over all invocations
 * @param functionRequests invocations
 * @param objectsRead objects read from the store
 * @param objectsWritten objects written to the store
 * @param storedByteNanos bytes kept in the store times nanoseconds kept
 */
public record Usage(
        List<InstanceSeconds> instances,
        long functionMbMillis,
        long functionRequests,
        long objectsRead,
        long objectsWritten,
        BigInteger storedByteNanos) {

    /**
     * The billed time of one instance type.
     *
     * @param type the type
     * @param stopped how many instances of it were stopped
     * @param billedSeconds their billed seconds
     */
    public record InstanceSeconds(InstanceType type, long stopped, long billedSeconds) {}

    /** Copies the list. */
    public Usage {
        instances = List.copyOf(instances);
    }
}
