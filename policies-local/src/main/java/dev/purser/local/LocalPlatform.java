package dev.purser.local;

import dev.purser.core.engine.Attempt;
import dev.purser.core.engine.Controller;
import dev.purser.core.engine.Loss;
import dev.purser.core.engine.PlatformEvents;
import dev.purser.core.engine.Ticket;
import dev.purser.core.live.LiveController;
import dev.purser.core.live.LivePlatform;
import dev.purser.core.model.VmProfile;
import dev.purser.core.policy.ServiceCatalog;
import dev.purser.local.Answer.Place;
import dev.purser.local.LocalState.Phase;
import dev.purser.worker.protocol.InferResponse;
import dev.purser.worker.protocol.ProtocolException;
import java.io.IOException;
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
 *
 * <p>In a chain each part has sandboxes of its own, and the engine takes a request from one to the next. What a part leaves for the next goes through the object store; the thread of the part's
 * sandbox does what the function's handler does on a platform where functions reach the store themselves, so that the part's
 * time is that of fetching, running and storing.
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
    private final FolderStore store;
    private final Runnable afterReport;
    private final ScheduledThreadPoolExecutor timers;
    private final boolean initBilled;

    private LiveController<Call> live;

    private final Set<LocalWorker> workers = new LinkedHashSet<>();
    private @Nullable LocalWorker[] instances = new LocalWorker[16];
    /** Instances that wait for room, the first to come first. */
    private final Deque<LocalWorker> waiting = new ArrayDeque<>();
    /** By pool: the idle sandboxes, the newest last. */
    private final List<Deque<LocalWorker>> idle = new ArrayList<>();

    private final Deque<LocalState.Worker> ended = new ArrayDeque<>();
    private final Launches[] ofFleet;
    private final Launches[] ofPool;
    private final long[] keepAlive;
    /** By pool: when the next look for idle sandboxes to reclaim is; {@link Long#MAX_VALUE} where none is. */
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
        store = new FolderStore(settings.cacheDirectory(), (long) settings.objectLimitMb() << 20);
        this.afterReport = afterReport;
        initBilled = catalog.priceBook().function().initBilled();
        timers = new ScheduledThreadPoolExecutor(
                1, Thread.ofPlatform().daemon().name("purser timers").factory());
        timers.setRemoveOnCancelPolicy(true);
        long overhead = settings.mode() == LocalSettings.Mode.PROCESS ? PROCESS_START_NANOS : 0;
        ofFleet = new Launches[catalog.fleets()];
        for (int f = 0; f < ofFleet.length; f++) {
            long expected = catalog.loadNanos(catalog.variantOfFleet(f)) + overhead;
            ofFleet[f] = new Launches(Place.INSTANCE, f, 0, catalog, settings, expected);
        }
        List<Launches> launches = new ArrayList<>();
        for (int f = 0; f < catalog.functions(); f++) {
            for (int part = 0; part < catalog.parts(f); part++) {
                long expected = catalog.partLoadNanos(f, part) + overhead;
                launches.add(new Launches(Place.FUNCTION, f, part, catalog, settings, expected));
                idle.add(new ArrayDeque<>());
            }
        }
        ofPool = launches.toArray(Launches[]::new);
        keepAlive = new long[ofPool.length];
        nextExpiry = new long[ofPool.length];
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
    public void launch(long ticket, int fleet) {
        if (closed) {
            return;
        }
        int instance = Ticket.row(ticket);
        if (instance >= instances.length) {
            instances = Arrays.copyOf(instances, Math.max(instance + 1, instances.length * 2));
        }
        int type = catalog.typeOfFleet(fleet);
        LocalWorker worker = new LocalWorker(
                Place.INSTANCE,
                ticket,
                fleet,
                0,
                catalog.variantOfFleet(fleet),
                catalog.instanceType(type).name() + "#" + instancesAsked++,
                Math.min(settings.maxThreads(), catalog.instanceType(type).vcpus()),
                System.nanoTime());
        worker.billedFromNanos = live.nanos();
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
        boolean brief = worker.place == Place.FUNCTION;
        Host.Order order = new Host.Order(
                worker.variant,
                brief && catalog.isChain(worker.owner) ? worker.part : Host.WHOLE,
                worker.name,
                slots,
                Math.max(1, vcpus(worker) / slots),
                brief);
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
                : processors(worker.owner, worker.part);
    }

    private int processors(int function, int part) {
        return Math.max(
                1, (int) Math.round(catalog.priceBook().function().vcpus(catalog.memoryOfPart(function, part))));
    }

    private int pool(LocalWorker sandbox) {
        return catalog.pool(sandbox.owner) + sandbox.part;
    }

    private Launches launches(LocalWorker worker) {
        return worker.place == Place.INSTANCE ? ofFleet[worker.owner] : ofPool[pool(worker)];
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
            events.instanceReady(worker.ticket, worker.billedFromNanos);
            return;
        }
        Batch cold = worker.waiting;
        if (cold != null) {
            worker.waiting = null;
            worker.give(cold);
        } else {
            events.prewarmFinished(pool(worker), initBilled ? loadNanos : 0);
            rest(worker);
            admitWaiting();
        }
    }

    private void noLongerFirst(LocalWorker worker) {
        if (worker.first) {
            worker.first = false;
            firstStarting.decrementAndGet();
        }
    }

    @Override
    public void terminate(long instance) {
        LocalWorker worker = Ticket.row(instance) < instances.length ? instances[Ticket.row(instance)] : null;
        if (worker != null && worker.ticket == instance) {
            remove(worker);
            admitWaiting();
        }
        long goneNanos = live.nanos();
        live.report(events -> events.instanceGone(instance, goneNanos));
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
            instances[Ticket.row(worker.ticket)] = null;
        } else {
            idle.get(pool(worker)).remove(worker);
        }
        worker.stop();
    }

    /** Room was made, or a sandbox became idle. */
    private void admitWaiting() {
        while (!closed && !waiting.isEmpty() && makeRoom(waiting.getFirst().threads)) {
            begin(waiting.removeFirst());
        }
    }

    @Override
    public void execute(long attempt, int size, long instance) {
        LocalWorker worker = Objects.requireNonNull(instances[Ticket.row(instance)]);
        Batch batch = new Batch(this, worker, attempt, size, false);
        int row = Ticket.row(attempt);
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
                events.requestEnded(batch.ticket(i), Attempt.FAILED);
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
            events.instanceLost(worker.ticket, wasReady ? Loss.CRASHED : Loss.LAUNCH_FAILED, live.nanos());
            failHopeless();
        } else {
            events.sandboxReclaimed(pool(worker));
            Batch batch = worker.only();
            if (batch != null) {
                running--;
                String why = "sandbox " + worker.name + (wasReady ? " was lost: " : " did not start: ") + cause;
                batch.calls[0].failed(503, batch instanceof PartBatch part ? part.run.inPart(why) : why);
                batch.calls[0].batch = null;
                batch.calls[0].losses++;
                long ranNanos = batch.startedNanos == 0 ? -1 : now - batch.startedNanos;
                if (wasReady && !(batch instanceof PartBatch)) {
                    // it may be served elsewhere
                    events.attemptEnded(batch.attempt, Attempt.LOST, batch.cold, ranNanos);
                } else {
                    if (batch instanceof PartBatch part) {
                        over(part.run);
                    }
                    events.attemptEnded(batch.attempt, Attempt.FAILED, batch.cold, ranNanos);
                }
            }
        }
        admitWaiting();
    }

    /** A slot ran a batch. */
    void finished(Batch batch, PlatformEvents events) {
        LocalWorker worker = batch.worker;
        if (!worker.exists || abandoned != null) {
            // its requests went elsewhere, or have ended
            if (batch instanceof PartBatch part) {
                discard(part.output);
            }
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
                events.requestEnded(batch.ticket(i), Attempt.FAILED);
            } else if (batch.results[i] instanceof InferResponse response) {
                batch.calls[i].answered(batch, response);
                batch.worker.served++;
                events.requestEnded(batch.ticket(i), Attempt.ANSWERED);
            }
        }
    }

    private static void executed(Batch batch, PlatformEvents events) {
        int first = -1;
        for (int i = 0; i < batch.rows.length; i++) {
            if (batch.results[i] instanceof InferResponse response) {
                batch.calls[i].answered(batch, response);
                batch.worker.served++;
                first = first < 0 ? i : first;
            } else if (batch.results[i] instanceof ProtocolException failure) {
                batch.calls[i].failed(batch, failure);
                events.requestEnded(batch.ticket(i), Attempt.FAILED);
            }
        }
        if (first >= 0) {
            events.attemptEnded(batch.ticket(first), Attempt.ANSWERED, false, 0);
        }
    }

    // functions

    @Override
    public void invoke(long attempt, int pool) {
        Call call = live.call(Ticket.row(attempt));
        int function = catalog.functionOfPool(pool);
        int part = catalog.partOfPool(pool);
        if (abandoned != null) {
            failLater(attempt, call, abandoned);
            return;
        }
        LocalWorker warm = idle.get(pool).pollLast();
        if (warm == null || running >= catalog.workload().functions().concurrencyLimit()) {
            if (warm != null) {
                idle.get(pool).addLast(warm);
            }
            start(attempt, call, function, part);
            return;
        }
        running++;
        warm.give(invocation(attempt, call, warm, false));
    }

    /** Serves a request in a new sandbox, where there is room for one. */
    private void start(long attempt, Call call, int function, int part) {
        if (running >= catalog.workload().functions().concurrencyLimit()) {
            throttle(attempt);
            return;
        }
        String trouble = noStart(function, part);
        if (trouble != null) {
            ChainRun chain = call.chain;
            if (chain != null) {
                chain.part = part;
            }
            failLater(attempt, call, chain == null ? trouble : chain.inPart(trouble));
            return;
        }
        // a request in a chain goes before instances that wait for room: it has been let in
        LocalWorker cold = waiting.isEmpty() || part > 0 ? sandbox(function, part) : null;
        if (cold == null) {
            throttle(attempt);
            return;
        }
        running++;
        give(cold, invocation(attempt, call, cold, true));
    }

    private void throttle(long attempt) {
        live.report(events -> events.attemptEnded(attempt, Attempt.THROTTLED, false, 0));
    }

    /** What a sandbox that starts is to serve. */
    private static void give(LocalWorker cold, Batch batch) {
        batch.calls[0].batch = batch;
        cold.waiting = batch;
    }

    /** Why no sandbox of a part is started now; null where one may be. */
    private @Nullable String noStart(int function, int part) {
        Launches launches = ofPool[catalog.pool(function) + part];
        long wait = launches.waitNanos(System.nanoTime());
        return wait == 0
                ? null
                : "sandboxes of " + catalog.partName(function, part) + " do not start, and the next try is in "
                        + words(Duration.ofNanos(wait)) + ": " + launches.lastFailure();
    }

    private void failLater(long attempt, Call call, String cause) {
        live.report(events -> {
            call.failed(503, cause);
            if (call.chain != null) {
                over(call.chain);
            }
            events.attemptEnded(attempt, Attempt.FAILED, false, -1);
        });
    }

    private Batch invocation(long attempt, Call call, LocalWorker worker, boolean cold) {
        if (!catalog.isChain(worker.owner)) {
            Batch batch = new Batch(this, worker, attempt, 1, cold);
            batch.rows[0] = Ticket.row(attempt);
            batch.calls[0] = call;
            return batch;
        }
        ChainRun run = call.chain;
        if (run == null) {
            run = new ChainRun(call, catalog.parts(worker.owner));
            call.chain = run;
        }
        run.part = worker.part;
        return new PartBatch(this, store, worker, attempt, cold, run);
    }

    /** Starts a sandbox; null where there is no room. */
    private @Nullable LocalWorker sandbox(int function, int part) {
        int more = Math.min(settings.maxThreads(), processors(function, part));
        if (!makeRoom(more)) {
            return null;
        }
        String name = catalog.memoryOfPart(function, part) + " MB#" + sandboxesAsked++;
        LocalWorker worker = new LocalWorker(
                Place.FUNCTION,
                Ticket.NONE,
                function,
                part,
                catalog.variantOfFunction(function),
                catalog.isChain(function) ? name + " part " + (part + 1) : name,
                more,
                System.nanoTime());
        workers.add(worker);
        // before it can be reported to be gone
        live.report(events -> events.sandboxStarted(catalog.pool(function) + part));
        begin(worker);
        return worker;
    }

    private void invoked(Batch batch, PlatformEvents events) {
        if (batch instanceof PartBatch part) {
            partRan(part, events);
            return;
        }
        LocalWorker worker = batch.worker;
        Call call = batch.calls[0];
        running--;
        if (!worker.dying) {
            rest(worker);
        }
        if (batch.results[0] instanceof InferResponse response) {
            worker.served++;
            call.answered(batch, response);
            events.attemptEnded(batch.attempt, Attempt.ANSWERED, batch.cold, paidNanos(batch));
        } else if (batch.results[0] instanceof ProtocolException failure) {
            call.failed(batch, failure);
            events.attemptEnded(batch.attempt, Attempt.FAILED, batch.cold, paidNanos(batch));
        }
        admitWaiting();
    }

    private long paidNanos(Batch batch) {
        return batch.endedNanos - batch.startedNanos + (batch.cold && initBilled ? batch.worker.loadNanos : 0);
    }

    // chains

    /** A part ran. */
    private void partRan(PartBatch batch, PlatformEvents events) {
        LocalWorker worker = batch.worker;
        ChainRun run = batch.run;
        running--;
        run.ran(batch);
        run.call.batch = null;
        if (!worker.dying) {
            rest(worker);
        }
        if (batch.results[0] instanceof ProtocolException failure) {
            run.call.failed(batch, new ProtocolException(failure.status(), run.inPart(failure.getMessage())));
            over(run);
            events.attemptEnded(batch.attempt, Attempt.FAILED, batch.cold, paidNanos(batch));
        } else if (batch.results[0] instanceof InferResponse response) {
            worker.served++;
            run.left = batch.output;
            if (run.isLast()) {
                run.call.answered(batch, response);
                over(run);
            }
            events.attemptEnded(batch.attempt, Attempt.ANSWERED, batch.cold, paidNanos(batch));
        }
        admitWaiting();
    }

    /** A request has ended, wherever it was. */
    void ended(Call call) {
        if (call.chain != null) {
            over(call.chain);
        }
    }

    /** A request has left its chain, by whichever end. */
    private void over(ChainRun run) {
        run.call.chain = null;
        discard(run.left);
        run.left = null;
    }

    /** Deletes what a part has left, if it has; not inside the engine, which must not wait for a disk. */
    private void discard(@Nullable String object) {
        if (object != null) {
            Thread.startVirtualThread(() -> {
                try {
                    store.delete(object);
                } catch (IOException e) {
                    LOG.warn("Object {} cannot be deleted: {}", object, e.toString());
                }
            });
        }
    }

    /** A sandbox became idle. */
    private void rest(LocalWorker worker) {
        worker.idleSinceNanos = System.nanoTime();
        int pool = pool(worker);
        idle.get(pool).addLast(worker);
        expireBy(pool, expiry(worker));
    }

    private long expiry(LocalWorker worker) {
        long until = worker.idleSinceNanos + keepAlive[pool(worker)];
        return keepAlive[pool(worker)] > Long.MAX_VALUE / 2 ? Long.MAX_VALUE : until;
    }

    private void expireBy(int pool, long nanos) {
        if (nanos < nextExpiry[pool] && !closed) {
            nextExpiry[pool] = nanos;
            later(nanos - System.nanoTime(), events -> expire(pool, nanos));
        }
    }

    private void expire(int pool, long atNanos) {
        if (nextExpiry[pool] != atNanos) {
            return;
        }
        nextExpiry[pool] = Long.MAX_VALUE;
        long now = System.nanoTime();
        Deque<LocalWorker> sandboxes = idle.get(pool);
        while (!sandboxes.isEmpty() && expiry(sandboxes.getFirst()) <= now) {
            reclaim(sandboxes.getFirst());
        }
        if (!sandboxes.isEmpty()) {
            expireBy(pool, expiry(sandboxes.getFirst()));
        }
        admitWaiting();
    }

    private void reclaim(LocalWorker sandbox) {
        remove(sandbox);
        live.report(events -> events.sandboxReclaimed(pool(sandbox)));
    }

    @Override
    public void keepAlive(int pool, long idleNanos) {
        keepAlive[pool] = idleNanos;
        LocalWorker oldest = idle.get(pool).peekFirst();
        if (oldest != null) {
            expireBy(pool, expiry(oldest));
        }
    }

    @Override
    public void prewarm(int pool, int sandboxes) {
        int function = catalog.functionOfPool(pool);
        int part = catalog.partOfPool(pool);
        for (int i = 0; i < sandboxes && !closed; i++) {
            boolean room = waiting.isEmpty() && noStart(function, part) == null;
            if (!room || sandbox(function, part) == null) {
                LOG.info(
                        "{} of {} sandboxes of {} are not started ahead",
                        sandboxes - i,
                        sandboxes,
                        catalog.partName(function, part));
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
        for (Launches[] all : List.of(ofFleet, ofPool)) {
            for (Launches one : all) {
                if (one.any()) {
                    launches.add(one.state(now));
                }
            }
        }
        return new LocalState(states, List.copyOf(ended), launches, store.state());
    }

    /** A backend of a network that is ready; null where there is none. */
    @Nullable
    Backend anyBackend(int variant, int part) {
        for (LocalWorker worker : workers) {
            boolean isPart = worker.place == Place.FUNCTION && catalog.isChain(worker.owner);
            if (worker.variant == variant
                    && (isPart ? worker.part : Host.WHOLE) == part
                    && worker.phase == Phase.READY
                    && !worker.dying) {
                return worker.backend;
            }
        }
        return null;
    }

    /** Fails every open request; nothing is served any more. */
    void abandon(Controller controller, String cause) {
        abandoned = cause;
        live.forEachOpen((call, row) -> {
            ChainRun chain = call.chain;
            call.failed(503, cause);
            call.batch = null;
            if (chain != null) {
                over(chain);
            }
            controller.abandon(row);
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
        clear();
    }

    /** Deletes what is between parts. */
    void clear() {
        store.close();
    }

    static String words(Duration duration) {
        return duration.toMillis() < 1000
                ? duration.toMillis() + " ms"
                : String.format(Locale.ROOT, "%.1f s", duration.toMillis() / 1e3);
    }
}
