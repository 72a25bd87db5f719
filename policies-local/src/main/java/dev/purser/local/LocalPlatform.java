package dev.purser.local;

import dev.purser.core.engine.Controller;
import dev.purser.core.engine.Loss;
import dev.purser.core.engine.PlatformEvents;
import dev.purser.core.live.LiveController;
import dev.purser.core.live.LivePlatform;
import dev.purser.core.model.VmProfile;
import dev.purser.core.policy.ServiceCatalog;
import dev.purser.local.Answer.Place;
import dev.purser.local.LocalState.Phase;
import dev.purser.worker.protocol.InferResponse;
import dev.purser.worker.protocol.ProtocolException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Instances and functions on this machine. All its state belongs to the engine: it is touched only by commands, which
 * come from inside the engine, and by reports, which are made there. Threads that wait for processes, models and clocks
 * know only their own worker and report.
 *
 * <p>Functions behave as in the simulator: a sandbox serves one request at a time; the one that became idle last is taken
 * first; a request that finds none starts one (a cold start), unless the account's concurrency limit is reached; an idle
 * one is reclaimed after its keep-alive.
 */
final class LocalPlatform implements LivePlatform<Call> {
    private static final Logger LOG = LoggerFactory.getLogger(LocalPlatform.class);

    /** What a start takes beyond the profiled load, before one was measured: a process and its runtime. */
    private static final long PROCESS_START_NANOS = 500_000_000L;

    /** The most rows that a model is given at once: the largest batch of requests, of one row each. */
    static final int MAX_ROWS = VmProfile.MAX_BATCH;

    private static final long SWEEP_NANOS = 250_000_000L;

    private final ServiceCatalog catalog;
    private final LocalSettings settings;
    private final Host host;
    private final Runnable afterReport;
    private final ScheduledThreadPoolExecutor timers;
    private final boolean initBilled;

    private LiveController<Call> live;

    private final Set<LocalWorker> workers = new LinkedHashSet<>();
    private @Nullable LocalWorker[] instances = new LocalWorker[16];
    /** Instances that wait for room, the first to come first. */
    private final Deque<LocalWorker> waiting = new ArrayDeque<>();
    /** By function: the idle sandboxes, the newest last. */
    private final List<Deque<LocalWorker>> idle = new ArrayList<>();

    private final Deque<LocalState.Worker> ended = new ArrayDeque<>();
    private final Launches[] ofFleet;
    private final Launches[] ofFunction;
    private final long[] keepAlive;
    /** By function: when the next look for idle sandboxes to reclaim is; {@link Long#MAX_VALUE} where none is. */
    private final long[] nextExpiry;

    private int running;
    private int threads;
    private long instancesAsked;
    private long sandboxesAsked;
    private long timerNumber;
    private @Nullable Future<?> timer;
    private boolean sweeping;
    private boolean started;
    private @Nullable String abandoned;
    private boolean closed;
    private final AtomicInteger firstStarting = new AtomicInteger();

    /**
     * @param afterReport called after each report, outside the engine, by the thread that made it
     */
    @SuppressWarnings("NullAway.Init") // the controller and its platform need each other; attach() closes the circle
    LocalPlatform(ServiceCatalog catalog, LocalSettings settings, Host host, Runnable afterReport) {
        this.catalog = catalog;
        this.settings = settings;
        this.host = host;
        this.afterReport = afterReport;
        initBilled = catalog.priceBook().function().initBilled();
        timers = new ScheduledThreadPoolExecutor(
                1, Thread.ofPlatform().daemon().name("purser timers").factory());
        timers.setRemoveOnCancelPolicy(true);
        long overhead = settings.mode() == LocalSettings.Mode.PROCESS ? PROCESS_START_NANOS : 0;
        ofFleet = new Launches[catalog.fleets()];
        for (int f = 0; f < ofFleet.length; f++) {
            long expected = catalog.loadNanos(catalog.variantOfFleet(f)) + overhead;
            ofFleet[f] = new Launches(Place.INSTANCE, f, catalog, settings, expected);
        }
        ofFunction = new Launches[catalog.functions()];
        for (int f = 0; f < ofFunction.length; f++) {
            long expected = catalog.loadNanos(catalog.variantOfFunction(f)) + overhead;
            ofFunction[f] = new Launches(Place.FUNCTION, f, catalog, settings, expected);
            idle.add(new ArrayDeque<>());
        }
        keepAlive = new long[catalog.functions()];
        nextExpiry = new long[catalog.functions()];
        Arrays.fill(nextExpiry, Long.MAX_VALUE);
    }

    @Override
    public void attach(LiveController<Call> controller) {
        live = controller;
    }

    /** Makes a report from outside the engine. */
    void report(Consumer<PlatformEvents> event) {
        live.report(event);
        afterReport.run();
    }

    private void later(long nanos, Consumer<PlatformEvents> event) {
        Future<?> unused = reportIn(nanos, event);
    }

    /** Makes a report later, on a thread of its own: the one that keeps time must not be kept busy by the engine. */
    private Future<?> reportIn(long nanos, Consumer<PlatformEvents> event) {
        return timers.schedule(
                () -> {
                    Thread.startVirtualThread(() -> report(event));
                },
                Math.max(0, nanos),
                TimeUnit.NANOSECONDS);
    }

    // instances

    @Override
    public void launch(int instance, int fleet) {
        if (closed) {
            return;
        }
        if (instance >= instances.length) {
            instances = Arrays.copyOf(instances, Math.max(instance + 1, instances.length * 2));
        }
        int type = catalog.typeOfFleet(fleet);
        LocalWorker worker = new LocalWorker(
                Place.INSTANCE,
                instance,
                fleet,
                catalog.variantOfFleet(fleet),
                catalog.instanceType(type).name() + "#" + instancesAsked++,
                Math.min(settings.maxThreads(), catalog.instanceType(type).vcpus()),
                System.nanoTime());
        instances[instance] = worker;
        workers.add(worker);
        if (!started) {
            worker.first = true;
            firstStarting.incrementAndGet();
        }
        long wait = ofFleet[fleet].waitNanos(System.nanoTime());
        if (wait == 0) {
            admit(worker);
        } else {
            later(wait, events -> {
                if (worker.exists) {
                    admit(worker);
                }
            });
        }
    }

    /** Starts an instance as soon as there is room. */
    private void admit(LocalWorker worker) {
        if (waiting.isEmpty() && makeRoom(worker.threads)) {
            begin(worker);
        } else {
            waiting.add(worker);
            // it may wait for good, and requests need not
            noLongerFirst(worker);
        }
    }

    /** Whether so many threads more may run, if need be instead of idle sandboxes. */
    private boolean makeRoom(int more) {
        while (threads + more > settings.maxThreads()) {
            LocalWorker oldest = null;
            for (Deque<LocalWorker> ofOne : idle) {
                LocalWorker candidate = ofOne.peekFirst();
                if (candidate != null && (oldest == null || candidate.idleSinceNanos < oldest.idleSinceNanos)) {
                    oldest = candidate;
                }
            }
            if (oldest == null) {
                return false;
            }
            reclaim(oldest);
        }
        return true;
    }

    private void begin(LocalWorker worker) {
        threads += worker.threads;
        worker.phase = Phase.STARTING;
        worker.startedNanos = System.nanoTime();
        int slots = slots(worker);
        Host.Order order = new Host.Order(
                worker.variant, worker.name, slots, Math.max(1, vcpus(worker) / slots), worker.place == Place.FUNCTION);
        worker.handle = host.start(order, new Host.Listener() {
            @Override
            public void ready(Backend backend, Map<String, Double> initMs, long loadNanos) {
                report(events -> opened(worker, backend, initMs, loadNanos, events));
            }

            @Override
            public void failed(String cause) {
                report(events -> lost(worker, cause, events));
            }
        });
        later(settings.launchTimeout().toNanos(), events -> {
            if (worker.exists && worker.phase == Phase.STARTING && worker.handle != null) {
                worker.handle.kill("it was not ready after " + words(settings.launchTimeout()));
            }
        });
    }

    private int slots(LocalWorker worker) {
        return worker.place == Place.INSTANCE ? catalog.slots(worker.owner) : 1;
    }

    private int vcpus(LocalWorker worker) {
        return worker.place == Place.INSTANCE
                ? catalog.instanceType(catalog.typeOfFleet(worker.owner)).vcpus()
                : processors(worker.owner);
    }

    private int processors(int function) {
        return Math.max(1, (int) Math.round(catalog.priceBook().function().vcpus(catalog.memoryOfFunction(function))));
    }

    private Launches launches(LocalWorker worker) {
        return worker.place == Place.INSTANCE ? ofFleet[worker.owner] : ofFunction[worker.owner];
    }

    private void opened(
            LocalWorker worker, Backend backend, Map<String, Double> initMs, long loadNanos, PlatformEvents events) {
        if (!worker.exists) {
            return;
        }
        long now = System.nanoTime();
        worker.readyNanos = now;
        worker.loadNanos = loadNanos;
        launches(worker).ready(now - worker.startedNanos);
        worker.open(this, host, backend, slots(worker), initMs);
        noLongerFirst(worker);
        if (worker.place == Place.INSTANCE) {
            events.instanceReady(worker.row);
            return;
        }
        Batch cold = worker.waiting;
        if (cold != null) {
            worker.waiting = null;
            worker.give(cold);
        } else {
            events.prewarmFinished(worker.owner, initBilled ? loadNanos : 0);
            rest(worker);
        }
    }

    private void noLongerFirst(LocalWorker worker) {
        if (worker.first) {
            worker.first = false;
            firstStarting.decrementAndGet();
        }
    }

    @Override
    public void terminate(int instance) {
        LocalWorker worker = instances[instance];
        if (worker != null) {
            remove(worker);
            admitWaiting();
        }
    }

    /** Forgets a worker and stops it. */
    private void remove(LocalWorker worker) {
        worker.exists = false;
        workers.remove(worker);
        noLongerFirst(worker);
        if (worker.phase == Phase.WAITING) {
            waiting.remove(worker);
        } else {
            threads -= worker.threads;
        }
        if (worker.place == Place.INSTANCE) {
            instances[worker.row] = null;
        } else {
            idle.get(worker.owner).remove(worker);
        }
        worker.stop();
    }

    private void admitWaiting() {
        while (!closed && !waiting.isEmpty() && makeRoom(waiting.getFirst().threads)) {
            begin(waiting.removeFirst());
        }
    }

    @Override
    public void execute(int request, int size, int instance) {
        LocalWorker worker = Objects.requireNonNull(instances[instance]);
        Batch batch = new Batch(this, worker, size, false);
        int row = request;
        for (int i = 0; i < size; i++) {
            batch.rows[i] = row;
            batch.calls[i] = live.call(row);
            row = live.nextInBatch(row);
        }
        if (abandoned == null) {
            worker.give(batch);
        } else {
            failLater(batch, abandoned);
        }
    }

    private void failLater(Batch batch, String cause) {
        live.report(events -> {
            for (int i = 0; i < batch.rows.length; i++) {
                batch.calls[i].failed(503, cause);
                events.requestFailed(batch.rows[i]);
            }
        });
    }

    /** A worker is gone, or did not start. */
    private void lost(LocalWorker worker, String cause, PlatformEvents events) {
        if (!worker.exists) {
            return;
        }
        long now = System.nanoTime();
        boolean wasReady = worker.phase == Phase.READY;
        LocalState.Worker last = worker.state(now, null, cause);
        ended.addFirst(last);
        if (ended.size() > LocalState.MAX_ENDED) {
            ended.removeLast();
        }
        Launches launches = launches(worker);
        if (wasReady) {
            launches.lost(cause, now - worker.readyNanos, now);
        } else {
            launches.startFailed(cause, now);
        }
        LOG.warn(
                "{} for {} {}: {}",
                worker.name,
                catalog.variantName(worker.variant),
                wasReady ? "was lost" : "did not start",
                cause);
        remove(worker);
        worker.lose(cause);
        if (worker.place == Place.INSTANCE) {
            events.instanceLost(worker.row, wasReady ? Loss.CRASHED : Loss.LAUNCH_FAILED);
            failHopeless();
        } else {
            events.sandboxReclaimed(worker.owner);
            Batch batch = worker.only();
            if (batch != null) {
                running--;
                batch.calls[0].failed(
                        503, "sandbox " + worker.name + (wasReady ? " was lost: " : " did not start: ") + cause);
                events.requestFailed(batch.rows[0]);
            }
        }
        admitWaiting();
    }

    /** A slot ran a batch. */
    void finished(Batch batch, PlatformEvents events) {
        LocalWorker worker = batch.worker;
        if (!worker.exists || abandoned != null) {
            // its requests went elsewhere, or have ended
            return;
        }
        String lost = batch.lost;
        if (lost != null) {
            worker.dying = true;
        }
        if (batch.isComplete()) {
            worker.take(batch);
            if (worker.place == Place.FUNCTION) {
                invoked(batch, events);
            } else {
                executed(batch, events);
            }
        } else {
            salvage(batch, events);
        }
        if (lost != null && worker.handle != null) {
            worker.handle.kill(lost);
        }
    }

    /** The worker was lost on the way: what has a result keeps it, the others are served elsewhere when it is gone. */
    private static void salvage(Batch batch, PlatformEvents events) {
        for (int i = 0; i < batch.rows.length; i++) {
            if (batch.results[i] instanceof ProtocolException failure) {
                batch.calls[i].failed(batch, failure);
                events.requestFailed(batch.rows[i]);
            } else if (batch.results[i] instanceof InferResponse response) {
                batch.calls[i].answered(batch, response);
                batch.worker.served++;
                events.requestFinished(batch.rows[i]);
            }
        }
    }

    private static void executed(Batch batch, PlatformEvents events) {
        int first = -1;
        for (int i = 0; i < batch.rows.length; i++) {
            if (batch.results[i] instanceof InferResponse response) {
                batch.calls[i].answered(batch, response);
                batch.worker.served++;
                first = first < 0 ? batch.rows[i] : first;
            } else if (batch.results[i] instanceof ProtocolException failure) {
                batch.calls[i].failed(batch, failure);
                events.requestFailed(batch.rows[i]);
            }
        }
        if (first >= 0) {
            events.executionFinished(first);
        }
    }

    // functions

    @Override
    public void invoke(int request, int function) {
        Call call = live.call(request);
        if (abandoned != null) {
            failLater(request, call, abandoned);
            return;
        }
        if (running >= catalog.workload().functions().concurrencyLimit()) {
            live.report(events -> events.invocationThrottled(request));
            return;
        }
        LocalWorker warm = idle.get(function).pollLast();
        if (warm != null) {
            running++;
            warm.give(invocation(request, call, warm, false));
            return;
        }
        Launches launches = ofFunction[function];
        long wait = launches.waitNanos(System.nanoTime());
        if (wait > 0) {
            failLater(
                    request,
                    call,
                    "sandboxes of " + catalog.functionName(function) + " do not start, and the next try is in "
                            + words(Duration.ofNanos(wait)) + ": " + launches.lastFailure());
            return;
        }
        LocalWorker cold = sandbox(function);
        if (cold == null) {
            live.report(events -> events.invocationThrottled(request));
            return;
        }
        running++;
        Batch batch = invocation(request, call, cold, true);
        call.batch = batch;
        cold.waiting = batch;
    }

    private void failLater(int request, Call call, String cause) {
        live.report(events -> {
            call.failed(503, cause);
            events.requestFailed(request);
        });
    }

    private Batch invocation(int request, Call call, LocalWorker worker, boolean cold) {
        Batch batch = new Batch(this, worker, 1, cold);
        batch.rows[0] = request;
        batch.calls[0] = call;
        return batch;
    }

    /** Starts a sandbox; null where there is no room. */
    private @Nullable LocalWorker sandbox(int function) {
        int more = Math.min(settings.maxThreads(), processors(function));
        if (!waiting.isEmpty() || !makeRoom(more)) {
            return null;
        }
        LocalWorker worker = new LocalWorker(
                Place.FUNCTION,
                -1,
                function,
                catalog.variantOfFunction(function),
                catalog.memoryOfFunction(function) + " MB#" + sandboxesAsked++,
                more,
                System.nanoTime());
        workers.add(worker);
        begin(worker);
        live.report(events -> events.sandboxStarted(function));
        return worker;
    }

    private void invoked(Batch batch, PlatformEvents events) {
        LocalWorker worker = batch.worker;
        Call call = batch.calls[0];
        int row = batch.rows[0];
        running--;
        if (!worker.dying) {
            rest(worker);
        }
        if (batch.results[0] instanceof InferResponse response) {
            worker.served++;
            call.answered(batch, response);
            long paid = batch.endedNanos - batch.startedNanos + (batch.cold && initBilled ? worker.loadNanos : 0);
            events.invocationFinished(row, batch.cold, paid);
        } else if (batch.results[0] instanceof ProtocolException failure) {
            call.failed(batch, failure);
            events.requestFailed(row);
        }
        if (!waiting.isEmpty()) {
            admitWaiting();
        }
    }

    /** A sandbox became idle. */
    private void rest(LocalWorker worker) {
        worker.idleSinceNanos = System.nanoTime();
        idle.get(worker.owner).addLast(worker);
        expireBy(worker.owner, expiry(worker));
    }

    private long expiry(LocalWorker worker) {
        long until = worker.idleSinceNanos + keepAlive[worker.owner];
        return keepAlive[worker.owner] > Long.MAX_VALUE / 2 ? Long.MAX_VALUE : until;
    }

    private void expireBy(int function, long nanos) {
        if (nanos < nextExpiry[function] && !closed) {
            nextExpiry[function] = nanos;
            later(nanos - System.nanoTime(), events -> expire(function, nanos));
        }
    }

    private void expire(int function, long atNanos) {
        if (nextExpiry[function] != atNanos) {
            return;
        }
        nextExpiry[function] = Long.MAX_VALUE;
        long now = System.nanoTime();
        Deque<LocalWorker> sandboxes = idle.get(function);
        while (!sandboxes.isEmpty() && expiry(sandboxes.getFirst()) <= now) {
            reclaim(sandboxes.getFirst());
        }
        if (!sandboxes.isEmpty()) {
            expireBy(function, expiry(sandboxes.getFirst()));
        }
        admitWaiting();
    }

    private void reclaim(LocalWorker sandbox) {
        remove(sandbox);
        live.report(events -> events.sandboxReclaimed(sandbox.owner));
    }

    @Override
    public void keepAlive(int function, long idleNanos) {
        keepAlive[function] = idleNanos;
        LocalWorker oldest = idle.get(function).peekFirst();
        if (oldest != null) {
            expireBy(function, expiry(oldest));
        }
    }

    @Override
    public void prewarm(int function, int sandboxes) {
        for (int i = 0; i < sandboxes && !closed; i++) {
            if (ofFunction[function].waitNanos(System.nanoTime()) > 0 || sandbox(function) == null) {
                LOG.info(
                        "{} of {} sandboxes of {} are not started ahead",
                        sandboxes - i,
                        sandboxes,
                        catalog.functionName(function));
                return;
            }
        }
    }

    // time

    @Override
    public void setTimer(long atNanos) {
        if (closed) {
            return;
        }
        if (timer != null) {
            timer.cancel(false);
        }
        long number = ++timerNumber;
        timer = reportIn(atNanos - live.nanos(), events -> {
            if (number == timerNumber) {
                events.timerFired();
            }
        });
    }

    @Override
    public long launchNanos(int fleet) {
        return ofFleet[fleet].nanos();
    }

    // requests that nothing will serve

    /** Fails what waits for variants of which nothing starts any more; looks again as long as there are such. */
    private void failHopeless() {
        if (sweeping || closed) {
            return;
        }
        for (int variant = 0; variant < catalog.variants(); variant++) {
            if (hopeless(variant) != null) {
                sweeping = true;
                sweep();
                return;
            }
        }
    }

    private void sweep() {
        Future<Boolean> unused = live.query(controller -> {
            sweeping = false;
            boolean any = false;
            for (int variant = 0; variant < catalog.variants(); variant++) {
                String cause = hopeless(variant);
                if (cause != null) {
                    any = true;
                    withdraw(controller, variant, cause);
                }
            }
            if (any && !closed) {
                sweeping = true;
                later(SWEEP_NANOS, events -> sweep());
            }
            return any;
        });
    }

    private void withdraw(Controller controller, int variant, String cause) {
        live.forEachOpen((call, row) -> {
            if (controller.isQueued(row) && controller.variant(row) == variant) {
                call.failed(503, "no instance of " + catalog.variantName(variant) + " starts: " + cause);
                controller.withdraw(row);
            }
        });
    }

    /** Why no instance of a variant will serve; null where one does or may. */
    private @Nullable String hopeless(int variant) {
        String cause = null;
        for (int t = 0; t < catalog.instanceTypes(); t++) {
            Launches launches = ofFleet[catalog.fleet(variant, t)];
            if (launches.broken()) {
                cause = launches.lastFailure();
            }
        }
        if (cause != null) {
            for (LocalWorker worker : workers) {
                if (worker.place == Place.INSTANCE
                        && worker.variant == variant
                        && (worker.phase == Phase.READY || !ofFleet[worker.owner].broken())) {
                    return null;
                }
            }
        }
        return cause;
    }

    // from outside

    /** From now on instances are not of the first plan. */
    void firstPlanMade() {
        started = true;
    }

    /** Instances of the first plan that are still starting. */
    int firstStarting() {
        return firstStarting.get();
    }

    LocalState state(Controller controller) {
        long now = System.nanoTime();
        List<LocalState.Worker> states = new ArrayList<>(workers.size());
        for (LocalWorker worker : workers) {
            states.add(worker.state(now, controller, null));
        }
        List<LocalState.Launches> launches = new ArrayList<>();
        for (Launches[] all : List.of(ofFleet, ofFunction)) {
            for (Launches one : all) {
                if (one.any()) {
                    launches.add(one.state(now));
                }
            }
        }
        return new LocalState(states, List.copyOf(ended), launches);
    }

    /** A backend of a variant that is ready; null where there is none. */
    @Nullable
    Backend anyBackend(int variant) {
        for (LocalWorker worker : workers) {
            if (worker.variant == variant && worker.phase == Phase.READY && !worker.dying) {
                return worker.backend;
            }
        }
        return null;
    }

    /** Fails every open request; nothing is served any more. */
    void abandon(Controller controller, String cause) {
        abandoned = cause;
        live.forEachOpen((call, row) -> {
            Batch batch = call.batch;
            call.failed(503, cause);
            if (!controller.withdraw(row) && batch != null) {
                call.batch = null;
                controller.requestFailed(row);
            }
        });
    }

    /** Stops all workers, and starts none from now on; from inside the engine, once nothing is open. */
    void stopAll() {
        closed = true;
        for (LocalWorker worker : List.copyOf(workers)) {
            remove(worker);
        }
    }

    @Override
    public void close() {
        timers.shutdownNow();
        host.close();
    }

    static String words(Duration duration) {
        return duration.toMillis() < 1000
                ? duration.toMillis() + " ms"
                : String.format(Locale.ROOT, "%.1f s", duration.toMillis() / 1e3);
    }
}
