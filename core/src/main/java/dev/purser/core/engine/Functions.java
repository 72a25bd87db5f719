package dev.purser.core.engine;

import dev.purser.core.policy.KeepAlive;
import dev.purser.core.policy.ServiceCatalog;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Invocations: a request goes to the pool of its function, or from pool to pool where the function is a chain, until the
 * last has answered. What there is no room for waits in the order of arrival. Sandboxes are kept as the cold-start manager
 * says.
 */
final class Functions {
    /** So many attempts that were given up are remembered, so that they are paid for when they are heard of. */
    private static final int MOST_UNHEARD = 65_536;

    private final Engine engine;
    private final ServiceCatalog catalog;
    private final RequestTable table;
    private final int[] running;
    private final long[] invocations;
    private final boolean[] used;
    private final long[] idleNanos;
    /** By pool. */
    private final int[] sandboxes;
    /** The pools of attempts that were given up, by ticket. */
    private final Map<Long, Integer> unheard = new LinkedHashMap<>();

    private int outstanding;
    private int freed;
    /** What was begun in this interval costs in sandboxes, as profiled. */
    private double usdInInterval;

    Functions(Engine engine) {
        this.engine = engine;
        catalog = engine.catalog;
        table = engine.table;
        running = new int[catalog.functions()];
        invocations = new long[catalog.functions()];
        used = new boolean[catalog.functions()];
        idleNanos = new long[catalog.functions()];
        Arrays.fill(idleNanos, -1);
        sandboxes = new int[catalog.pools()];
    }

    void invoke(int row, int function) {
        if (!used[function]) {
            used[function] = true;
            manage(function);
        }
        invocations[function]++;
        call(row, catalog.pool(function));
    }

    /** Begins an attempt in a pool, where the ceilings allow it; else the request waits. */
    private void call(int row, int pool) {
        if (outstanding >= engine.settings.maxConcurrency() || !isAffordable(pool)) {
            table.wants(row, -2 - pool);
            engine.metrics.invocationThrottled();
            table.throttle(row);
            return;
        }
        running[catalog.functionOfPool(pool)]++;
        outstanding++;
        attempt(row, pool);
    }

    private boolean isAffordable(int pool) {
        double most = engine.settings.maxUsdPerHour();
        if (most == Double.POSITIVE_INFINITY || catalog.partOfPool(pool) > 0) {
            return true;
        }
        double usd = catalog.functionUsd(catalog.functionOfPool(pool));
        double left = (most - engine.account.usdPerHour())
                * engine.settings.controlInterval().toNanos()
                / 3.6e12;
        if (usdInInterval + usd > left) {
            engine.planning.functionsTooDear();
            return false;
        }
        usdInInterval += usd;
        return true;
    }

    private void attempt(int row, int pool) {
        // pools are told apart from instances by being negative, so that a lost instance finds its requests
        table.begin(row, table.newAttempt(), -2 - pool, engine.clock.nanos());
        engine.platform.invoke(table.ticket(row), pool);
    }

    private int pool(int row) {
        return -2 - table.server(row);
    }

    /** An attempt in a sandbox ended. */
    void ended(int row, Attempt how, boolean cold, long billedNanos) {
        int pool = pool(row);
        int function = catalog.functionOfPool(pool);
        if (how == Attempt.THROTTLED) {
            throttled(row, function);
            return;
        }
        if (billedNanos >= 0) {
            engine.account.ran(pool, billedNanos);
        }
        if (cold) {
            table.waitedCold(row);
        }
        switch (how) {
            case ANSWERED -> answered(row, pool, function);
            case FAILED -> {
                engine.requests.end(row, Outcome.FAILED);
                freed(function);
            }
            default -> lost(row, pool, function);
        }
    }

    private void answered(int row, int pool, int function) {
        if (catalog.isChain(function)) {
            engine.account.handedOver(pool);
            if (catalog.partOfPool(pool) < catalog.parts(function) - 1) {
                // the invocation goes on: it keeps its place under the account's limit
                attempt(row, pool + 1);
                return;
            }
        }
        if (table.isCold(row)) {
            engine.metrics.coldStart();
        }
        engine.requests.answered(row, engine.clock.nanos(), true);
        freed(function);
    }

    private void lost(int row, int pool, int function) {
        engine.metrics.attemptLost();
        if (table.lose(row) < engine.settings.maxLosses()) {
            attempt(row, pool);
        } else {
            engine.requests.end(row, Outcome.FAILED);
            freed(function);
        }
    }

    private void throttled(int row, int function) {
        running[function]--;
        outstanding--;
        engine.metrics.invocationThrottled();
        table.throttle(row);
        if (freed > 0) {
            freed--;
            retryOne();
        }
    }

    /** An invocation ended: one that waits goes. */
    private void freed(int function) {
        running[function]--;
        outstanding--;
        if (!retryOne()) {
            // of those under way some may have been throttled before this one ended, and not be known yet
            freed = Math.min(freed + 1, outstanding);
        }
    }

    private boolean retryOne() {
        int waiting = table.nextThrottled();
        if (waiting == RequestTable.NONE) {
            return false;
        }
        call(waiting, pool(waiting));
        return true;
    }

    /** Where nothing is under way, no end of an invocation will wake those that wait. */
    void retry() {
        if (outstanding == 0) {
            retryOne();
        }
    }

    /** Those that the dollars of the last interval did not reach for may go. */
    void newInterval() {
        boolean heldBack = usdInInterval > 0 && engine.settings.maxUsdPerHour() < Double.POSITIVE_INFINITY;
        usdInInterval = 0;
        for (int tries = heldBack ? table.throttled() : 0; tries > 0; tries--) {
            retryOne();
        }
    }

    /** Gives a request up that is being served; what was begun is paid for when it is heard of. */
    void abandon(int row) {
        int function = catalog.functionOfPool(pool(row));
        forget(row);
        engine.requests.end(row, Outcome.FAILED);
        freed(function);
    }

    private void forget(int row) {
        if (unheard.size() == MOST_UNHEARD) {
            unheard.remove(unheard.keySet().iterator().next());
        }
        unheard.put(table.ticket(row), pool(row));
    }

    /** Whether an attempt that was given up is heard of, which pays for it. */
    boolean heard(long ticket, Attempt how, long billedNanos) {
        Integer pool = unheard.remove(ticket);
        if (pool == null) {
            return false;
        }
        if (how != Attempt.THROTTLED && billedNanos >= 0) {
            engine.account.ran(pool, billedNanos);
        }
        return true;
    }

    /** What has been under way for too long counts as lost. */
    void endHung(long now) {
        for (int row = 0; outstanding > 0 && row < table.rows(); row++) {
            if (table.isUnderWay(row) && table.server(row) < RequestTable.NONE) {
                int pool = pool(row);
                int function = catalog.functionOfPool(pool);
                if (now - table.begun(row) > engine.settings.attemptLimit(catalog.functionNanos(function))) {
                    forget(row);
                    lost(row, pool, function);
                }
            }
        }
    }

    void manageAll() {
        for (int function = 0; function < used.length; function++) {
            if (used[function]) {
                manage(function);
                invocations[function] = 0;
            }
        }
    }

    private void manage(int function) {
        KeepAlive decision = engine.policies.keepAlive(engine.view.ofFunction(function));
        int first = catalog.pool(function);
        int after = first + catalog.parts(function);
        if (decision.idleNanos() != idleNanos[function]) {
            idleNanos[function] = decision.idleNanos();
            for (int pool = first; pool < after; pool++) {
                engine.platform.keepAlive(pool, decision.idleNanos());
            }
        }
        for (int pool = first; pool < after && decision.prewarm() > 0; pool++) {
            engine.platform.prewarm(pool, decision.prewarm());
        }
    }

    void sandboxStarted(int pool) {
        sandboxes[pool]++;
        engine.metrics.sandboxesChange(engine.clock.nanos(), true);
        engine.account.sandboxStarted();
    }

    /** False where the pool has none. */
    boolean sandboxReclaimed(int pool) {
        if (sandboxes[pool] == 0) {
            return false;
        }
        sandboxes[pool]--;
        engine.metrics.sandboxesChange(engine.clock.nanos(), false);
        return true;
    }

    /** Requests that run in a function. */
    int running(int function) {
        return running[function];
    }

    long invocations(int function) {
        return invocations[function];
    }

    /** Sandboxes of a function; of a chain, how many whole chains their number makes. */
    int sandboxes(int function) {
        int sum = 0;
        int first = catalog.pool(function);
        for (int pool = first; pool < first + catalog.parts(function); pool++) {
            sum += sandboxes[pool];
        }
        return sum / catalog.parts(function);
    }
}
