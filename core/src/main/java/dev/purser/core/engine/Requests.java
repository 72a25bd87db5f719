package dev.purser.core.engine;

import dev.purser.core.policy.Dispatch;
import dev.purser.core.policy.Ensemble;
import dev.purser.core.policy.Selection;
import dev.purser.core.policy.ServiceCatalog;
import org.jspecify.annotations.Nullable;

/** The way of a request: it arrives, a variant and a place are decided for it, and it ends, once. */
final class Requests {
    /** How often a selector is asked at the start, to learn how it would share out the load. */
    private static final int START_SAMPLES = 64;

    private final Engine engine;
    private final ServiceCatalog catalog;
    private final RequestTable table;
    private final RequestTable.Cursor cursor;
    private final long[] arrivals;
    private final double[] intervalArrivals;
    /** By variant: requests that ended in this interval, and in the last; and those that broke their promise. */
    private final long[] ended;

    private final long[] intervalEnded;
    private final long[] violations;
    private final long[] intervalViolations;
    private long number;

    Requests(Engine engine) {
        this.engine = engine;
        catalog = engine.catalog;
        table = engine.table;
        cursor = table.new Cursor();
        arrivals = new long[catalog.variants()];
        intervalArrivals = new double[catalog.variants()];
        ended = new long[catalog.variants()];
        intervalEnded = new long[catalog.variants()];
        violations = new long[catalog.variants()];
        intervalViolations = new long[catalog.variants()];
    }

    /** The operator's estimate shared out: to the named variant, or as the selector would choose. */
    void estimateArrivals(long now) {
        double perInterval = engine.settings.initialRate()
                * engine.settings.controlInterval().toNanos()
                / 1e9;
        for (int c = 0; c < catalog.requestClasses(); c++) {
            double ofClass = perInterval * catalog.share(c);
            int named = catalog.namedVariant(c);
            if (named >= 0) {
                intervalArrivals[named] += ofClass;
            } else {
                sample(c, ofClass, now);
            }
        }
    }

    private void sample(int requestClass, double ofClass, long now) {
        int row = table.add(0, now, requestClass);
        for (int i = 0; i < START_SAMPLES; i++) {
            Selection selection = engine.policies.select(cursor.at(row), engine.view);
            Ensemble ensemble = selection.ensemble();
            if (ensemble != null) {
                for (int member = 0; member < ensemble.size(); member++) {
                    intervalArrivals[ensemble.variant(member)] += ofClass / START_SAMPLES;
                }
            } else if (selection.variant() != Selection.NONE) {
                intervalArrivals[selection.variant()] += ofClass / START_SAMPLES;
            }
        }
        table.remove(row);
    }

    int arrived(int requestClass, long arrivalNanos, long now) {
        int row = table.add(number++, arrivalNanos, requestClass);
        engine.metrics.requestArrived(requestClass);
        engine.listener.arrived(row);
        int variant = catalog.namedVariant(requestClass);
        Selection selection = null;
        if (variant < 0) {
            selection = engine.policies.select(cursor.at(row), engine.view);
            variant = selection.variant();
            if (variant == Selection.NONE) {
                engine.log.request(now, table.number(row), requestClass, variant, selection, null);
                engine.listener.decided(row, selection, null);
                end(row, Outcome.REFUSED);
                return row;
            }
            Ensemble ensemble = selection.ensemble();
            if (ensemble != null) {
                engine.listener.decided(row, selection, null);
                engine.composites.ask(row, selection, ensemble, now);
                return row;
            }
        }
        Dispatch dispatch = dispatch(row, variant, selection, now);
        engine.listener.decided(row, selection, dispatch);
        send(row, variant, dispatch, now);
        return row;
    }

    /** Decides where a request goes whose variant is known. */
    Dispatch dispatch(int row, int variant, @Nullable Selection selection, long now) {
        table.variant(row, variant);
        arrivals[variant]++;
        Dispatch dispatch = engine.policies.dispatch(cursor.at(row), variant, engine.view);
        engine.log.request(now, table.number(row), table.requestClass(row), variant, selection, dispatch);
        return dispatch;
    }

    void send(int row, int variant, Dispatch dispatch, long now) {
        switch (dispatch) {
            case Dispatch.ToInstance to -> engine.batches.serveNow(row, variant, to.fleet(), now);
            case Dispatch.ToFunction to -> engine.functions.invoke(row, to.function());
            case Dispatch.ToFleet to -> engine.batches.queueFor(row, variant, to.fleet(), now);
            case Dispatch.ToQueue ignored -> engine.batches.queue(row, variant, catalog.fleet(variant, 0), now);
            case Dispatch.Refuse ignored -> end(row, Outcome.REFUSED);
        }
    }

    void answered(int row, long now, boolean byFunction) {
        int variant = table.variant(row);
        long latency = now - table.arrival(row);
        ended[variant]++;
        if (latency > catalog.maxLatencyNanos(table.requestClass(row))) {
            violations[variant]++;
        }
        engine.policies.answered(variant, latency);
        if (table.whole(row) != RequestTable.NONE) {
            engine.composites.partEnded(row, Outcome.ANSWERED, byFunction, now);
            return;
        }
        engine.metrics.requestAnswered(table.requestClass(row), variant, latency, byFunction);
        engine.listener.ended(row, Outcome.ANSWERED, variant);
        table.remove(row);
    }

    /** A request ends without an answer. */
    void end(int row, Outcome outcome) {
        int variant = table.variant(row);
        if (variant != Selection.NONE) {
            ended[variant]++;
            violations[variant]++;
        }
        if (table.whole(row) != RequestTable.NONE) {
            engine.composites.partEnded(row, outcome, false, engine.clock.nanos());
            return;
        }
        if (outcome == Outcome.REFUSED) {
            engine.metrics.requestRefused(table.requestClass(row));
        } else {
            engine.metrics.requestFailed(table.requestClass(row));
        }
        engine.listener.ended(row, outcome, table.variant(row));
        table.remove(row);
    }

    /** Fails a request that waits; false where it is being served. */
    boolean withdraw(int row) {
        if (engine.composites.isAsking(row) || table.isUnderWay(row)) {
            return false;
        }
        if (table.isThrottled(row)) {
            table.removeThrottled(row);
        } else if (table.variant(row) != Selection.NONE) {
            table.withdraw(row);
        }
        end(row, Outcome.FAILED);
        return true;
    }

    /** Fails a request wherever it is; what is under way for it goes on unheard. */
    void abandon(int row) {
        if (withdraw(row) || engine.composites.isAsking(row)) {
            return;
        }
        if (table.server(row) < RequestTable.NONE) {
            engine.functions.abandon(row);
        } else {
            engine.batches.requestEnded(row, Attempt.FAILED, engine.clock.nanos());
        }
    }

    /** Refuses what has waited for too long. */
    void refuseOld(long now) {
        long before = now - engine.settings.requestTimeout().toNanos();
        for (int row = table.dequeueOlderThan(before); row != RequestTable.NONE; row = table.dequeueOlderThan(before)) {
            end(row, Outcome.REFUSED);
        }
    }

    void endInterval() {
        for (int v = 0; v < arrivals.length; v++) {
            intervalArrivals[v] = arrivals[v];
            arrivals[v] = 0;
            intervalEnded[v] = ended[v];
            ended[v] = 0;
            intervalViolations[v] = violations[v];
            violations[v] = 0;
        }
    }

    double arrivals(int variant) {
        return intervalArrivals[variant];
    }

    long ended(int variant) {
        return intervalEnded[variant];
    }

    long violations(int variant) {
        return intervalViolations[variant];
    }

    /** The number of the next request. */
    long number() {
        return number;
    }

    void numberAtLeast(long least) {
        number = Math.max(number, least);
    }
}
