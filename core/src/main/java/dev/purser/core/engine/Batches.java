package dev.purser.core.engine;

import dev.purser.core.policy.Batching;
import java.util.Arrays;

/** Gives the free slots of instances to the requests that wait, one by one or in batches. */
final class Batches {
    private final Engine engine;
    private final RequestTable table;
    private final FleetTable fleets;
    /** By variant: whether some fleet serves it in batches. */
    private final boolean[] batched;
    /** By fleet: the time until which a free slot waits for a batch to fill; {@link Alarm#NEVER} where none does. */
    private final long[] until;

    Batches(Engine engine) {
        this.engine = engine;
        table = engine.table;
        fleets = engine.fleets;
        batched = new boolean[engine.catalog.variants()];
        for (int f = 0; f < engine.catalog.fleets(); f++) {
            batched[engine.catalog.variantOfFleet(f)] |= engine.catalog.maxBatch(f) > 1;
        }
        until = new long[engine.catalog.fleets()];
        Arrays.fill(until, Alarm.NEVER);
    }

    /** Serves a request now on a fleet; where it has no free slot, or fills batches, the request joins the queue. */
    void serveNow(int row, int variant, int fleet, long now) {
        int instance = fleets.busiestWithFreeSlot(fleet);
        if (instance == FleetTable.NONE || batched[variant]) {
            queue(row, variant, fleet, now);
        } else {
            table.startBatch(row);
            execute(row, 1, instance, now);
        }
    }

    /** Waits for one fleet; for all of the variant where that has no instance. */
    void queueFor(int row, int variant, int fleet, long now) {
        if (fleets.readyInstances(fleet) == 0) {
            queue(row, variant, fleet, now);
        } else {
            table.enqueueForFleet(row, fleet);
            serve(fleet, now);
        }
    }

    /**
     * Waits for a slot of any fleet of the variant; where one is free now, nothing else would come to end the wait.
     *
     * @param preferred the fleet that is looked at first
     */
    void queue(int row, int variant, int preferred, long now) {
        table.enqueue(row);
        int types = engine.catalog.instanceTypes();
        if (types > 0) {
            serve(preferred, now);
        }
        for (int t = 0; t < types && table.waitingForVariant(variant) > 0; t++) {
            if (engine.catalog.fleet(variant, t) != preferred) {
                serve(engine.catalog.fleet(variant, t), now);
            }
        }
    }

    /** Gives a fleet's free slots to the requests that wait for its variant. */
    void serve(int fleet, long now) {
        until[fleet] = Alarm.NEVER;
        while (table.servable(fleet) > 0) {
            int instance = fleets.busiestWithFreeSlot(fleet);
            if (instance == FleetTable.NONE) {
                return;
            }
            int size = engine.catalog.maxBatch(fleet) == 1 ? 1 : size(fleet, now);
            if (size == 0) {
                return;
            }
            int first = table.dequeue(fleet, engine.policies.queueOrder());
            table.startBatch(first);
            int last = first;
            for (int i = 1; i < size; i++) {
                int row = table.dequeue(fleet, engine.policies.queueOrder());
                table.joinBatch(last, row);
                last = row;
            }
            execute(first, size, instance, now);
        }
    }

    void serveAll(long now) {
        for (int f = 0; f < until.length; f++) {
            serve(f, now);
        }
    }

    /** Requests that wait for a fleet without instances would wait for ever. */
    void releaseWithoutInstance(int fleet, long now) {
        if (fleets.readyInstances(fleet) == 0 && table.waitingForFleet(fleet) > 0) {
            table.release(fleet);
            int variant = engine.catalog.variantOfFleet(fleet);
            for (int t = 0; t < engine.catalog.instanceTypes(); t++) {
                serve(engine.catalog.fleet(variant, t), now);
            }
        }
    }

    /** How many of the requests that wait are served together now; 0 where more are waited for. */
    private int size(int fleet, long now) {
        Batching decision = engine.policies.batch(engine.view.ofFleet(fleet));
        int enough = Math.min(decision.size(), engine.catalog.maxBatch(fleet));
        int queued = table.servable(fleet);
        if (queued < enough && now < decision.untilNanos()) {
            until[fleet] = decision.untilNanos();
            engine.alarm.at(decision.untilNanos());
            return 0;
        }
        return Math.min(queued, enough);
    }

    /** Serves a batch; its requests are linked. */
    private void execute(int first, int size, int instance, long now) {
        fleets.occupy(instance, now);
        engine.metrics.batchStarted(size);
        long attempt = table.newAttempt();
        for (int row = first; row != RequestTable.NONE; row = table.nextInBatch(row)) {
            table.begin(row, attempt, instance, now);
            engine.metrics.instanceStarts(now - table.arrival(row));
        }
        engine.platform.execute(Ticket.of(attempt, first), size, fleets.ticket(instance));
    }

    /** What is left of a batch ended on an instance. */
    void ended(int anyRow, Attempt how, long now) {
        int instance = table.server(anyRow);
        int row = table.firstInBatch(anyRow);
        while (row != RequestTable.NONE) {
            int following = table.nextInBatch(row);
            end(row, how, now);
            row = following;
        }
        freeSlot(instance, now);
    }

    /** One request of a batch ended. */
    void requestEnded(int row, Attempt how, long now) {
        int instance = table.server(row);
        boolean alone = table.leaveBatch(row);
        end(row, how, now);
        if (alone) {
            freeSlot(instance, now);
        }
    }

    private void end(int row, Attempt how, long now) {
        switch (how) {
            case ANSWERED -> engine.requests.answered(row, now, false);
            case FAILED -> engine.requests.end(row, Outcome.FAILED);
            case LOST -> again(row, true);
            case THROTTLED -> again(row, false);
        }
    }

    /** A request that is not served any more waits again, unless it has lost too much. */
    void again(int row, boolean counts) {
        if (counts && table.lose(row) >= engine.settings.maxLosses()) {
            engine.requests.end(row, Outcome.FAILED);
            return;
        }
        table.interrupt(row);
        table.enqueueByArrival(row);
    }

    /** A batch ended on an instance: another takes its slot, or the last one of a draining instance has left it. */
    private void freeSlot(int instance, long now) {
        fleets.release(instance, now);
        if (fleets.isDraining(instance)) {
            if (fleets.busySlots(instance) == 0) {
                engine.instances.giveUp(instance, now);
            }
        } else if (fleets.isReady(instance)) {
            serve(fleets.fleet(instance), now);
        }
    }

    /** Serves fleets whose slots have waited long enough for a batch to fill. */
    void waitIsOver(long now) {
        for (int fleet = 0; fleet < until.length; fleet++) {
            if (until[fleet] <= now) {
                serve(fleet, now);
            }
        }
    }

    /** When the next wait for a batch to fill is over. */
    long next() {
        long next = Alarm.NEVER;
        for (long of : until) {
            next = Math.min(next, of);
        }
        return next;
    }
}
