package dev.purser.sim;

import dev.purser.core.engine.Clock;
import dev.purser.core.engine.Controller;
import dev.purser.core.engine.Platform;
import dev.purser.core.policy.ServiceCatalog;
import java.util.Arrays;

/**
 * Instances, functions and time, simulated. Commands become events in the queue; taking an event moves the clock and
 * tells the controller.
 *
 * <p>A function's sandbox serves one request at a time; the one that became idle last is taken first. A request that
 * finds no idle sandbox starts one: sandbox start, then model load, then the request (a cold start), unless the account
 * already runs as many invocations as its concurrency limit allows. An idle sandbox is reclaimed after its keep-alive.
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

    private final ServiceCatalog catalog;
    private final SimulatorSettings settings;
    private final EventQueue events = new EventQueue();
    private final SandboxTable sandboxes;
    private final Noise service;
    private final Noise instanceBoot;
    private final Noise sandboxStart;
    private final long idle;
    private final long extra;
    private final long invokeOverhead;
    private final int concurrencyLimit;
    private final boolean initBilled;
    private final long[] keepAlive;

    /** The tag of each pending instance's ready event, so that one that was terminated meanwhile is not made ready. */
    private long[] readyTag = new long[16];

    private long timerTag;
    private int[] fleetOf = new int[16];
    /** Of each instance: when the last of its services until now ends. */
    private long[] busyUntil = new long[16];

    /** Of each request in a function: its sandbox, what is paid for, and whether it started cold. */
    private int[] sandbox = new int[64];

    private long[] paidNanos = new long[64];
    private boolean[] cold = new boolean[64];

    private Controller controller;
    private long now;
    private long booted;
    private long coldStarted;
    private int running;

    @SuppressWarnings("NullAway.Init") // the controller and its platform need each other; attach() closes the circle
    SimulatedPlatform(ServiceCatalog catalog, SimulatorSettings settings, Seeds seeds) {
        this.catalog = catalog;
        this.settings = settings;
        sandboxes = new SandboxTable(catalog.functions());
        service = new Noise(settings.service(), seeds.of("service"));
        instanceBoot = new Noise(settings.instanceBootSpread(), seeds.of("instance-boot"));
        sandboxStart = new Noise(settings.sandboxStartSpread(), seeds.of("sandbox-start"));
        idle = settings.afterIdle().idle().toNanos();
        extra = settings.afterIdle().extra().toNanos();
        invokeOverhead = settings.invokeOverhead().toNanos();
        concurrencyLimit = catalog.workload().functions().concurrencyLimit();
        initBilled = catalog.priceBook().function().initBilled();
        keepAlive = new long[catalog.functions()];
    }

    void attach(Controller newController) {
        controller = newController;
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
            case EXECUTION_FINISHED -> controller.executionFinished(row);
            case INVOCATION_FINISHED -> invocationFinished(row);
            case SANDBOX_EXPIRY -> expire(row, tag);
            case TIMER -> {
                if (timerTag == tag) {
                    controller.timerFired();
                }
            }
            case INSTANCE_READY -> {
                if (readyTag[row] == tag) {
                    controller.instanceReady(row);
                }
            }
            case THROTTLED -> controller.invocationThrottled(row);
            case SANDBOX_STARTED -> controller.sandboxStarted(sandboxes.function(row));
            default -> {
                controller.prewarmFinished(sandboxes.function(row), initNanos(sandboxes.function(row)));
                rest(row);
            }
        }
    }

    @Override
    public void launch(int instance, int fleet) {
        if (instance >= readyTag.length) {
            int size = Math.max(instance + 1, readyTag.length * 2);
            readyTag = Arrays.copyOf(readyTag, size);
            fleetOf = Arrays.copyOf(fleetOf, size);
            busyUntil = Arrays.copyOf(busyUntil, size);
        }
        fleetOf[instance] = fleet;
        busyUntil[instance] = now;
        long delay = settings.warmFleet() && now == 0
                ? 0
                : Math.round(settings.instanceBoot().toNanos() * instanceBoot.factor(booted++))
                        + catalog.loadNanos(catalog.variantOfFleet(fleet));
        readyTag[instance] = events.add(now + delay, INSTANCE_READY, instance);
    }

    @Override
    public void terminate(int instance) {
        readyTag[instance] = -1;
    }

    @Override
    public long launchNanos(int fleet) {
        return settings.instanceBoot().toNanos() + catalog.loadNanos(catalog.variantOfFleet(fleet));
    }

    @Override
    public void execute(int request, int size, int instance) {
        long profiled = catalog.serviceNanos(fleetOf[instance], size);
        long end = now + serviceNanos(profiled, request, now - busyUntil[instance]);
        busyUntil[instance] = Math.max(busyUntil[instance], end);
        events.add(end, EXECUTION_FINISHED, request);
    }

    private long serviceNanos(long profiled, int request, long paused) {
        long nanos = Math.max(1, Math.round(profiled * service.factor(controller.requestNumber(request))));
        return paused >= idle ? nanos + extra : nanos;
    }

    @Override
    public void invoke(int request, int function) {
        if (running >= concurrencyLimit) {
            events.add(now + invokeOverhead, THROTTLED, request);
            return;
        }
        running++;
        if (request >= sandbox.length) {
            int size = Math.max(request + 1, sandbox.length * 2);
            sandbox = Arrays.copyOf(sandbox, size);
            paidNanos = Arrays.copyOf(paidNanos, size);
            cold = Arrays.copyOf(cold, size);
        }
        int row = sandboxes.takeNewestIdle(function);
        long nanos = serviceNanos(
                catalog.functionNanos(function),
                request,
                row == SandboxTable.NONE ? 0 : now - sandboxes.idleSince(row));
        cold[request] = row == SandboxTable.NONE;
        paidNanos[request] = nanos;
        long end = now + invokeOverhead + nanos;
        if (row == SandboxTable.NONE) {
            row = startSandbox(function);
            end += coldStartNanos(function);
            paidNanos[request] += initNanos(function);
        }
        sandbox[request] = row;
        events.add(end, INVOCATION_FINISHED, request);
    }

    private int startSandbox(int function) {
        int row = sandboxes.add(function);
        events.add(now, SANDBOX_STARTED, row);
        return row;
    }

    private long coldStartNanos(int function) {
        return Math.round(settings.sandboxStart().toNanos() * sandboxStart.factor(coldStarted++))
                + catalog.loadNanos(catalog.variantOfFunction(function));
    }

    /** What is paid for an initialisation: the model load where the price book bills it, never the sandbox start. */
    private long initNanos(int function) {
        return initBilled ? catalog.loadNanos(catalog.variantOfFunction(function)) : 0;
    }

    private void invocationFinished(int request) {
        running--;
        rest(sandbox[request]);
        controller.invocationFinished(request, cold[request], paidNanos[request]);
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
        long until = sandboxes.idleSince(row) + keepAlive[sandboxes.function(row)];
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
        controller.sandboxReclaimed(sandboxes.function(row));
    }

    @Override
    public void keepAlive(int function, long idleNanos) {
        boolean shorter = idleNanos < keepAlive[function];
        keepAlive[function] = idleNanos;
        if (shorter) {
            // a longer time is found out when the old expiry comes
            for (int row = sandboxes.newestIdle(function); row != SandboxTable.NONE; row = sandboxes.older(row)) {
                expireBy(row, Math.max(now, expiry(row)));
            }
        }
    }

    @Override
    public void prewarm(int function, int count) {
        for (int i = 0; i < count; i++) {
            events.add(now + coldStartNanos(function), SANDBOX_WARM, startSandbox(function));
        }
    }

    @Override
    public void setTimer(long atNanos) {
        timerTag = events.add(atNanos, TIMER, 0);
    }
}
