package dev.purser.core.engine;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.purser.core.policy.Ensemble;
import dev.purser.core.policy.ProvisioningView.Trigger;
import dev.purser.core.policy.Selection;
import dev.purser.core.policy.ServiceCatalog;
import dev.purser.core.policy.ServingView;
import dev.purser.core.policy.StateExchange;
import dev.purser.core.policy.Stateful;
import dev.purser.core.pricing.Bill;
import dev.purser.core.pricing.Ledger;
import org.jspecify.annotations.Nullable;

/**
 * The control plane: a single-threaded state machine and the only writer of serving state. Events come in as method
 * calls, from the world that drives it and from the platform; commands go out to the {@link Platform}. It never blocks,
 * reads no clock but the one it is given, draws no random numbers, and trusts no report: the same events give the same
 * commands.
 *
 * <p>One thread at a time may call it. A request ends exactly once: answered, refused or failed.
 *
 * <p>This is the front of an {@link Engine}, whose parts do the work.
 */
public final class Controller {
    /** After a restart numbers go on so far above all that are known, for some may have been given since they were saved. */
    private static final long RESTART_GAP = 1 << 20;

    private final Engine engine;
    private final Reports reports;

    /**
     * @param catalog profiles, prices and SLOs
     * @param policies the decisions
     * @param platform takes the commands
     * @param clock the time of the current event
     * @param listener is told of each request's end
     * @param settings how the controller itself works
     * @param log keeps the decisions
     */
    public Controller(
            ServiceCatalog catalog,
            PolicySet policies,
            Platform platform,
            Clock clock,
            RequestListener listener,
            ControllerSettings settings,
            DecisionLog log) {
        engine = new Engine(catalog, policies, platform, clock, listener, settings, log);
        reports = new Reports(engine);
    }

    /** Where the platform reports what happens. */
    public PlatformEvents events() {
        return reports;
    }

    /**
     * Makes the first plan and starts the control intervals; called once, before the first request. What a controller
     * before this one left is to be {@linkplain PlatformEvents#instanceFound found} before.
     */
    public void start() {
        long now = engine.clock.nanos();
        engine.requests.estimateArrivals(now);
        engine.planning.plan(Trigger.START);
        engine.fleets.endInterval(now);
        engine.alarm.start(now);
    }

    /**
     * A request of a class arrived now, see {@link #requestArrived(int, long)}.
     *
     * @return its row: its name until it ends, which may be before this returns
     */
    public int requestArrived(int requestClass) {
        return requestArrived(requestClass, engine.clock.nanos());
    }

    /**
     * A request of a class arrived.
     *
     * @param requestClass its class
     * @param arrivalNanos when it reached the deployment, from which its latency counts; at most now, and not before the
     *     request before it
     * @return its row: its name until it ends, which may be before this returns
     */
    public int requestArrived(int requestClass, long arrivalNanos) {
        return engine.requests.arrived(requestClass, arrivalNanos, engine.clock.nanos());
    }

    /**
     * Ends a request that waits, or whose decision could not be taken: it fails. Nothing happens to one that is being
     * served.
     *
     * @param row the request's row
     * @return whether it ended
     */
    public boolean withdraw(int row) {
        return engine.requests.withdraw(row);
    }

    /**
     * Ends an open request wherever it is: it fails. What is under way for it goes on, and is paid for, but nobody hears of
     * it.
     */
    public void abandon(int row) {
        engine.requests.abandon(row);
    }

    /** A user's word on an answer of a variant. */
    public void feedback(int variant, boolean correct) {
        engine.policies.feedback(variant, correct);
    }

    /** A user's word on an answer that several variants gave together. */
    public void feedback(int requestClass, Ensemble ensemble, int right) {
        engine.policies.feedback(requestClass, ensemble, right);
    }

    /** The variants that answer an open request together; null where one answers alone. */
    public @Nullable Ensemble ensemble(int row) {
        return engine.composites.ensemble(row);
    }

    /** The members that have answered an open request so far: bit i stands for member i. */
    public int voted(int row) {
        return engine.composites.voted(row);
    }

    /**
     * Ends the deployment: every instance is terminated and paid for up to now. All requests must have ended.
     *
     * @return what it came to
     */
    public RunResult close() {
        if (engine.table.open() > 0) {
            throw new IllegalStateException(engine.table.open() + " requests have not ended");
        }
        long now = engine.clock.nanos();
        int alive = engine.fleets.alive();
        engine.instances.close(now);
        engine.account.stored(now);
        return new RunResult(engine.metrics, engine.account.usage(), engine.account.bill(), engine.log, now, alive);
    }

    /** What a controller after this one must know: the account, and which numbers have been given. */
    public ObjectNode snapshot() {
        return StateExchange.save(state());
    }

    /**
     * Takes over from a controller before this one; before {@link #start}. Numbers go on above all that it may have given.
     *
     * @param where the file that it came from, for messages
     * @param snapshot what {@link #snapshot} gave there
     * @throws dev.purser.core.InputException if it is none, or of another deployment
     */
    public void restore(String where, JsonNode snapshot) {
        StateExchange.restore(where, snapshot, state());
    }

    private Stateful state() {
        return state -> {
            state.same("kind", "controller");
            state.same("workload", engine.catalog.workload().name());
            long instances = state.whole("instances", engine.fleets.started(), 1L << 38);
            long attempts = state.whole("attempts", engine.table.attempts(), 1L << 38);
            long requests = state.whole("requests", engine.requests.number(), Long.MAX_VALUE / 2);
            state.part("account", engine.account);
            if (state.restoring()) {
                engine.fleets.startedAtLeast(instances + RESTART_GAP);
                engine.table.attemptsAtLeast(attempts + RESTART_GAP);
                engine.requests.numberAtLeast(requests);
            }
        };
    }

    /** What has accrued so far: what was used, with every instance that exists paid up to now. */
    public Bill accrued() {
        return engine.account.accrued(engine.clock.nanos());
    }

    /** Requests that arrived and have not ended. */
    public int openRequests() {
        return engine.table.open();
    }

    /** Instances that exist now, pending and draining ones included. */
    public int aliveInstances() {
        return engine.fleets.alive();
    }

    /** The request that is served in the same batch after this one; -1 after the last. */
    public int nextInBatch(int row) {
        return engine.table.nextInBatch(row);
    }

    /** When an open request arrived, on the engine's clock. */
    public long arrivalNanos(int row) {
        return engine.table.arrival(row);
    }

    /** Whether an open request waits in a queue for an instance. */
    public boolean isQueued(int row) {
        return engine.table.server(row) == RequestTable.NONE
                && engine.table.variant(row) != Selection.NONE
                && !engine.composites.isAsking(row);
    }

    /** The variant that is to answer an open request; -1 where none was selected yet. */
    public int variant(int row) {
        return engine.table.variant(row);
    }

    /** Whether an instance is to stop as soon as it has served what it has. */
    public boolean isDraining(long instance) {
        int row = engine.fleets.row(instance);
        return row != FleetTable.NONE && engine.fleets.isDraining(row);
    }

    /** The class of an open request. */
    public int requestClass(int row) {
        return engine.table.requestClass(row);
    }

    /** The number of an open request, counting arrivals from 0. */
    public long requestNumber(int row) {
        return engine.table.number(row);
    }

    /** The serving state as policies see it, between two events. */
    public ServingView view() {
        return engine.view;
    }

    /** What was counted so far. */
    public Metrics metrics() {
        return engine.metrics;
    }

    /** What was used so far; instances count when they stop. */
    public Ledger ledger() {
        return engine.account.ledger();
    }

    /** The decisions kept. */
    public DecisionLog decisionLog() {
        return engine.log;
    }
}
