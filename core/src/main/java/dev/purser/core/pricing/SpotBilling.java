package dev.purser.core.pricing;

import dev.purser.core.policy.StateExchange;
import dev.purser.core.policy.Stateful;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;

/**
 * How a spot instance is billed: by the second, each hour of its life at the price that held when the hour began; and
 * not at all where the provider takes it back within its first hour (docs.aws.amazon.com, "Billing for interrupted Spot
 * Instances").
 */
final class SpotBilling implements Stateful {
    private static final long HOUR = 3600L * 1_000_000_000L;

    private final NavigableMap<Long, BigDecimal> prices = new TreeMap<>();
    private final NavigableMap<BigDecimal, Long> seconds = new TreeMap<>();

    SpotBilling(BigDecimal price) {
        prices.put(Long.MIN_VALUE, price);
    }

    SpotBilling(SpotBilling other) {
        prices.putAll(other.prices);
        seconds.putAll(other.seconds);
    }

    /** What was billed, and the price now: the clock of whoever restores is another. */
    @Override
    public void exchange(StateExchange state) {
        BigDecimal now = state.decimal("usdPerHour", prices.lastEntry().getValue());
        List<Map.Entry<BigDecimal, Long>> entries = new ArrayList<>(seconds.entrySet());
        int size = state.whole("prices", entries.size(), 0, Integer.MAX_VALUE);
        for (int i = 0; i < size; i++) {
            boolean known = i < entries.size();
            BigDecimal price = state.decimal("price" + i, known ? entries.get(i).getKey() : BigDecimal.ZERO);
            long billed = state.whole("seconds" + i, known ? entries.get(i).getValue() : 0, Long.MAX_VALUE);
            if (state.restoring()) {
                seconds.put(price, billed);
            }
        }
        if (state.restoring()) {
            prices.clear();
            prices.put(Long.MIN_VALUE, now);
        }
    }

    /** From a time on the price is another. */
    void price(long atNanos, BigDecimal usdPerHour) {
        prices.put(atNanos, usdPerHour);
    }

    /** An instance that ran from one time to another. */
    void stopped(long fromNanos, long toNanos, boolean interrupted, InstanceBilling billing) {
        if (interrupted && toNanos - fromNanos < HOUR) {
            return;
        }
        long left = billing.billedSeconds(toNanos - fromNanos);
        for (long hour = fromNanos; left > 0; hour += HOUR) {
            long billed = Math.min(left, 3600);
            seconds.merge(prices.floorEntry(hour).getValue(), billed, Math::addExact);
            left -= billed;
        }
    }

    /** Billed seconds at each price. */
    List<Usage.SpotSeconds> usage(InstanceType type) {
        List<Usage.SpotSeconds> usage = new ArrayList<>();
        for (Map.Entry<BigDecimal, Long> entry : seconds.entrySet()) {
            usage.add(new Usage.SpotSeconds(type, entry.getKey(), entry.getValue()));
        }
        return usage;
    }
}
