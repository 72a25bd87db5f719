package dev.purser.sim;

import dev.purser.core.InputException;
import dev.purser.core.Names;
import dev.purser.core.engine.PlatformEvents;
import dev.purser.core.policy.ServiceCatalog;
import dev.purser.core.pricing.Market;
import dev.purser.core.pricing.SpotOffer;
import dev.purser.core.trace.SpotPrices;
import dev.purser.core.trace.SpotPrices.Change;
import dev.purser.sim.Faults.Interruption;
import dev.purser.sim.Faults.Outage;
import java.math.BigDecimal;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.apache.commons.rng.UniformRandomProvider;
import org.apache.commons.rng.simple.RandomSource;
import org.jspecify.annotations.Nullable;

/**
 * The spot market of one run: prices from a file, interruptions where a price is above the most that is paid, at random as
 * often as published, and on purpose; and the times in which a type cannot be had.
 *
 * <p>The published figure is the share p of the instances that are interrupted in a month, so an instance is taken at a rate
 * of -ln(1 - p) a month. Events that take a share uniform up to s come at that rate over s / 2.
 */
final class Spot {
    private static final double MONTH_NANOS = 730 * 3600e9;

    private final ServiceCatalog catalog;
    private final SpotMarket market;
    private final Faults faults;
    private final UniformRandomProvider chance;
    private final @Nullable List<Change>[] prices;
    /** By type: which of its price changes comes next, and whether the price is above the most that is paid. */
    private final int[] nextChange;

    private final boolean[] tooDear;

    @SuppressWarnings({"unchecked", "rawtypes"}) // an array of lists
    Spot(ServiceCatalog catalog, SimulatorSettings settings, Seeds seeds) {
        this.catalog = catalog;
        market = settings.spot();
        faults = settings.faults();
        chance = RandomSource.XO_RO_SHI_RO_128_PP.create(seeds.of("spot"));
        prices = new List[catalog.instanceTypes()];
        nextChange = new int[prices.length];
        tooDear = new boolean[prices.length];
        String file = market.prices();
        if (file != null && catalog.markets().contains(Market.SPOT)) {
            SpotPrices recorded = SpotPrices.read(Path.of(file));
            for (int t = 0; t < prices.length; t++) {
                if (catalog.market(t) == Market.SPOT) {
                    prices[t] = require(recorded, file, catalog.instanceType(t).name());
                }
            }
        }
        faults.outages().forEach(outage -> requireType("faults.outages", outage.instanceType()));
        faults.interruptions().forEach(interruption -> {
            if (interruption.instanceType() != null) {
                requireType("faults.interruptions", interruption.instanceType());
            }
        });
    }

    private List<Change> require(SpotPrices recorded, String file, String type) {
        List<Change> changes = recorded.of(type);
        if (changes == null || changes.getFirst().at().compareTo(market.from()) > 0) {
            throw new InputException(
                    file,
                    type,
                    changes == null
                            ? "has no price of this instance type"
                            : "its first price is " + changes.getFirst().at().toSeconds()
                                    + " s into the file, after spot.from",
                    "begin later, or leave the type out of the workload's spot.instanceTypes");
        }
        return changes;
    }

    private void requireType(String field, String type) {
        List<String> known = catalog.workload().instanceTypes();
        if (!known.contains(type)) {
            throw new InputException(
                    "simulator settings",
                    field,
                    "there is no instance type '" + type + "' in workload "
                            + catalog.workload().name(),
                    Names.suggest("instance type", known, type));
        }
    }

    /** Tells the first prices, and puts the first events into the queue. */
    void open(SimulatedPlatform platform, PlatformEvents reports) {
        for (int t = 0; t < prices.length; t++) {
            List<Change> changes = prices[t];
            if (changes != null) {
                int first = 0;
                while (first + 1 < changes.size() && changes.get(first + 1).at().compareTo(market.from()) <= 0) {
                    first++;
                }
                nextChange[t] = first;
                priceChanges(t, platform, reports);
            }
            if (eventRate(t) > 0) {
                platform.spotEvent(after(eventRate(t)), false, t);
            }
        }
        for (int i = 0; i < faults.interruptions().size(); i++) {
            Duration at = faults.interruptions().get(i).at();
            platform.spotEvent(at.toNanos(), false, prices.length + i);
        }
    }

    /** How often a type is hit, in events per nanosecond; 0 where each instance is taken by itself. */
    private double eventRate(int type) {
        return market.largestShare() == 0 ? 0 : rate(type) / (market.largestShare() / 2);
    }

    private double rate(int type) {
        SpotOffer offer =
                catalog.market(type) == Market.SPOT ? catalog.instanceType(type).spot() : null;
        return offer == null ? 0 : -Math.log1p(-offer.interruptedPerMonth()) * market.interruptions() / MONTH_NANOS;
    }

    private long after(double rate) {
        double nanos = -Math.log1p(-chance.nextDouble()) / rate;
        return nanos < 1e18 ? Math.max(1, Math.round(nanos)) : Long.MAX_VALUE / 4;
    }

    /** How long an instance lives from its launch on, where each is taken by itself. */
    long takenAfter(int type) {
        return market.largestShare() == 0 && rate(type) > 0 ? after(rate(type)) : Long.MAX_VALUE;
    }

    boolean losesNotice() {
        return market.missingNotice() > 0 && chance.nextDouble() < market.missingNotice();
    }

    /** Whether a type cannot be had. */
    boolean isOut(int type, long now) {
        if (tooDear[type]) {
            return true;
        }
        String name = catalog.instanceType(type).name();
        for (Outage outage : faults.outages()) {
            long from = outage.from().toNanos();
            if (outage.instanceType().equals(name)
                    && now >= from
                    && now - from < outage.duration().toNanos()) {
                return true;
            }
        }
        return false;
    }

    /** A type's price changes now. */
    void priceChanges(int type, SimulatedPlatform platform, PlatformEvents reports) {
        List<Change> changes = prices[type];
        if (changes == null) {
            return;
        }
        BigDecimal price = changes.get(nextChange[type]++).usdPerHour();
        if (nextChange[type] < changes.size()) {
            Duration at = changes.get(nextChange[type]).at().minus(market.from());
            platform.spotEvent(at.toNanos(), true, type);
        }
        tooDear[type] = price.doubleValue() > catalog.maxUsdPerHour(type);
        reports.spotPriceChanged(type, price);
        if (tooDear[type]) {
            for (int instance : platform.instancesOf(type)) {
                platform.interrupt(instance);
            }
        }
    }

    /** A type is hit at random, or something happens on purpose: those are numbered after the types. */
    void happens(int number, SimulatedPlatform platform) {
        if (number >= prices.length) {
            happens(faults.interruptions().get(number - prices.length), platform);
            return;
        }
        platform.spotEvent(platform.nanos() + after(eventRate(number)), false, number);
        double share = chance.nextDouble() * market.largestShare();
        for (int instance : platform.instancesOf(number)) {
            if (chance.nextDouble() < share) {
                platform.interrupt(instance);
            }
        }
    }

    private void happens(Interruption interruption, SimulatedPlatform platform) {
        for (int t = 0; t < prices.length; t++) {
            if (catalog.market(t) == Market.SPOT
                    && (interruption.instanceType() == null
                            || interruption
                                    .instanceType()
                                    .equals(catalog.instanceType(t).name()))) {
                int[] instances = platform.instancesOf(t);
                long taken = Math.round(interruption.share() * instances.length);
                for (int i = 0; i < taken; i++) {
                    platform.interrupt(instances[i]);
                }
            }
        }
    }
}
