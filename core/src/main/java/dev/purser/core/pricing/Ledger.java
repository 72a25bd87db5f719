package dev.purser.core.pricing;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;

/**
 * The exact account of what was used. It counts whole units of what is billed while things happen, and prices them once
 * when asked. An invocation costs a few integer operations and allocates nothing.
 *
 * <p>An account that would overflow throws an {@link ArithmeticException} rather than lose a unit. Not for use by
 * several threads.
 */
public final class Ledger {
    private final PriceBook book;
    private final List<InstanceType> types;
    private final long[] stopped;
    private final long[] billedSeconds;
    private final InstanceBilling instanceBilling;
    private final FunctionPricing functionPricing;
    private long functionMbMillis;
    private long functionRequests;
    private long objectsRead;
    private long objectsWritten;
    private BigInteger storedByteNanos = BigInteger.ZERO;

    /**
     * Opens an empty account.
     *
     * @param book the prices and billing rules
     * @param types the instance types in use; their positions are the indices that {@link #instanceStopped} takes
     */
    public Ledger(PriceBook book, List<InstanceType> types) {
        this.book = book;
        this.types = List.copyOf(types);
        this.stopped = new long[types.size()];
        this.billedSeconds = new long[types.size()];
        this.instanceBilling = book.instanceBilling();
        this.functionPricing = book.function();
    }

    /**
     * An instance was stopped, and its whole running time is billed.
     *
     * @param typeIndex the position of its type in the list given to the constructor
     * @param upNanos how long it was up, in nanoseconds; at least 0
     */
    public void instanceStopped(int typeIndex, long upNanos) {
        billedSeconds[typeIndex] = Math.addExact(billedSeconds[typeIndex], instanceBilling.billedSeconds(upNanos));
        stopped[typeIndex]++;
    }

    /**
     * A function was invoked; prewarming is an invocation too.
     *
     * @param memoryMb its memory setting, in MB; at least 1
     * @param durationNanos how long it ran, in nanoseconds, with its initialisation where that is billed; at least 0
     */
    public void invocation(int memoryMb, long durationNanos) {
        if (memoryMb < 1) {
            throw new IllegalArgumentException("a function cannot have " + memoryMb + " MB of memory");
        }
        functionMbMillis = Math.addExact(
                functionMbMillis, Math.multiplyExact(functionPricing.billedMillis(durationNanos), memoryMb));
        functionRequests++;
    }

    /**
     * Objects were read from the store.
     *
     * @param objects how many; at least 0
     */
    public void objectsRead(long objects) {
        Checks.atLeast("the number of objects read", objects, 0);
        objectsRead = Math.addExact(objectsRead, objects);
    }

    /**
     * Objects were written to the store.
     *
     * @param objects how many; at least 0
     */
    public void objectsWritten(long objects) {
        Checks.atLeast("the number of objects written", objects, 0);
        objectsWritten = Math.addExact(objectsWritten, objects);
    }

    /**
     * Bytes were kept in the store.
     *
     * @param bytes how many; at least 0
     * @param nanos for how long, in nanoseconds; at least 0
     */
    public void stored(long bytes, long nanos) {
        Checks.atLeast("the number of bytes stored", bytes, 0);
        Checks.atLeast("the time of storing", nanos, 0);
        // the product of two longs needs up to 126 bits
        storedByteNanos = storedByteNanos.add(BigInteger.valueOf(bytes).multiply(BigInteger.valueOf(nanos)));
    }

    /**
     * Takes a snapshot of the account.
     *
     * @return what was used so far
     */
    public Usage usage() {
        List<Usage.InstanceSeconds> instances = new ArrayList<>();
        for (int i = 0; i < types.size(); i++) {
            instances.add(new Usage.InstanceSeconds(types.get(i), stopped[i], billedSeconds[i]));
        }
        return new Usage(instances, functionMbMillis, functionRequests, objectsRead, objectsWritten, storedByteNanos);
    }

    /**
     * Prices what was used so far. The account is taken to fall into one month, as far as free and volume tiers go.
     *
     * @return the bill
     */
    public Bill bill() {
        return Pricing.price(usage(), book);
    }
}
