package dev.purser.core.engine;

import dev.purser.core.policy.ServiceCatalog;
import dev.purser.core.policy.StateExchange;
import dev.purser.core.policy.Stateful;
import dev.purser.core.pricing.Bill;
import dev.purser.core.pricing.Ledger;
import dev.purser.core.pricing.Market;
import dev.purser.core.pricing.Usage;
import java.math.BigDecimal;

/** What things cost: the only caller of the ledger. */
final class Account implements Stateful {
    private final Engine engine;
    private final ServiceCatalog catalog;
    private final Ledger ledger;
    /** By instance type: its price now. */
    private final double[] usdPerSecond;

    Account(Engine engine) {
        this.engine = engine;
        catalog = engine.catalog;
        ledger = new Ledger(catalog.priceBook(), catalog.instanceTypeList(), catalog.markets());
        usdPerSecond = new double[catalog.instanceTypes()];
        for (int t = 0; t < usdPerSecond.length; t++) {
            usdPerSecond[t] = catalog.usdPerSecond(t);
        }
    }

    double usdPerSecond(int type) {
        return usdPerSecond[type];
    }

    /** What the instances that exist cost an hour, the ending ones not counted. */
    double usdPerHour() {
        double usd = 0;
        for (int f = 0; f < catalog.fleets(); f++) {
            usd += engine.fleets.alive(f) * usdPerSecond[catalog.typeOfFleet(f)] * 3600;
        }
        return usd;
    }

    void spotPrice(int type, long now, BigDecimal usdPerHour) {
        ledger.spotPrice(type, now, usdPerHour);
        usdPerSecond[type] = usdPerHour.doubleValue() / 3600;
    }

    /** An instance loads its model. */
    void launched() {
        ledger.objectsRead(1);
    }

    /** A sandbox loads its model. */
    void sandboxStarted() {
        ledger.objectsRead(1);
    }

    /** Pays an instance's time as it was, running or stopped, until it changed or ended. */
    void pay(int instance, long billedTo, boolean interrupted) {
        long since = engine.fleets.since(instance);
        long to = Math.max(since, billedTo);
        pay(ledger, instance, to, interrupted);
        if (engine.fleets.isStopped(instance)) {
            return;
        }
        int type = catalog.typeOfFleet(engine.fleets.fleet(instance));
        if (catalog.burst(type) != null) {
            ledger.surplusCredits(type, Math.max(0, engine.platform.surplusVcpuMillis(engine.fleets.ticket(instance))));
        }
        engine.metrics.instanceStopped(to - since);
    }

    private void pay(Ledger into, int instance, long to, boolean interrupted) {
        long since = engine.fleets.since(instance);
        int type = catalog.typeOfFleet(engine.fleets.fleet(instance));
        if (engine.fleets.isStopped(instance)) {
            into.volumeKept(to - since);
        } else if (catalog.market(type) == Market.SPOT) {
            into.spotStopped(type, since, to, interrupted);
        } else {
            into.instanceStopped(type, to - since);
        }
    }

    /** Pays what ran in a sandbox of a pool. */
    void ran(int pool, long billedNanos) {
        int function = catalog.functionOfPool(pool);
        ledger.invocation(catalog.memoryOfPart(function, catalog.partOfPool(pool)), Math.max(0, billedNanos));
    }

    /** A part of a chain took what the part before it left, and left something for the next. */
    void handedOver(int pool) {
        int function = catalog.functionOfPool(pool);
        int part = catalog.partOfPool(pool);
        if (part > 0) {
            ledger.objectsRead(1);
        }
        if (part < catalog.parts(function) - 1) {
            ledger.objectsWritten(1);
            ledger.stored(catalog.partOutBytes(function, part), ServiceCatalog.HAND_OVER_NANOS);
        }
    }

    /** The models were stored until now. */
    void stored(long now) {
        for (int v = 0; v < catalog.variants(); v++) {
            ledger.stored(catalog.sizeBytes(v), now);
        }
    }

    /** What has accrued until now, with what every instance that exists would be paid if it ended now. */
    Bill accrued(long now) {
        Ledger until = ledger.copy();
        for (int instance = 0; instance < engine.fleets.rows(); instance++) {
            if (engine.fleets.exists(instance)) {
                pay(until, instance, Math.max(engine.fleets.since(instance), now), false);
            }
        }
        for (int v = 0; v < catalog.variants(); v++) {
            until.stored(catalog.sizeBytes(v), now);
        }
        return until.bill();
    }

    Usage usage() {
        return ledger.usage();
    }

    Bill bill() {
        return ledger.bill();
    }

    Ledger ledger() {
        return ledger;
    }

    @Override
    public void exchange(StateExchange state) {
        ledger.exchange(state);
    }
}
