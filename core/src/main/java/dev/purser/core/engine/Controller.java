package dev.purser.core.engine;

import dev.purser.core.engine.DecisionLog.FleetDecision;
import dev.purser.core.engine.DecisionLog.InstanceEvent;
import dev.purser.core.engine.DecisionLog.PlanDecision;
import dev.purser.core.policy.Batching;
import dev.purser.core.policy.BatchingPolicy;
import dev.purser.core.policy.ColdStartManager;
import dev.purser.core.policy.Dispatch;
import dev.purser.core.policy.Dispatcher;
import dev.purser.core.policy.Ensemble;
import dev.purser.core.policy.FleetTarget;
import dev.purser.core.policy.FunctionView;
import dev.purser.core.policy.KeepAlive;
import dev.purser.core.policy.ModelSelector;
import dev.purser.core.policy.Offload;
import dev.purser.core.policy.Plan;
import dev.purser.core.policy.ProvisioningView;
import dev.purser.core.policy.QueueOrder;
import dev.purser.core.policy.QueueView;
import dev.purser.core.policy.Reason;
import dev.purser.core.policy.ResourceProvisioner;
import dev.purser.core.policy.Selection;
import dev.purser.core.policy.ServiceCatalog;
import dev.purser.core.policy.ServingView;
import dev.purser.core.pricing.Ledger;
import dev.purser.core.pricing.Market;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The control plane: a single-threaded state machine and the only writer of serving state. Events come in as method
 * calls, from the world that drives it and from the platform; commands go out to the {@link Platform}. It never blocks,
 * reads no clock but the one it is given, and draws no random numbers, so the same events give the same commands.
 *
 * <p>One thread at a time may call it. A request ends exactly once: answered, refused or failed.
 */
public final class Controller implements PlatformEvents {
    /** How often a selector is asked at the start, to learn how it would share out the load. */
    private static final int START_SAMPLES = 64;

    private static final long NEVER = Long.MAX_VALUE;
    /** How long before it is taken back an instance is given no more work, besides the time of that work. */
    private static final long LEAVING_MARGIN = 1_000_000_000L;

    private static final Reason UNAVAILABLE =
            Reason.of("unavailable", "a launch failed lately, and none is tried for a while");
    private static final Reason INSTANCE_LIMIT =
            Reason.of("instance-limit", "the controller's limit on instances bounds the plan");

    private final ServiceCatalog catalog;
    private final ControllerSettings settings;
    private final ModelSelector selector;
    private final Dispatcher dispatcher;
    private final ResourceProvisioner provisioner;
    private final ColdStartManager coldStarts;
    private final BatchingPolicy batching;
    private final QueueOrder queueOrder;
    private final Platform platform;
    private final Clock clock;
    private final RequestListener listener;
    private final Ledger ledger;
    private final Metrics metrics;
    private final DecisionLog log;

    private final RequestTable requests;
    private final RequestTable.Cursor cursor;
    private final Map<Integer, Asked> asking = new HashMap<>();
    private final FleetTable fleets;
    private final View view = new View();
    private final long intervalNanos;
    private final long[] arrivals;
    private final double[] intervalArrivals;
    private final int[] running;
    private final int[] sandboxes;
    private final long[] invocations;
    private final boolean[] used;
    private final long[] idleNanos;
    /** By variant: whether some fleet serves it in batches. */
    private final boolean[] batched;
    /** By fleet: the time until which a free slot waits for a batch to fill; NEVER where none does. */
    private final long[] batchUntil;
    /** By fleet: launches that failed since the last that did not, and until when none is tried. */
    private final int[] failures;

    private final long[] unavailableUntil;
    /** By fleet: stopped instances to hold. */
    private final int[] standbyTarget;
    /** By instance type: its price now. */
    private final double[] usdPerSecond;
    /** By variant: requests that ended in this interval, and in the last; and those that broke their promise. */
    private final long[] ended;

    private final long[] intervalEnded;
    private final long[] violations;
    private final long[] intervalViolations;

    private long intervalEnd;
    private long timer = NEVER;
    /** When the next instance that the provider takes back is to be given no more work. */
    private long nextLeaving = NEVER;

    private int outstanding;
    private int freedInvocations;
    private Offload offload = Offload.always();
    private long number;

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
        this.catalog = catalog;
        this.settings = settings;
        this.selector = policies.selector();
        this.dispatcher = policies.dispatcher();
        this.provisioner = policies.provisioner();
        this.coldStarts = policies.coldStartManager();
        this.batching = policies.batching();
        this.queueOrder = dispatcher.queueOrder();
        this.platform = platform;
        this.clock = clock;
        this.listener = listener;
        this.log = log;
        intervalNanos = settings.controlInterval().toNanos();
        ledger = new Ledger(catalog.priceBook(), catalog.instanceTypeList(), catalog.markets());
        metrics = new Metrics(catalog, intervalNanos);
        requests = new RequestTable(catalog);
        cursor = requests.new Cursor();
        fleets = new FleetTable(catalog);
        arrivals = new long[catalog.variants()];
        intervalArrivals = new double[catalog.variants()];
        running = new int[catalog.functions()];
        sandboxes = new int[catalog.functions()];
        invocations = new long[catalog.functions()];
        used = new boolean[catalog.functions()];
        idleNanos = new long[catalog.functions()];
        Arrays.fill(idleNanos, -1);
        batched = new boolean[catalog.variants()];
        for (int f = 0; f < catalog.fleets(); f++) {
            batched[catalog.variantOfFleet(f)] |= catalog.maxBatch(f) > 1;
        }
        batchUntil = new long[catalog.fleets()];
        Arrays.fill(batchUntil, NEVER);
        failures = new int[catalog.fleets()];
        unavailableUntil = new long[catalog.fleets()];
        standbyTarget = new int[catalog.fleets()];
        usdPerSecond = new double[catalog.instanceTypes()];
        for (int t = 0; t < usdPerSecond.length; t++) {
            usdPerSecond[t] = catalog.usdPerSecond(t);
        }
        ended = new long[catalog.variants()];
        intervalEnded = new long[catalog.variants()];
        violations = new long[catalog.variants()];
        intervalViolations = new long[catalog.variants()];
    }

    /** Makes the first plan and starts the control intervals; called once, before the first request. */
    public void start() {
        estimateArrivals();
        plan(ProvisioningView.Trigger.START);
        fleets.endInterval(clock.nanos());
        intervalEnd = clock.nanos() + intervalNanos;
        setTimer(intervalEnd);
    }

    /** Asks the platform for the earliest time at which there is something to do. */
    private void setTimer(long atNanos) {
        if (atNanos < timer) {
            timer = atNanos;
            platform.setTimer(atNanos);
        }
    }

    /** The operator's estimate shared out: to the named variant, or as the selector would choose. */
    private void estimateArrivals() {
        double perInterval = settings.initialRate() * intervalNanos / 1e9;
        for (int c = 0; c < catalog.requestClasses(); c++) {
            double ofClass = perInterval * catalog.share(c);
            int named = catalog.namedVariant(c);
            if (named >= 0) {
                intervalArrivals[named] += ofClass;
            } else {
                int row = requests.add(0, clock.nanos(), c);
                for (int i = 0; i < START_SAMPLES; i++) {
                    Selection selection = selector.select(cursor.at(row), view);
                    Ensemble ensemble = selection.ensemble();
                    if (ensemble != null) {
                        for (int member = 0; member < ensemble.size(); member++) {
                            intervalArrivals[ensemble.variant(member)] += ofClass / START_SAMPLES;
                        }
                    } else if (selection.variant() != Selection.NONE) {
                        intervalArrivals[selection.variant()] += ofClass / START_SAMPLES;
                    }
                }
                requests.remove(row);
            }
        }
    }

    /**
     * A request of a class arrived now, see {@link #requestArrived(int, long)}.
     *
     * @return its row: its name until it ends, which may be before this returns
     */
    public int requestArrived(int requestClass) {
        return requestArrived(requestClass, clock.nanos());
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
        long now = clock.nanos();
        int row = requests.add(number++, arrivalNanos, requestClass);
        metrics.requestArrived(requestClass);
        listener.arrived(row);
        int variant = catalog.namedVariant(requestClass);
        Selection selection = null;
        if (variant < 0) {
            selection = selector.select(cursor.at(row), view);
            variant = selection.variant();
            if (variant == Selection.NONE) {
                log.request(now, requests.number(row), requestClass, variant, selection, null);
                listener.decided(row, selection, null);
                end(row, Outcome.REFUSED);
                return row;
            }
            if (selection.ensemble() != null) {
                askAll(row, selection, selection.ensemble(), now);
                return row;
            }
        }
        requests.variant(row, variant);
        arrivals[variant]++;
        Dispatch dispatch = dispatcher.dispatch(cursor.at(row), view);
        log.request(now, requests.number(row), requestClass, variant, selection, dispatch);
        listener.decided(row, selection, dispatch);
        send(row, variant, dispatch, now);
        return row;
    }

    /** Each member of an ensemble answers a part of the request; it ends with the last of them. */
    private void askAll(int row, Selection selection, Ensemble ensemble, long now) {
        if (!platform.combinesAnswers()) {
            throw new IllegalStateException("selector " + selector.getClass().getName()
                    + " asks several variants together, but "
                    + platform.getClass().getName()
                    + " cannot combine their answers");
        }
        listener.decided(row, selection, null);
        Asked asked = new Asked(ensemble);
        asking.put(row, asked);
        for (int member = 0; member < ensemble.size(); member++) {
            int part = requests.addPart(row, member);
            int variant = ensemble.variant(member);
            requests.variant(part, variant);
            arrivals[variant]++;
            Dispatch dispatch = dispatcher.dispatch(cursor.at(part), view);
            log.request(now, requests.number(part), requests.requestClass(part), variant, selection, dispatch);
            send(part, variant, dispatch, now);
        }
    }

    /** A request that an ensemble is answering: which members voted, and how many are still out. */
    private static final class Asked {
        private final Ensemble ensemble;
        private int left;
        private int voted;
        private boolean byFunction;
        private boolean failed;

        Asked(Ensemble ensemble) {
            this.ensemble = ensemble;
            left = ensemble.size();
        }
    }

    /** A part of a request ended. */
    private void partEnded(int part, Outcome outcome, boolean byFunction, long now) {
        int row = requests.whole(part);
        Asked asked = Objects.requireNonNull(asking.get(row));
        asked.left--;
        if (outcome == Outcome.ANSWERED) {
            asked.voted |= 1 << requests.member(part);
            asked.byFunction |= byFunction;
            metrics.voted(requests.variant(part));
        }
        asked.failed |= outcome == Outcome.FAILED;
        requests.remove(part);
        if (asked.left > 0) {
            return;
        }
        if (asked.voted == 0) {
            end(row, asked.failed ? Outcome.FAILED : Outcome.REFUSED);
        } else {
            metrics.ensembleAnswered(
                    requests.requestClass(row),
                    asked.ensemble.accuracy(asked.voted, catalog::trueAccuracy),
                    now - requests.arrival(row),
                    asked.byFunction);
            listener.ended(row, Outcome.ANSWERED, asked.ensemble.variant(Integer.numberOfTrailingZeros(asked.voted)));
            requests.remove(row);
        }
        asking.remove(row);
    }

    /** The variants that answer an open request together; null where one answers alone. */
    public @Nullable Ensemble ensemble(int row) {
        Asked asked = asking.get(row);
        return asked == null ? null : asked.ensemble;
    }

    /** The members that have answered an open request so far: bit i stands for member i. */
    public int voted(int row) {
        Asked asked = asking.get(row);
        return asked == null ? 0 : asked.voted;
    }

    /** A user's word on an answer that several variants gave together. */
    public void feedback(int requestClass, Ensemble ensemble, int right) {
        selector.feedback(requestClass, ensemble, right);
    }

    private void send(int row, int variant, Dispatch dispatch, long now) {
        switch (dispatch) {
            case Dispatch.ToInstance to -> {
                int instance = fleets.busiestWithFreeSlot(requireFleet(to.fleet(), variant));
                if (instance == FleetTable.NONE || batched[variant]) {
                    queue(row, variant, to.fleet(), now);
                } else {
                    execute(row, 1, instance, now);
                }
            }
            case Dispatch.ToFunction to -> invoke(row, requireFunction(to.function(), variant));
            case Dispatch.ToFleet to -> {
                int fleet = requireFleet(to.fleet(), variant);
                if (fleets.readyInstances(fleet) == 0) {
                    queue(row, variant, fleet, now);
                } else {
                    requests.enqueueForFleet(row, fleet);
                    serveQueue(fleet, now);
                }
            }
            case Dispatch.ToQueue ignored -> queue(row, variant, catalog.fleet(variant, 0), now);
            case Dispatch.Refuse ignored -> end(row, Outcome.REFUSED);
        }
    }

    /**
     * Waits for a slot of any fleet of the variant; where one is free now, nothing else would come to end the wait.
     *
     * @param preferred the fleet that is looked at first
     */
    private void queue(int row, int variant, int preferred, long now) {
        requests.enqueue(row);
        if (catalog.instanceTypes() > 0) {
            serveQueue(preferred, now);
        }
        for (int t = 0; t < catalog.instanceTypes() && requests.waitingForVariant(variant) > 0; t++) {
            if (catalog.fleet(variant, t) != preferred) {
                serveQueue(catalog.fleet(variant, t), now);
            }
        }
    }

    private int requireFleet(int fleet, int variant) {
        if (fleet < 0 || fleet >= catalog.fleets() || catalog.variantOfFleet(fleet) != variant) {
            throw new IllegalStateException(
                    "dispatcher " + dispatcher.getClass().getName() + " sends a request for "
                            + catalog.variantName(variant) + " to fleet " + fleet + ", which does not serve it");
        }
        return fleet;
    }

    private int requireFunction(int function, int variant) {
        if (function < 0
                || function >= catalog.functions()
                || catalog.variantOfFunction(function) != variant
                || catalog.functionNanos(function) == ServiceCatalog.UNBOUNDED) {
            throw new IllegalStateException(
                    "dispatcher " + dispatcher.getClass().getName() + " sends a request for "
                            + catalog.variantName(variant) + " to function " + function + ", which cannot serve it");
        }
        return function;
    }

    /** Serves a batch; its requests are linked. */
    private void execute(int first, int size, int instance, long now) {
        fleets.occupy(instance, now);
        metrics.batchStarted(size);
        for (int row = first; row != RequestTable.NONE; row = requests.nextInBatch(row)) {
            requests.server(row, instance);
            metrics.instanceStarts(now - requests.arrival(row));
        }
        platform.execute(first, size, instance);
    }

    private void invoke(int row, int function) {
        if (!used[function]) {
            used[function] = true;
            manage(function);
        }
        invocations[function]++;
        callFunction(row, function);
    }

    private void callFunction(int row, int function) {
        running[function]++;
        outstanding++;
        // functions are told apart from instances by being negative, so that a lost instance finds its requests
        requests.server(row, -2 - function);
        platform.invoke(row, function);
    }

    private int functionOf(int row) {
        return -2 - requests.server(row);
    }

    @Override
    public void executionFinished(int row) {
        long now = clock.nanos();
        int instance = requests.server(row);
        int of = row;
        while (of != RequestTable.NONE) {
            int following = requests.nextInBatch(of);
            answered(of, now, false);
            of = following;
        }
        freeSlot(instance, now);
    }

    /** A batch ended on an instance: another takes its slot, or the last one of a draining instance has left it. */
    private void freeSlot(int instance, long now) {
        fleets.release(instance, now);
        if (fleets.isDraining(instance)) {
            if (fleets.busySlots(instance) == 0) {
                giveUp(instance, now);
            }
        } else if (!fleets.isLeaving(instance)) {
            serveQueue(fleets.fleet(instance), now);
        }
    }

    /** An instance that serves nothing is not needed: it stands by, or ends. */
    private void giveUp(int instance, long now) {
        int fleet = fleets.fleet(instance);
        if (!fleets.isPending(instance)
                && fleets.standbyInstances(fleet) + fleets.preparingInstances(fleet) < standbyTarget[fleet]) {
            standBy(instance, now);
        } else {
            stop(instance, now, false);
            platform.terminate(instance);
        }
    }

    /** An instance that runs and serves nothing is stopped, and stands by. */
    private void standBy(int instance, long now) {
        pay(instance, now, false);
        fleets.stop(instance, now);
        platform.stop(instance);
    }

    /** Gives a fleet's free slots to the requests that wait for its variant. */
    private void serveQueue(int fleet, long now) {
        batchUntil[fleet] = NEVER;
        while (requests.servable(fleet) > 0) {
            int instance = fleets.busiestWithFreeSlot(fleet);
            if (instance == FleetTable.NONE) {
                return;
            }
            int size = catalog.maxBatch(fleet) == 1 ? 1 : batchSize(fleet, now);
            if (size == 0) {
                return;
            }
            int first = requests.dequeue(fleet, queueOrder);
            requests.nextInBatch(first, RequestTable.NONE);
            int last = first;
            for (int i = 1; i < size; i++) {
                int row = requests.dequeue(fleet, queueOrder);
                requests.nextInBatch(last, row);
                requests.nextInBatch(row, RequestTable.NONE);
                last = row;
            }
            execute(first, size, instance, now);
        }
    }

    /** How many of the requests that wait are served together now; 0 where more are waited for. */
    private int batchSize(int fleet, long now) {
        view.fleet = fleet;
        Batching decision = batching.batch(view);
        int enough = Math.min(decision.size(), catalog.maxBatch(fleet));
        int queued = requests.servable(fleet);
        if (queued < enough && now < decision.untilNanos()) {
            batchUntil[fleet] = decision.untilNanos();
            setTimer(decision.untilNanos());
            return 0;
        }
        return Math.min(queued, enough);
    }

    @Override
    public void partFinished(int row, int part, boolean cold, long durationNanos) {
        int function = functionOf(row);
        ledger.invocation(catalog.memoryOfPart(function, part), durationNanos);
        if (part > 0) {
            ledger.objectsRead(1);
        }
        if (part < catalog.parts(function) - 1) {
            ledger.objectsWritten(1);
            ledger.stored(catalog.partOutBytes(function, part), ServiceCatalog.HAND_OVER_NANOS);
        }
    }

    @Override
    public void invocationFinished(int row, boolean cold, long durationNanos) {
        int function = functionOf(row);
        if (!catalog.isChain(function)) {
            ledger.invocation(catalog.memoryOfPart(function, 0), durationNanos);
        }
        if (cold) {
            metrics.coldStart();
        }
        answered(row, clock.nanos(), true);
        freeInvocation(function);
    }

    /** An invocation ended: a throttled request goes again. */
    private void freeInvocation(int function) {
        running[function]--;
        outstanding--;
        if (!retryThrottled()) {
            // of those under way some may have been throttled before this one ended, and not be known yet
            freedInvocations = Math.min(freedInvocations + 1, outstanding);
        }
    }

    private boolean retryThrottled() {
        int waiting = requests.nextThrottled();
        if (waiting == RequestTable.NONE) {
            return false;
        }
        callFunction(waiting, functionOf(waiting));
        return true;
    }

    @Override
    public void invocationThrottled(int row) {
        running[functionOf(row)]--;
        outstanding--;
        metrics.invocationThrottled();
        requests.throttle(row);
        if (freedInvocations > 0) {
            freedInvocations--;
            retryThrottled();
        }
    }

    @Override
    public void requestFailed(int row) {
        int server = requests.server(row);
        int function = functionOf(row);
        if (server < 0) {
            end(row, Outcome.FAILED);
            freeInvocation(function);
            return;
        }
        boolean alone = leaveBatch(row, server);
        end(row, Outcome.FAILED);
        if (alone) {
            freeSlot(server, clock.nanos());
        }
    }

    @Override
    public void requestFinished(int row) {
        long now = clock.nanos();
        int instance = requests.server(row);
        boolean alone = leaveBatch(row, instance);
        answered(row, now, false);
        if (alone) {
            freeSlot(instance, now);
        }
    }

    /** Takes a request out of the batch that an instance serves; true where it was the only one. */
    private boolean leaveBatch(int row, int instance) {
        boolean alone = requests.nextInBatch(row) == RequestTable.NONE;
        for (int other = 0; other < requests.rows(); other++) {
            if (requests.server(other) == instance && requests.nextInBatch(other) == row) {
                requests.nextInBatch(other, requests.nextInBatch(row));
                return false;
            }
        }
        return alone;
    }

    /**
     * Ends a request that waits, or whose decision could not be taken: it fails. Nothing happens to one that is being
     * served.
     *
     * @param row the request's row
     * @return whether it ended
     */
    public boolean withdraw(int row) {
        if (requests.server(row) != RequestTable.NONE) {
            if (!requests.withdrawThrottled(row)) {
                return false;
            }
        } else if (requests.variant(row) != Selection.NONE) {
            requests.withdraw(row);
        }
        end(row, Outcome.FAILED);
        return true;
    }

    private void answered(int row, long now, boolean byFunction) {
        int variant = requests.variant(row);
        long latency = now - requests.arrival(row);
        ended[variant]++;
        if (latency > catalog.maxLatencyNanos(requests.requestClass(row))) {
            violations[variant]++;
        }
        selector.answered(variant, latency);
        if (requests.whole(row) != RequestTable.NONE) {
            partEnded(row, Outcome.ANSWERED, byFunction, now);
            return;
        }
        metrics.requestAnswered(requests.requestClass(row), variant, latency, byFunction);
        listener.ended(row, Outcome.ANSWERED, variant);
        requests.remove(row);
    }

    private void end(int row, Outcome outcome) {
        int variant = requests.variant(row);
        if (variant != Selection.NONE) {
            ended[variant]++;
            violations[variant]++;
        }
        if (requests.whole(row) != RequestTable.NONE) {
            partEnded(row, outcome, false, clock.nanos());
            return;
        }
        if (outcome == Outcome.REFUSED) {
            metrics.requestRefused(requests.requestClass(row));
        } else {
            metrics.requestFailed(requests.requestClass(row));
        }
        listener.ended(row, outcome, requests.variant(row));
        requests.remove(row);
    }

    @Override
    public void instanceReady(int instance) {
        long now = clock.nanos();
        int fleet = fleets.fleet(instance);
        failures[fleet] = 0;
        unavailableUntil[fleet] = 0;
        if (fleets.isPreparing(instance)) {
            standBy(instance, now);
            return;
        }
        fleets.ready(instance, now);
        serveQueue(fleet, now);
    }

    @Override
    public void instanceLost(int instance, Loss loss) {
        long now = clock.nanos();
        int fleet = fleets.fleet(instance);
        happened(lossCode(loss), instance, lossWords(loss, instance));
        if (loss == Loss.LAUNCH_FAILED || loss == Loss.NO_CAPACITY || loss == Loss.LAUNCH_TIMEOUT) {
            int waits =
                    1 << Math.min(failures[fleet]++, Integer.numberOfTrailingZeros(ControllerSettings.MOST_RETRIES));
            unavailableUntil[fleet] = now + settings.launchRetry().toNanos() * waits;
        }
        for (int row = 0; row < requests.rows(); row++) {
            if (requests.server(row) == instance) {
                if (loss == Loss.INTERRUPTED || requests.lose(row) < settings.maxLosses()) {
                    requests.server(row, RequestTable.NONE);
                    requests.enqueueByArrival(row);
                } else {
                    end(row, Outcome.FAILED);
                }
            }
        }
        if (loss == Loss.LAUNCH_FAILED || loss == Loss.NO_CAPACITY) {
            metrics.instanceStopped(0);
            fleets.remove(instance, now);
        } else {
            stop(instance, now, loss == Loss.INTERRUPTED);
        }
        requests.release(fleet);
        plan(ProvisioningView.Trigger.LOSS);
        for (int t = 0; t < catalog.fleets(); t++) {
            serveQueue(t, now);
        }
    }

    private static String lossCode(Loss loss) {
        return switch (loss) {
            case LAUNCH_FAILED -> "launch-failed";
            case NO_CAPACITY -> "no-capacity";
            case LAUNCH_TIMEOUT -> "launch-timeout";
            case CRASHED -> "crashed";
            case INTERRUPTED -> "interrupted";
        };
    }

    private String lossWords(Loss loss, int instance) {
        return switch (loss) {
            case LAUNCH_FAILED -> "the launch failed";
            case NO_CAPACITY -> "the provider has no capacity of the type at the price that is paid";
            case LAUNCH_TIMEOUT ->
                "not ready within " + settings.launchTimeout().toSeconds() + " s of its launch";
            case CRASHED -> "ended by itself";
            case INTERRUPTED ->
                "taken back by the provider" + (fleets.noticedFor(instance) == 0 ? " without notice" : "");
        };
    }

    private void happened(String kind, int instance, String words) {
        log.instance(new InstanceEvent(clock.nanos(), kind, fleets.fleet(instance), fleets.number(instance), words));
    }

    @Override
    public void instanceNotice(int instance, long atNanos) {
        long now = clock.nanos();
        happened(
                "notice",
                instance,
                String.format(Locale.ROOT, "the provider takes it back in %.0f s", (atNanos - now) / 1e9));
        if (fleets.isPending(instance)) {
            stop(instance, now, true);
            platform.terminate(instance);
        } else if (fleets.isDraining(instance)) {
            fleets.notice(instance, atNanos);
            fleets.leave(instance, now);
        } else {
            fleets.notice(instance, atNanos);
            leaveInTime(now);
        }
        plan(ProvisioningView.Trigger.NOTICE);
    }

    /** Gives no more work to instances that could not finish it before the provider takes them back. */
    private void leaveInTime(long now) {
        nextLeaving = NEVER;
        for (int instance = 0; instance < fleets.rows(); instance++) {
            if (fleets.isReady(instance) && fleets.noticedFor(instance) != 0) {
                int fleet = fleets.fleet(instance);
                long leaves = fleets.noticedFor(instance)
                        - 2 * catalog.serviceNanos(fleet, catalog.maxBatch(fleet))
                        - LEAVING_MARGIN;
                if (leaves <= now) {
                    happened("leaving", instance, "gets no more work, for it could not finish it");
                    fleets.leave(instance, now);
                    releaseWithoutInstance(fleet, now);
                } else {
                    nextLeaving = Math.min(nextLeaving, leaves);
                }
            }
        }
        if (nextLeaving != NEVER) {
            setTimer(nextLeaving);
        }
    }

    /** Requests that wait for a fleet without instances would wait for ever. */
    private void releaseWithoutInstance(int fleet, long now) {
        if (fleets.readyInstances(fleet) == 0 && requests.waitingForFleet(fleet) > 0) {
            requests.release(fleet);
            int variant = catalog.variantOfFleet(fleet);
            for (int t = 0; t < catalog.instanceTypes(); t++) {
                serveQueue(catalog.fleet(variant, t), now);
            }
        }
    }

    @Override
    public void instanceThrottled(int instance, boolean throttled) {
        fleets.throttle(instance, throttled);
        happened(
                throttled ? "throttled" : "full-speed",
                instance,
                throttled ? "its CPU credits are used up: it runs at its baseline" : "it has CPU credits again");
    }

    @Override
    public void spotPriceChanged(int type, BigDecimal usdPerHour) {
        ledger.spotPrice(type, clock.nanos(), usdPerHour);
        usdPerSecond[type] = usdPerHour.doubleValue() / 3600;
    }

    /** Instances that have been starting for too long are given up. */
    private void giveUpLaunches(long now) {
        for (int instance = 0; instance < fleets.rows(); instance++) {
            if (fleets.exists(instance)
                    && fleets.isPending(instance)
                    && now - fleets.since(instance) > settings.launchTimeout().toNanos()) {
                platform.terminate(instance);
                instanceLost(instance, Loss.LAUNCH_TIMEOUT);
            }
        }
    }

    private void stop(int instance, long now, boolean interrupted) {
        pay(instance, now, interrupted);
        fleets.remove(instance, now);
    }

    /** Accounts for an instance's time as it was until now: running, or stopped. */
    private void pay(int instance, long now, boolean interrupted) {
        long since = fleets.since(instance);
        if (fleets.isStandby(instance)) {
            ledger.volumeKept(now - since);
            return;
        }
        int type = catalog.typeOfFleet(fleets.fleet(instance));
        if (catalog.market(type) == Market.SPOT) {
            ledger.spotStopped(type, since, now, interrupted);
        } else {
            ledger.instanceStopped(type, now - since);
        }
        if (catalog.burst(type) != null) {
            ledger.surplusCredits(type, platform.surplusVcpuMillis(instance));
        }
        metrics.instanceStopped(now - since);
    }

    @Override
    public void sandboxStarted(int function) {
        sandboxes[function]++;
        metrics.sandboxesChange(clock.nanos(), true);
        ledger.objectsRead(1);
    }

    @Override
    public void prewarmFinished(int function, int part, long durationNanos) {
        ledger.invocation(catalog.memoryOfPart(function, part), durationNanos);
    }

    @Override
    public void sandboxReclaimed(int function) {
        sandboxes[function]--;
        metrics.sandboxesChange(clock.nanos(), false);
    }

    /** A user's word on an answer of a variant. */
    public void feedback(int variant, boolean correct) {
        selector.feedback(variant, correct);
    }

    @Override
    public void timerFired() {
        long now = clock.nanos();
        timer = NEVER;
        try {
            for (int fleet = 0; fleet < batchUntil.length; fleet++) {
                if (batchUntil[fleet] <= now) {
                    serveQueue(fleet, now);
                }
            }
            if (nextLeaving <= now) {
                leaveInTime(now);
            }
            if (intervalEnd <= now) {
                intervalEnd = now + intervalNanos;
                endInterval(now);
            }
        } finally {
            // whatever a policy did, time goes on
            long next = Math.min(intervalEnd, nextLeaving);
            for (long until : batchUntil) {
                next = Math.min(next, until);
            }
            setTimer(next);
        }
    }

    private void endInterval(long now) {
        long timeout = settings.requestTimeout().toNanos();
        for (int row = requests.dequeueOlderThan(now - timeout);
                row != RequestTable.NONE;
                row = requests.dequeueOlderThan(now - timeout)) {
            end(row, Outcome.REFUSED);
        }
        if (outstanding == 0) {
            // the account is busy with something else: no end of an invocation will wake those that wait
            retryThrottled();
        }
        record();
        fleets.endInterval(now);
        for (int v = 0; v < arrivals.length; v++) {
            intervalArrivals[v] = arrivals[v];
            arrivals[v] = 0;
            intervalEnded[v] = ended[v];
            ended[v] = 0;
            intervalViolations[v] = violations[v];
            violations[v] = 0;
        }
        giveUpLaunches(now);
        plan(ProvisioningView.Trigger.INTERVAL);
        for (int function = 0; function < used.length; function++) {
            if (used[function]) {
                manage(function);
                invocations[function] = 0;
            }
        }
    }

    private void manage(int function) {
        view.function = function;
        KeepAlive decision = coldStarts.keepAlive(view);
        if (decision.idleNanos() != idleNanos[function]) {
            idleNanos[function] = decision.idleNanos();
            platform.keepAlive(function, decision.idleNanos());
        }
        if (decision.prewarm() > 0) {
            platform.prewarm(function, decision.prewarm());
        }
    }

    private void record() {
        int ready = 0;
        int pending = 0;
        for (int f = 0; f < catalog.fleets(); f++) {
            ready += fleets.readyInstances(f);
            pending += fleets.pendingInstances(f);
        }
        int queued = 0;
        for (int v = 0; v < catalog.variants(); v++) {
            queued += requests.waitingForVariant(v);
        }
        metrics.endInterval(ready, pending, queued);
    }

    private void plan(ProvisioningView.Trigger trigger) {
        view.trigger = trigger;
        Plan plan = provisioner.plan(view);
        offload = plan.offload();
        List<FleetDecision> decisions = new ArrayList<>(plan.fleets().size());
        for (FleetTarget target : plan.fleets()) {
            decisions.add(apply(target));
        }
        log.plan(new PlanDecision(clock.nanos(), trigger, decisions, offload));
    }

    private FleetDecision apply(FleetTarget target) {
        int fleet = target.fleet();
        if (fleet < 0 || fleet >= catalog.fleets() || (target.instances() > 0 && catalog.slots(fleet) == 0)) {
            throw new IllegalStateException(
                    "provisioner " + provisioner.getClass().getName() + " asks for " + target.instances()
                            + " instances of fleet " + fleet + ", which cannot serve");
        }
        if (target.standby() > 0 && catalog.market(catalog.typeOfFleet(fleet)) == Market.SPOT) {
            throw new IllegalStateException(
                    "provisioner " + provisioner.getClass().getName() + " asks for spot instances on standby in fleet "
                            + fleet + ", but those cannot be stopped");
        }
        long now = clock.nanos();
        int before = fleets.readyInstances(fleet) + fleets.pendingInstances(fleet) - fleets.noticedInstances(fleet);
        int have = before;
        long first = -1;
        int launched = 0;
        int stopped = 0;
        Reason reason = target.reason();
        standbyTarget[fleet] = platform.keepsStopped() ? target.standby() : 0;
        while (have < target.instances() && fleets.drainingInstances(fleet) > 0) {
            fleets.undrain(fleet, now);
            have++;
        }
        serveQueue(fleet, now);
        while (have < target.instances()) {
            if (atLimit()) {
                reason = INSTANCE_LIMIT;
                break;
            }
            if (fleets.standbyInstances(fleet) > 0) {
                first = first < 0 ? fleets.started() : first;
                int instance = fleets.firstStandby(fleet);
                pay(instance, now, false);
                fleets.start(instance, now);
                metrics.instanceLaunched(fleets.alive());
                platform.start(instance);
            } else if (now < unavailableUntil[fleet]) {
                reason = UNAVAILABLE;
                break;
            } else {
                first = first < 0 ? fleets.started() : first;
                launch(fleet, false, now);
            }
            launched++;
            have++;
        }
        while (have > target.instances()) {
            int instance = fleets.dispensable(fleet);
            if (fleets.busySlots(instance) > 0) {
                fleets.drain(instance, now);
            } else {
                giveUp(instance, now);
            }
            stopped++;
            have--;
        }
        releaseWithoutInstance(fleet, now);
        keepStandbys(fleet, now);
        return new FleetDecision(
                fleet, before, target.instances(), first, launched, stopped, standbyTarget[fleet], reason);
    }

    private boolean atLimit() {
        return fleets.alive() >= settings.maxInstances();
    }

    private void launch(int fleet, boolean toStandBy, long now) {
        int instance = fleets.launch(fleet, now, toStandBy);
        metrics.instanceLaunched(fleets.alive());
        ledger.objectsRead(1);
        platform.launch(instance, fleet);
    }

    private void keepStandbys(int fleet, long now) {
        // those that drain will stand by when they have served what they have
        int have = fleets.standbyInstances(fleet) + fleets.preparingInstances(fleet) + fleets.drainingInstances(fleet);
        while (have < standbyTarget[fleet] && !atLimit() && now >= unavailableUntil[fleet]) {
            launch(fleet, true, now);
            have++;
        }
        while (have > standbyTarget[fleet] && fleets.dispensableStandby(fleet) != FleetTable.NONE) {
            int instance = fleets.dispensableStandby(fleet);
            stop(instance, now, false);
            platform.terminate(instance);
            have--;
        }
    }

    /**
     * Ends the deployment: every instance is terminated and paid for up to now. All requests must have ended.
     *
     * @return what it came to
     */
    public RunResult close() {
        if (requests.open() > 0) {
            throw new IllegalStateException(requests.open() + " requests have not ended");
        }
        long now = clock.nanos();
        int alive = fleets.alive();
        for (int instance = 0; instance < fleets.rows(); instance++) {
            if (fleets.exists(instance)) {
                stop(instance, now, false);
                platform.terminate(instance);
            }
        }
        for (int v = 0; v < catalog.variants(); v++) {
            ledger.stored(catalog.sizeBytes(v), now);
        }
        return new RunResult(metrics, ledger.usage(), ledger.bill(), log, now, alive);
    }

    /** Requests that arrived and have not ended. */
    public int openRequests() {
        return requests.open();
    }

    /** Instances that exist now, pending and draining ones included. */
    public int aliveInstances() {
        return fleets.alive();
    }

    /** The request that is served in the same batch after this one; -1 after the last. */
    public int nextInBatch(int row) {
        return requests.nextInBatch(row);
    }

    /** When an open request arrived, on the engine's clock. */
    public long arrivalNanos(int row) {
        return requests.arrival(row);
    }

    /** Whether an open request waits in a queue for an instance. */
    public boolean isQueued(int row) {
        return requests.server(row) == RequestTable.NONE && requests.variant(row) != Selection.NONE;
    }

    /** The variant that is to answer an open request; -1 where none was selected yet. */
    public int variant(int row) {
        return requests.variant(row);
    }

    /** Whether an instance that exists is to stop as soon as it has served what it has. */
    public boolean isDraining(int instance) {
        return fleets.isDraining(instance);
    }

    /** The class of an open request. */
    public int requestClass(int row) {
        return requests.requestClass(row);
    }

    /** The number of an open request, counting arrivals from 0. */
    public long requestNumber(int row) {
        return requests.number(row);
    }

    /** The serving state as policies see it, between two events. */
    public ServingView view() {
        return view;
    }

    /** What was counted so far. */
    public Metrics metrics() {
        return metrics;
    }

    /** What was used so far; instances count when they stop. */
    public Ledger ledger() {
        return ledger;
    }

    /** The decisions kept. */
    public DecisionLog decisionLog() {
        return log;
    }

    /** The one object that policies look through. */
    private final class View implements ProvisioningView, FunctionView, QueueView {
        private Trigger trigger = Trigger.START;
        private int function;
        private int fleet;

        @Override
        public long nanos() {
            return clock.nanos();
        }

        @Override
        public ServiceCatalog catalog() {
            return catalog;
        }

        @Override
        public int readyInstances(int fleet) {
            return fleets.readyInstances(fleet);
        }

        @Override
        public int pendingInstances(int fleet) {
            return fleets.pendingInstances(fleet);
        }

        @Override
        public int busySlots(int fleet) {
            return fleets.busySlotsOf(fleet);
        }

        @Override
        public int freeSlots(int fleet) {
            return fleets.readyInstances(fleet) * catalog.slots(fleet) - fleets.busySlotsOf(fleet);
        }

        @Override
        public int queueLength(int variant) {
            return requests.waitingForVariant(variant);
        }

        @Override
        public int fleetQueueLength(int ofFleet) {
            return requests.waitingForFleet(ofFleet);
        }

        @Override
        public int waiting() {
            return requests.servable(fleet);
        }

        @Override
        public double usdPerSecond(int type) {
            return usdPerSecond[type];
        }

        @Override
        public long ended(int variant) {
            return intervalEnded[variant];
        }

        @Override
        public long violations(int variant) {
            return intervalViolations[variant];
        }

        @Override
        public int noticedInstances(int ofFleet) {
            return fleets.noticedInstances(ofFleet);
        }

        @Override
        public int throttledInstances(int ofFleet) {
            return fleets.throttledInstances(ofFleet);
        }

        @Override
        public int standbyInstances(int ofFleet) {
            return fleets.standbyInstances(ofFleet);
        }

        @Override
        public boolean isUnavailable(int ofFleet) {
            return clock.nanos() < unavailableUntil[ofFleet];
        }

        @Override
        public int runningInvocations(int ofFunction) {
            return running[ofFunction];
        }

        @Override
        public Offload offload() {
            return offload;
        }

        @Override
        public Trigger trigger() {
            return trigger;
        }

        @Override
        public long intervalNanos() {
            return intervalNanos;
        }

        @Override
        public double arrivals(int variant) {
            return intervalArrivals[variant];
        }

        @Override
        public double utilisation(int fleet) {
            return fleets.utilisation(fleet);
        }

        @Override
        public int idleInstances(int fleet, long atLeastNanos) {
            return fleets.idleFor(fleet, clock.nanos() - atLeastNanos);
        }

        @Override
        public long launchNanos(int fleet) {
            return platform.launchNanos(fleet);
        }

        @Override
        public int function() {
            return function;
        }

        @Override
        public int fleet() {
            return fleet;
        }

        @Override
        public long oldestArrivalNanos() {
            return requests.oldestArrival(fleet);
        }

        @Override
        public long earliestDeadlineNanos() {
            return requests.earliestDeadline(fleet);
        }

        @Override
        public long invocations() {
            return invocations[function];
        }

        @Override
        public int sandboxes() {
            return sandboxes[function] / catalog.parts(function);
        }
    }
}
