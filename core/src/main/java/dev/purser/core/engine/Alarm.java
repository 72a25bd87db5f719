package dev.purser.core.engine;

import dev.purser.core.policy.ProvisioningView.Trigger;

/** The controller's one timer, and what is due at it. */
final class Alarm {
    static final long NEVER = Long.MAX_VALUE;

    private final Engine engine;
    private final long intervalNanos;
    private long timer = NEVER;
    private long intervalEnd = NEVER;

    Alarm(Engine engine) {
        this.engine = engine;
        intervalNanos = engine.settings.controlInterval().toNanos();
    }

    /** The first interval begins. */
    void start(long now) {
        intervalEnd = now + intervalNanos;
        at(intervalEnd);
    }

    /** Asks the platform for the earliest time at which there is something to do. */
    void at(long nanos) {
        if (nanos < timer) {
            timer = nanos;
            engine.platform.setTimer(nanos);
        }
    }

    void fired(long now) {
        timer = NEVER;
        try {
            engine.batches.waitIsOver(now);
            engine.instances.leaveInTime(now);
            if (intervalEnd <= now) {
                intervalEnd = now + intervalNanos;
                endInterval(now);
            }
        } finally {
            // whatever went wrong, time goes on
            at(Math.min(Math.min(intervalEnd, engine.instances.nextLeaving()), engine.batches.next()));
        }
    }

    private void endInterval(long now) {
        engine.requests.refuseOld(now);
        engine.instances.endHung(now);
        engine.functions.endHung(now);
        engine.functions.retry();
        record();
        engine.fleets.endInterval(now);
        engine.requests.endInterval();
        engine.functions.newInterval();
        engine.instances.tellAgain(now);
        engine.instances.giveUpLaunches(now);
        engine.planning.plan(Trigger.INTERVAL);
        engine.functions.manageAll();
    }

    private void record() {
        int ready = 0;
        int pending = 0;
        for (int f = 0; f < engine.catalog.fleets(); f++) {
            ready += engine.fleets.readyInstances(f);
            pending += engine.fleets.pendingInstances(f);
        }
        int queued = 0;
        for (int v = 0; v < engine.catalog.variants(); v++) {
            queued += engine.table.waitingForVariant(v);
        }
        engine.metrics.endInterval(ready, pending, queued);
    }
}
