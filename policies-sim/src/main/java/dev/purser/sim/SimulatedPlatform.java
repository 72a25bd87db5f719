package dev.purser.sim;

import dev.purser.core.engine.Attempt;
import dev.purser.core.engine.Clock;
import dev.purser.core.engine.Controller;
import dev.purser.core.engine.Loss;
import dev.purser.core.engine.Platform;
import dev.purser.core.engine.PlatformEvents;
import dev.purser.core.engine.Ticket;
import dev.purser.core.model.ChainPart;
import dev.purser.core.policy.ServiceCatalog;
import dev.purser.core.pricing.BurstPricing;
import java.util.Arrays;
import java.util.Comparator;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Instances, functions and time, simulated. Commands become events in the queue; taking an event moves the clock and
 * tells the controller.
 *
 * <p>A function's sandbox serves one request at a time; the one that became idle last is taken first. A request that
 * finds no idle sandbox starts one: sandbox start, then model load, then the request (a cold start), unless the account
 * already runs as many invocations as its concurrency limit allows. An idle sandbox is reclaimed after its keep-alive.
 *
 * <p>In a chain each part has sandboxes of its own, and is invoked when the part before it has ended: its sandbox may be
 * warm or cold, whatever that of another part was.
 *
 * <p>No event has the tag 0, which stands for none.
 */
final class SimulatedPlatform implements Platform, Clock {
    private static final int TIMER = 0;
    private static final int INSTANCE_READY = 1;
    private static final int EXECUTION_FINISHED = 2;
    private static final int INVOCATION_FINISHED = 3;
    private static final int THROTTLED = 4;
    private static final int SANDBOX_EXPIRY = 5;
    private static final int SANDBOX_WARM = 6;
    private static final int SANDBOX_STARTED = 7;
    private static final int NOTICE = 8;
    private static final int INTERRUPTED = 9;
    private static final int LAUNCH_FAILED = 10;
    private static final int NO_CAPACITY = 11;
    private static final int CREDIT_SERVICE_FINISHED = 12;
    private static final int CREDITS_EXHAUSTED = 13;
    private static final int SPOT_PRICE = 14;
    private static final int SPOT_EVENT = 15;
    private static final int GONE = 16;
    private static final int STOPPED = 17;

    /** How soon the provider says that a launch cannot be had, or that it failed. */
    private static final long NO_CAPACITY_NANOS = 1_000_000_000L;

    private static final long LAUNCH_FAILED_NANOS = 5_000_000_000L;

    private final ServiceCatalog catalog;
    private final SimulatorSettings settings;
    private final EventQueue events = new EventQueue();
    private final SandboxTable sandboxes;
    private final Noise service;
    private final Noise partService;
    private final Noise instanceBoot;
    private final Noise sandboxStart;
    private final long idle;
    private final long extra;
    private final long invokeOverhead;
    private final int concurrencyLimit;
    private final boolean initBilled;
    private final long[] keepAlive;

    private final Spot spot;

    /** The tag of each pending instance's ready event, so that one that was terminated meanwhile is not made ready. */
    private long[] readyTag = new long[16];

    private long timerTag;
    private int[] fleetOf = new int[16];
    /** Of each instance: when the last of its services until now ends. */
    private long[] busyUntil = new long[16];
    /** Of each instance that is there: the tags of its notice and of its end, 0 for none; and when it was launched. */
    private boolean[] exists = new boolean[16];

    private long[] noticeTag = new long[16];
    private long[] interruptTag = new long[16];
    private long[] launchedNanos = new long[16];
    /** Of each burstable instance. */
    private @Nullable CpuCredits[] credits = new CpuCredits[16];

    private long[] exhaustedTag = new long[16];

    /** Of each instance: its ticket, and the tag of the report that it has stopped or is gone. */
    private long[] ticketOf = new long[16];

    private long[] leftTag = new long[16];

    /** Of each attempt, by its row: its ticket; and on an instance the tag of its end, so that one that was lost does not end. */
    private long[] attempts = new long[64];

    private long[] finishTag = new long[64];

    /** Of each sandbox that is busy: the attempt that it serves, what is paid for, and whether it started cold. */
    private long[] serves = new long[64];

    private long[] paidNanos = new long[64];
    private boolean[] cold = new boolean[64];

    private final Noise launchFault;
    private Controller controller;
    private PlatformEvents reports;
    private long now;
    private long booted;
    private long faultable;
    private long coldStarted;
    private int running;

    @SuppressWarnings("NullAway.Init") // the controller and its platform need each other; attach() closes the circle
    SimulatedPlatform(ServiceCatalog catalog, SimulatorSettings settings, Seeds seeds) {
        this.catalog = catalog;
        this.settings = settings;
        sandboxes = new SandboxTable(catalog.pools());
        partService = new Noise(settings.service(), seeds.of("part-service"));
        service = new Noise(settings.service(), seeds.of("service"));
        instanceBoot = new Noise(settings.instanceBootSpread(), seeds.of("instance-boot"));
        sandboxStart = new Noise(settings.sandboxStartSpread(), seeds.of("sandbox-start"));
        idle = settings.afterIdle().idle().toNanos();
        extra = settings.afterIdle().extra().toNanos();
        invokeOverhead = settings.invokeOverhead().toNanos();
        concurrencyLimit = catalog.workload().functions().concurrencyLimit();
        initBilled = catalog.priceBook().function().initBilled();
        keepAlive = new long[catalog.pools()];
        launchFault = new Noise(Spread.none(), seeds.of("launch-fault"));
        spot = new Spot(catalog, settings, seeds);
    }

    /** What the spot market has in store is put into the queue. */
    void open() {
        spot.open(this, reports);
    }

    void attach(Controller newController) {
        controller = newController;
        reports = newController.events();
    }

    @Override
    public long nanos() {
        return now;
    }

    /** Moves the clock to an arrival, which must not be after the next event. */
    void moveTo(long nanos) {
        now = nanos;
    }

    long nextEventNanos() {
        return events.nextTime();
    }

    /** Takes the next event and tells the controller. */
    void step() {
        now = events.nextTime();
        long tag = events.take();
        int row = EventQueue.row(tag);
        switch (EventQueue.kind(tag)) {
            case EXECUTION_FINISHED -> {
                if (finishTag[row] == tag) {
                    reports.attemptEnded(attempts[row], Attempt.ANSWERED, false, 0);
                }
            }
            case INVOCATION_FINISHED -> invocationFinished(row);
            case SANDBOX_EXPIRY -> expire(row, tag);
            case TIMER -> {
                if (timerTag == tag) {
                    reports.timerFired();
                }
            }
            case INSTANCE_READY -> {
                if (readyTag[row] == tag) {
                    ready(row);
                }
            }
            case THROTTLED -> reports.attemptEnded(attempts[row], Attempt.THROTTLED, false, 0);
            case SANDBOX_STARTED -> reports.sandboxStarted(sandboxes.pool(row));
            case NOTICE -> {
                if (noticeTag[row] == tag) {
                    reports.instanceNotice(
                            ticketOf[row], now + settings.spot().notice().toNanos());
                }
            }
            case INTERRUPTED -> {
                if (interruptTag[row] == tag) {
                    lose(row, Loss.INTERRUPTED);
                }
            }
            case LAUNCH_FAILED -> {
                if (readyTag[row] == tag) {
                    lose(row, Loss.LAUNCH_FAILED);
                }
            }
            case NO_CAPACITY -> {
                if (readyTag[row] == tag) {
                    lose(row, Loss.NO_CAPACITY);
                }
            }
            case CREDIT_SERVICE_FINISHED -> creditServiceFinished(row, tag);
            case CREDITS_EXHAUSTED -> {
                if (exhaustedTag[row] == tag) {
                    creditsExhausted(row);
                }
            }
            case SPOT_PRICE -> spot.priceChanges(row, this, reports);
            case SPOT_EVENT -> spot.happens(row, this);
            case GONE -> {
                if (leftTag[row] == tag) {
                    reports.instanceGone(ticketOf[row], now);
                }
            }
            case STOPPED -> {
                if (leftTag[row] == tag) {
                    reports.instanceStopped(ticketOf[row], now);
                }
            }
            default -> {
                int pool = sandboxes.pool(row);
                reports.prewarmFinished(pool, initNanos(pool));
                rest(row);
            }
        }
    }

    @Override
    public void launch(long ticket, int fleet) {
        int instance = Ticket.row(ticket);
        if (instance >= readyTag.length) {
            int size = Math.max(instance + 1, readyTag.length * 2);
            readyTag = Arrays.copyOf(readyTag, size);
            fleetOf = Arrays.copyOf(fleetOf, size);
            busyUntil = Arrays.copyOf(busyUntil, size);
            exists = Arrays.copyOf(exists, size);
            noticeTag = Arrays.copyOf(noticeTag, size);
            interruptTag = Arrays.copyOf(interruptTag, size);
            launchedNanos = Arrays.copyOf(launchedNanos, size);
            credits = Arrays.copyOf(credits, size);
            exhaustedTag = Arrays.copyOf(exhaustedTag, size);
            ticketOf = Arrays.copyOf(ticketOf, size);
            leftTag = Arrays.copyOf(leftTag, size);
        }
        ticketOf[instance] = ticket;
        fleetOf[instance] = fleet;
        begin(
                instance,
                settings.warmFleet() && now == 0
                        ? 0
                        : Math.round(settings.instanceBoot().toNanos() * instanceBoot.factor(booted++))
                                + catalog.loadNanos(catalog.variantOfFleet(fleet)));
    }

    @Override
    public boolean combinesAnswers() {
        return true;
    }

    @Override
    public boolean keepsStopped() {
        return true;
    }

    @Override
    public void stop(long ticket) {
        leaves(Ticket.row(ticket), STOPPED);
    }

    @Override
    public void start(long ticket) {
        int instance = Ticket.row(ticket);
        begin(
                instance,
                settings.standbyStart().toNanos() + catalog.loadNanos(catalog.variantOfFleet(fleetOf[instance])));
    }

    /** An instance is being launched or started, if nothing is against it. */
    private void begin(int instance, long delay) {
        int type = catalog.typeOfFleet(fleetOf[instance]);
        busyUntil[instance] = now;
        leftTag[instance] = 0;
        exists[instance] = true;
        noticeTag[instance] = 0;
        interruptTag[instance] = 0;
        exhaustedTag[instance] = 0;
        launchedNanos[instance] = now;
        credits[instance] = null;
        double chance = settings.faults().launchFailure() + settings.faults().launchHang() == 0
                ? 1
                : launchFault.uniform(faultable++);
        if (spot.isOut(type, now)) {
            readyTag[instance] = events.add(now + NO_CAPACITY_NANOS, NO_CAPACITY, instance);
        } else if (chance < settings.faults().launchFailure()) {
            readyTag[instance] = events.add(now + LAUNCH_FAILED_NANOS, LAUNCH_FAILED, instance);
        } else if (chance
                < settings.faults().launchFailure() + settings.faults().launchHang()) {
            readyTag[instance] = 0;
        } else {
            readyTag[instance] = events.add(now + delay, INSTANCE_READY, instance);
            long taken = spot.takenAfter(type);
            if (taken != Long.MAX_VALUE) {
                interrupt(instance, now + taken);
            }
        }
    }

    /** A launched instance serves from now on. */
    private void ready(int instance) {
        int fleet = fleetOf[instance];
        int type = catalog.typeOfFleet(fleet);
        BurstPricing burst = catalog.burst(type);
        if (burst != null) {
            int vcpus = catalog.instanceType(type).vcpus();
            credits[instance] = new CpuCredits(
                    vcpus,
                    burst.baseline(),
                    catalog.slots(fleet),
                    catalog.burstMode(type) == BurstPricing.Mode.UNLIMITED,
                    burst.launchCredits(),
                    now);
        }
        reports.instanceReady(ticketOf[instance], launchedNanos[instance]);
    }

    @Override
    public void terminate(long ticket) {
        leaves(Ticket.row(ticket), GONE);
    }

    /** An instance stops or ends; that is reported at once. */
    private void leaves(int instance, int report) {
        forget(instance);
        leftTag[instance] = events.add(now, report, instance);
    }

    private void forget(int instance) {
        readyTag[instance] = 0;
        exists[instance] = false;
        noticeTag[instance] = 0;
        interruptTag[instance] = 0;
        exhaustedTag[instance] = 0;
    }

    /** The provider takes an instance back, and says so beforehand unless that is lost. */
    void interrupt(int instance, long at) {
        if (interruptTag[instance] != 0) {
            return;
        }
        long notice = settings.spot().notice().toNanos();
        if (!spot.losesNotice()) {
            noticeTag[instance] = events.add(Math.max(now, at - notice), NOTICE, instance);
        }
        interruptTag[instance] = events.add(at, INTERRUPTED, instance);
    }

    /** Gives notice to an instance now. */
    void interrupt(int instance) {
        interrupt(instance, now + settings.spot().notice().toNanos());
    }

    /** Instances of a type that are there, those launched first in front. */
    int[] instancesOf(int type) {
        return IntStream.range(0, exists.length)
                .filter(i -> exists[i] && catalog.typeOfFleet(fleetOf[i]) == type)
                .boxed()
                .sorted(Comparator.comparingLong(i -> launchedNanos[i]))
                .mapToInt(Integer::intValue)
                .toArray();
    }

    /** Asks for an event of the spot market. */
    void spotEvent(long at, boolean price, int number) {
        events.add(at, price ? SPOT_PRICE : SPOT_EVENT, number);
    }

    private void lose(int instance, Loss loss) {
        CpuCredits ofInstance = credits[instance];
        if (ofInstance != null) {
            ofInstance.abandon(now);
        }
        forget(instance);
        reports.instanceLost(ticketOf[instance], loss, now);
    }

    @Override
    public long launchNanos(int fleet) {
        return settings.instanceBoot().toNanos() + catalog.loadNanos(catalog.variantOfFleet(fleet));
    }

    @Override
    public void execute(long attempt, int size, long ticket) {
        int request = Ticket.row(attempt);
        int instance = Ticket.row(ticket);
        long profiled = catalog.serviceNanos(fleetOf[instance], size);
        long nanos = serviceNanos(profiled, request, now - busyUntil[instance]);
        begins(attempt, request);
        CpuCredits ofInstance = credits[instance];
        if (ofInstance != null) {
            ofInstance.advance(now);
            double speed = ofInstance.speed();
            int place = ofInstance.begin(request, (double) nanos);
            creditsChanged(instance, ofInstance, speed, place);
            return;
        }
        long end = now + nanos;
        busyUntil[instance] = Math.max(busyUntil[instance], end);
        finishTag[request] = events.add(end, EXECUTION_FINISHED, request);
    }

    private void begins(long attempt, int request) {
        if (request >= attempts.length) {
            int size = Math.max(request + 1, attempts.length * 2);
            attempts = Arrays.copyOf(attempts, size);
            finishTag = Arrays.copyOf(finishTag, size);
        }
        attempts[request] = attempt;
        finishTag[request] = 0;
    }

    private void creditServiceFinished(int instance, long tag) {
        CpuCredits ofInstance = credits[instance];
        int place = ofInstance == null ? -1 : ofInstance.placeOf(tag);
        if (ofInstance == null || place < 0) {
            return;
        }
        ofInstance.advance(now);
        double speed = ofInstance.speed();
        int request = ofInstance.request(place);
        ofInstance.end(place);
        busyUntil[instance] = now;
        creditsChanged(instance, ofInstance, speed, -1);
        reportCredits(instance, ofInstance);
        reports.attemptEnded(attempts[request], Attempt.ANSWERED, false, 0);
    }

    private void creditsExhausted(int instance) {
        CpuCredits ofInstance = credits[instance];
        if (ofInstance != null) {
            ofInstance.advance(now);
            creditsChanged(instance, ofInstance, Double.NaN, -1);
            reportCredits(instance, ofInstance);
        }
    }

    /** The services of a burstable instance end at other times where its speed has changed. */
    private void creditsChanged(int instance, CpuCredits ofInstance, double speedBefore, int begun) {
        boolean all = ofInstance.speed() != speedBefore;
        for (int place = 0; place < ofInstance.busy(); place++) {
            if (all || place == begun) {
                ofInstance.tag(place, events.add(ofInstance.endsAt(place), CREDIT_SERVICE_FINISHED, instance));
            }
        }
        long exhausted = ofInstance.exhaustedAt();
        exhaustedTag[instance] = exhausted == Long.MAX_VALUE ? 0 : events.add(exhausted, CREDITS_EXHAUSTED, instance);
    }

    private void reportCredits(int instance, CpuCredits ofInstance) {
        if (ofInstance.changesReport()) {
            reports.instanceThrottled(ticketOf[instance], ofInstance.isReportedThrottled());
        }
    }

    @Override
    public long surplusVcpuMillis(long ticket) {
        CpuCredits ofInstance = credits[Ticket.row(ticket)];
        return ofInstance == null ? 0 : ofInstance.surplusVcpuMillis(now);
    }

    private long serviceNanos(long profiled, int request, long paused) {
        long nanos = Math.max(1, Math.round(profiled * service.factor(controller.requestNumber(request))));
        return paused >= idle ? nanos + extra : nanos;
    }

    @Override
    public void invoke(long attempt, int pool) {
        int request = Ticket.row(attempt);
        begins(attempt, request);
        if (running >= concurrencyLimit) {
            events.add(now + invokeOverhead, THROTTLED, request);
            return;
        }
        running++;
        int function = catalog.functionOfPool(pool);
        int row = sandboxes.takeNewestIdle(pool);
        long paused = row == SandboxTable.NONE ? 0 : now - sandboxes.idleSince(row);
        if (!catalog.isChain(function)) {
            run(request, pool, row, serviceNanos(catalog.functionNanos(function), request, paused));
            return;
        }
        // parts are apart in their luck, so that a long chain varies less than a short one
        int part = catalog.partOfPool(pool);
        double factor = partService.factor(controller.requestNumber(request) * ChainPart.MAX_PARTS + part);
        long nanos = Math.max(1, Math.round(catalog.partNanos(function, part) * factor));
        run(request, pool, row, paused >= idle && row != SandboxTable.NONE ? nanos + extra : nanos);
    }

    /** Runs a request in an idle sandbox, or in a new one where there is none. */
    private void run(int request, int pool, int idleRow, long nanos) {
        int row = idleRow;
        boolean starts = row == SandboxTable.NONE;
        long paid = nanos;
        long end = now + invokeOverhead + nanos;
        if (starts) {
            row = startSandbox(pool);
            end += coldStartNanos(pool);
            paid += initNanos(pool);
        }
        if (row >= serves.length) {
            int size = Math.max(row + 1, serves.length * 2);
            serves = Arrays.copyOf(serves, size);
            paidNanos = Arrays.copyOf(paidNanos, size);
            cold = Arrays.copyOf(cold, size);
        }
        serves[row] = attempts[request];
        paidNanos[row] = paid;
        cold[row] = starts;
        events.add(end, INVOCATION_FINISHED, row);
    }

    private int startSandbox(int pool) {
        int row = sandboxes.add(pool);
        events.add(now, SANDBOX_STARTED, row);
        return row;
    }

    private long loadNanos(int pool) {
        return catalog.partLoadNanos(catalog.functionOfPool(pool), catalog.partOfPool(pool));
    }

    private long coldStartNanos(int pool) {
        return Math.round(settings.sandboxStart().toNanos() * sandboxStart.factor(coldStarted++)) + loadNanos(pool);
    }

    /** What is paid for an initialisation: the model load where the price book bills it, never the sandbox start. */
    private long initNanos(int pool) {
        return initBilled ? loadNanos(pool) : 0;
    }

    private void invocationFinished(int row) {
        rest(row);
        running--;
        reports.attemptEnded(serves[row], Attempt.ANSWERED, cold[row], paidNanos[row]);
    }

    /**
     * Makes a sandbox idle. Its pending expiry event is left alone where it comes early enough: it then looks again, so a
     * busy sandbox costs one event for each keep-alive and not one for each request.
     */
    private void rest(int row) {
        sandboxes.idle(row, now);
        expireBy(row, expiry(row));
    }

    /** When an idle sandbox is to be reclaimed; {@link Long#MAX_VALUE} for never. */
    private long expiry(int row) {
        long until = sandboxes.idleSince(row) + keepAlive[sandboxes.pool(row)];
        return until < 0 ? Long.MAX_VALUE : until;
    }

    private void expireBy(int row, long nanos) {
        if (nanos < sandboxes.timerNanos(row)) {
            sandboxes.timer(row, events.add(nanos, SANDBOX_EXPIRY, row), nanos);
        }
    }

    private void expire(int row, long tag) {
        if (sandboxes.timerTag(row) != tag) {
            return;
        }
        sandboxes.noTimer(row);
        if (!sandboxes.isIdle(row)) {
            return;
        }
        long until = expiry(row);
        if (until > now) {
            expireBy(row, until);
            return;
        }
        sandboxes.reclaim(row);
        reports.sandboxReclaimed(sandboxes.pool(row));
    }

    @Override
    public void keepAlive(int pool, long idleNanos) {
        boolean shorter = idleNanos < keepAlive[pool];
        keepAlive[pool] = idleNanos;
        if (shorter) {
            // a longer time is found out when the old expiry comes
            for (int row = sandboxes.newestIdle(pool); row != SandboxTable.NONE; row = sandboxes.older(row)) {
                expireBy(row, Math.max(now, expiry(row)));
            }
        }
    }

    @Override
    public void prewarm(int pool, int count) {
        for (int i = 0; i < count; i++) {
            events.add(now + coldStartNanos(pool), SANDBOX_WARM, startSandbox(pool));
        }
    }

    @Override
    public void setTimer(long atNanos) {
        timerTag = events.add(atNanos, TIMER, 0);
    }
}
