package dev.purser.core.engine;

import dev.purser.core.pricing.Market;
import java.math.BigDecimal;

/**
 * What platforms report, checked once for all of them: a report about what does not stand any more is counted and dropped,
 * and what it says of money is taken.
 */
final class Reports implements PlatformEvents {
    private final Engine engine;
    private final RequestTable table;
    private final FleetTable fleets;

    Reports(Engine engine) {
        this.engine = engine;
        table = engine.table;
        fleets = engine.fleets;
    }

    private void dropped(boolean wasNew, Dropped kind) {
        if (!wasNew) {
            engine.metrics.drop(kind);
        }
    }

    @Override
    public void instanceReady(long instance, long billedFromNanos) {
        int row = fleets.row(instance);
        dropped(
                row != FleetTable.NONE && engine.instances.ready(row, billedFromNanos, engine.clock.nanos()),
                Dropped.INSTANCE_READY);
    }

    @Override
    public void instanceStopped(long instance, long billedToNanos) {
        int row = fleets.row(instance);
        dropped(
                row != FleetTable.NONE && engine.instances.stopped(row, billedToNanos, engine.clock.nanos()),
                Dropped.INSTANCE_STOPPED);
    }

    @Override
    public void instanceLost(long instance, Loss loss, long billedToNanos) {
        int row = fleets.row(instance);
        if (row != FleetTable.NONE) {
            engine.instances.lost(row, loss, billedToNanos, engine.clock.nanos());
        }
        dropped(row != FleetTable.NONE, Dropped.INSTANCE_LOST);
    }

    @Override
    public void instanceGone(long instance, long billedToNanos) {
        int row = fleets.row(instance);
        if (row != FleetTable.NONE) {
            engine.instances.gone(row, billedToNanos, engine.clock.nanos());
        }
        dropped(row != FleetTable.NONE, Dropped.INSTANCE_GONE);
    }

    @Override
    public void instanceFound(long instance, int fleet, Found state, long billedFromNanos) {
        if (instance < 0 || fleet < 0 || fleet >= engine.catalog.fleets()) {
            // of another configuration: nothing here can use it
            engine.platform.terminate(instance);
            engine.metrics.drop(Dropped.SENSELESS);
            return;
        }
        boolean isNew = fleets.row(instance) == FleetTable.NONE
                && fleets.find(instance, fleet, state, billedFromNanos, engine.clock.nanos());
        dropped(isNew, Dropped.INSTANCE_FOUND);
    }

    @Override
    public void instanceNotice(long instance, long atNanos) {
        int row = fleets.row(instance);
        dropped(
                row != FleetTable.NONE && engine.instances.notice(row, atNanos, engine.clock.nanos()),
                Dropped.INSTANCE_NOTICE);
    }

    @Override
    public void instanceThrottled(long instance, boolean throttled) {
        int row = fleets.row(instance);
        dropped(row != FleetTable.NONE && engine.instances.throttled(row, throttled), Dropped.INSTANCE_THROTTLED);
    }

    @Override
    public void spotPriceChanged(int type, BigDecimal usdPerHour) {
        boolean sensible = type >= 0
                && type < engine.catalog.instanceTypes()
                && engine.catalog.market(type) == Market.SPOT
                && usdPerHour.signum() >= 0;
        if (sensible) {
            engine.account.spotPrice(type, engine.clock.nanos(), usdPerHour);
        }
        dropped(sensible, Dropped.SENSELESS);
    }

    @Override
    public void attemptEnded(long attempt, Attempt how, boolean cold, long billedNanos) {
        int row = table.row(attempt);
        if (row == RequestTable.NONE) {
            dropped(engine.functions.heard(attempt, how, billedNanos), Dropped.ATTEMPT_ENDED);
        } else if (table.server(row) >= 0) {
            engine.batches.ended(row, how, engine.clock.nanos());
        } else {
            engine.functions.ended(row, how, cold, billedNanos);
        }
    }

    @Override
    public void requestEnded(long attempt, Attempt how) {
        int row = table.row(attempt);
        boolean known = row != RequestTable.NONE && table.server(row) >= 0;
        if (known) {
            engine.batches.requestEnded(row, how, engine.clock.nanos());
        }
        dropped(known, Dropped.REQUEST_ENDED);
    }

    private boolean isPool(int pool) {
        boolean is = pool >= 0 && pool < engine.catalog.pools();
        dropped(is, Dropped.SENSELESS);
        return is;
    }

    @Override
    public void sandboxStarted(int pool) {
        if (isPool(pool)) {
            engine.functions.sandboxStarted(pool);
        }
    }

    @Override
    public void prewarmFinished(int pool, long billedNanos) {
        if (isPool(pool)) {
            engine.account.ran(pool, billedNanos);
        }
    }

    @Override
    public void sandboxReclaimed(int pool) {
        if (isPool(pool)) {
            dropped(engine.functions.sandboxReclaimed(pool), Dropped.SANDBOX_RECLAIMED);
        }
    }

    @Override
    public void timerFired() {
        engine.alarm.fired(engine.clock.nanos());
    }
}
