package dev.purser.core.pricing;

import dev.purser.core.policy.StateExchange;
import dev.purser.core.policy.Stateful;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The exact account of what was used. It counts whole units of what is billed while things happen, and prices them once
 * when asked. An invocation costs a few integer operations and allocates nothing.
 *
 * <p>An account that would overflow throws an {@link ArithmeticException} rather than lose a unit. Not for use by
 * several threads.
 */
public final class Ledger implements Stateful {
    private final PriceBook book;
    private final List<InstanceType> types;
    private final long[] stopped;
    private final long[] billedSeconds;
    private final @Nullable SpotBilling[] spot;
    private final long[] surplusVcpuMillis;
    private final InstanceBilling instanceBilling;
    private final FunctionPricing functionPricing;
    private long functionMbMillis;
    private long functionRequests;
    private long objectsRead;
    private long objectsWritten;
    private BigInteger storedByteNanos = BigInteger.ZERO;
    private BigInteger volumeByteNanos = BigInteger.ZERO;

    /**
     * Opens an empty account for instances on demand.
     *
     * @param book the prices and billing rules
     * @param types the instance types in use; their positions are the indices that {@link #instanceStopped} takes
     */
    public Ledger(PriceBook book, List<InstanceType> types) {
        this(book, types, types.stream().map(type -> Market.ON_DEMAND).toList());
    }

    /**
     * Opens an empty account.
     *
     * @param book the prices and billing rules
     * @param types the instance types in use; their positions are the indices that the methods take
     * @param markets how those of each position are bought; a type may stand at two positions
     * @throws IllegalArgumentException if a type is to be bought on the spot market and is not sold there
     */
    public Ledger(PriceBook book, List<InstanceType> types, List<Market> markets) {
        this.book = book;
        this.types = List.copyOf(types);
        spot = new SpotBilling[types.size()];
        surplusVcpuMillis = new long[types.size()];
        for (int i = 0; i < spot.length; i++) {
            if (markets.get(i) == Market.SPOT) {
                SpotOffer offer = types.get(i).spot();
                if (offer == null) {
                    throw new IllegalArgumentException(types.get(i).name() + " is not sold on the spot market");
                }
                spot[i] = new SpotBilling(offer.usdPerHour());
            }
        }
        this.stopped = new long[types.size()];
        this.billedSeconds = new long[types.size()];
        this.instanceBilling = book.instanceBilling();
        this.functionPricing = book.function();
    }

    private Ledger(Ledger other) {
        book = other.book;
        types = other.types;
        stopped = other.stopped.clone();
        billedSeconds = other.billedSeconds.clone();
        spot = new SpotBilling[other.spot.length];
        for (int i = 0; i < spot.length; i++) {
            SpotBilling billing = other.spot[i];
            spot[i] = billing == null ? null : new SpotBilling(billing);
        }
        surplusVcpuMillis = other.surplusVcpuMillis.clone();
        instanceBilling = other.instanceBilling;
        functionPricing = other.functionPricing;
        functionMbMillis = other.functionMbMillis;
        functionRequests = other.functionRequests;
        objectsRead = other.objectsRead;
        objectsWritten = other.objectsWritten;
        storedByteNanos = other.storedByteNanos;
        volumeByteNanos = other.volumeByteNanos;
    }

    /** An account of its own that goes on from here. */
    public Ledger copy() {
        return new Ledger(this);
    }

    @Override
    public void exchange(StateExchange state) {
        state.same("priceBook", book.name());
        state.same("types", types.stream().map(InstanceType::name).toList().toString());
        state.wholes("stopped", stopped);
        state.wholes("billedSeconds", billedSeconds);
        state.wholes("surplusVcpuMillis", surplusVcpuMillis);
        for (int i = 0; i < spot.length; i++) {
            SpotBilling billing = spot[i];
            if (billing != null) {
                state.part("spot" + i, billing);
            }
        }
        functionMbMillis = state.whole("functionMbMillis", functionMbMillis, Long.MAX_VALUE);
        functionRequests = state.whole("functionRequests", functionRequests, Long.MAX_VALUE);
        objectsRead = state.whole("objectsRead", objectsRead, Long.MAX_VALUE);
        objectsWritten = state.whole("objectsWritten", objectsWritten, Long.MAX_VALUE);
        storedByteNanos = state.integer("storedByteNanos", storedByteNanos);
        volumeByteNanos = state.integer("volumeByteNanos", volumeByteNanos);
    }

    /**
     * An instance on demand was stopped, and its whole running time is billed.
     *
     * @param typeIndex the position of its type in the list given to the constructor
     * @param upNanos how long it was up, in nanoseconds; at least 0
     */
    public void instanceStopped(int typeIndex, long upNanos) {
        billedSeconds[typeIndex] = Math.addExact(billedSeconds[typeIndex], instanceBilling.billedSeconds(upNanos));
        stopped[typeIndex]++;
    }

    /**
     * The spot price of a type changed.
     *
     * @param typeIndex the position of the type, bought on the spot market
     * @param atNanos since when it holds; not before the last change
     * @param usdPerHour the price of an hour in US dollars
     */
    public void spotPrice(int typeIndex, long atNanos, BigDecimal usdPerHour) {
        spot(typeIndex).price(atNanos, Checks.price("the spot price", usdPerHour));
    }

    /**
     * A spot instance was stopped: each hour of its time is billed at the price with which the hour began, and none of it
     * where it was interrupted in its first hour.
     *
     * @param typeIndex the position of its type, bought on the spot market
     * @param fromNanos when it was launched, on the clock of {@link #spotPrice}
     * @param toNanos when it stopped; not before
     * @param interrupted whether the provider took it back
     */
    public void spotStopped(int typeIndex, long fromNanos, long toNanos, boolean interrupted) {
        spot(typeIndex).stopped(fromNanos, toNanos, interrupted, instanceBilling);
        stopped[typeIndex]++;
    }

    private SpotBilling spot(int typeIndex) {
        SpotBilling billing = spot[typeIndex];
        if (billing == null) {
            throw new IllegalArgumentException(types.get(typeIndex).name() + " was not bought on the spot market");
        }
        return billing;
    }

    /**
     * A burstable instance used more than it earned, and the surplus is billed.
     *
     * @param typeIndex the position of its type, which is burstable
     * @param vcpuMillis milliseconds of one virtual processor; at least 0
     */
    public void surplusCredits(int typeIndex, long vcpuMillis) {
        Checks.atLeast("the surplus", vcpuMillis, 0);
        surplusVcpuMillis[typeIndex] = Math.addExact(surplusVcpuMillis[typeIndex], vcpuMillis);
    }

    /**
     * The volume of a stopped instance was kept.
     *
     * @param nanos for how long, in nanoseconds; at least 0
     */
    public void volumeKept(long nanos) {
        Checks.atLeast("the time of keeping", nanos, 0);
        VolumePricing volume = book.storage().volume();
        if (volume != null) {
            volumeByteNanos = volumeByteNanos.add(
                    BigInteger.valueOf((long) volume.gbPerInstance() << 30).multiply(BigInteger.valueOf(nanos)));
        }
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
        List<Usage.SpotSeconds> onSpot = new ArrayList<>();
        List<Usage.SurplusCredits> surplus = new ArrayList<>();
        for (int i = 0; i < types.size(); i++) {
            SpotBilling billing = spot[i];
            if (billing == null) {
                instances.add(new Usage.InstanceSeconds(types.get(i), stopped[i], billedSeconds[i]));
            } else {
                onSpot.addAll(billing.usage(types.get(i)));
            }
            if (surplusVcpuMillis[i] > 0) {
                surplus.add(new Usage.SurplusCredits(types.get(i), surplusVcpuMillis[i]));
            }
        }
        return new Usage(
                instances,
                onSpot,
                surplus,
                functionMbMillis,
                functionRequests,
                objectsRead,
                objectsWritten,
                storedByteNanos,
                volumeByteNanos);
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
