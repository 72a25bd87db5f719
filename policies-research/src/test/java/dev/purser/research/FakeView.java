package dev.purser.research;

import dev.purser.core.policy.FunctionView;
import dev.purser.core.policy.Offload;
import dev.purser.core.policy.ProvisioningView;
import dev.purser.core.policy.QueueView;
import dev.purser.core.policy.Reason;
import dev.purser.core.policy.RequestView;
import dev.purser.core.policy.Selection;
import dev.purser.core.policy.ServiceCatalog;

/** What policies look at, set by hand. At first there is nothing: no instances, no load, time 0. */
public final class FakeView implements ProvisioningView, FunctionView, QueueView {
    private final ServiceCatalog catalog;
    private final int[] ready;
    private final int[] pending;
    private final int[] busy;
    private final int[] idle;
    private final double[] utilisation;
    private final int[] queued;
    private final double[] arrivals;
    private final int[] running;
    private final int[] fleetQueued;
    private final long[] ended;
    private final long[] violations;
    private final int[] noticed;
    private final int[] throttled;
    private final int[] standby;
    private final boolean[] unavailable;
    private final double[] usdPerSecond;
    private long nanos;
    private long intervalNanos = 10_000_000_000L;
    private long launchNanos = 101_000_000_000L;
    private Trigger trigger = Trigger.INTERVAL;
    private Offload offload = Offload.always();
    private int function;
    private long invocations;
    private int sandboxes;
    private int queueFleet;
    private long oldest;
    private long deadline = ServiceCatalog.UNBOUNDED;

    public FakeView(ServiceCatalog catalog) {
        this.catalog = catalog;
        ready = new int[catalog.fleets()];
        pending = new int[catalog.fleets()];
        busy = new int[catalog.fleets()];
        idle = new int[catalog.fleets()];
        utilisation = new double[catalog.fleets()];
        queued = new int[catalog.variants()];
        arrivals = new double[catalog.variants()];
        running = new int[catalog.functions()];
        fleetQueued = new int[catalog.fleets()];
        ended = new long[catalog.variants()];
        violations = new long[catalog.variants()];
        noticed = new int[catalog.fleets()];
        throttled = new int[catalog.fleets()];
        standby = new int[catalog.fleets()];
        unavailable = new boolean[catalog.fleets()];
        usdPerSecond = new double[catalog.instanceTypes()];
        for (int t = 0; t < usdPerSecond.length; t++) {
            usdPerSecond[t] = catalog.usdPerSecond(t);
        }
    }

    /** A request of a class, for the variant. */
    public static RequestView request(int requestClass, int variant) {
        return new Request(0, requestClass, 0, variant);
    }

    /** A request of a class that has no variant yet. */
    public static RequestView request(int requestClass) {
        return request(requestClass, Selection.NONE);
    }

    private record Request(long number, int requestClass, long arrivalNanos, int variant) implements RequestView {}

    public FakeView at(double seconds) {
        nanos = Math.round(seconds * 1e9);
        return this;
    }

    public FakeView interval(double seconds) {
        intervalNanos = Math.round(seconds * 1e9);
        return this;
    }

    public FakeView launch(double seconds) {
        launchNanos = Math.round(seconds * 1e9);
        return this;
    }

    public FakeView trigger(Trigger newTrigger) {
        trigger = newTrigger;
        return this;
    }

    /** Ready instances of a fleet with so many of their slots busy. */
    public FakeView ready(int fleet, int instances, int busySlots) {
        ready[fleet] = instances;
        busy[fleet] = busySlots;
        return this;
    }

    /** Ready instances of a fleet, none of them busy. */
    public FakeView ready(int fleet, int instances) {
        return ready(fleet, instances, 0);
    }

    /** A free slot of a fleet, for which requests wait since a time; one is due at another, in seconds. */
    public FakeView queue(int fleet, double oldestArrival, double earliestDeadline) {
        queueFleet = fleet;
        oldest = Math.round(oldestArrival * 1e9);
        deadline = Math.round(earliestDeadline * 1e9);
        return this;
    }

    @Override
    public int fleet() {
        return queueFleet;
    }

    /** Requests that wait for one fleet; they count among those of its variant. */
    public FakeView queuedForFleet(int fleet, int requests) {
        queued[catalog.variantOfFleet(fleet)] += requests - fleetQueued[fleet];
        fleetQueued[fleet] = requests;
        return this;
    }

    /** Requests for a variant that ended in the last interval, and how many of them broke their promise. */
    public FakeView ended(int variant, long requests, long broken) {
        ended[variant] = requests;
        violations[variant] = broken;
        return this;
    }

    public FakeView noticed(int fleet, int instances) {
        noticed[fleet] = instances;
        return this;
    }

    public FakeView throttled(int fleet, int instances) {
        throttled[fleet] = instances;
        return this;
    }

    public FakeView standby(int fleet, int instances) {
        standby[fleet] = instances;
        return this;
    }

    public FakeView unavailable(int fleet, boolean isUnavailable) {
        unavailable[fleet] = isUnavailable;
        return this;
    }

    public FakeView usdPerHour(int type, double price) {
        usdPerSecond[type] = price / 3600;
        return this;
    }

    @Override
    public int waiting() {
        int variant = catalog.variantOfFleet(queueFleet);
        int shared = queued[variant];
        for (int t = 0; t < catalog.instanceTypes(); t++) {
            shared -= fleetQueued[catalog.fleet(variant, t)];
        }
        return shared + fleetQueued[queueFleet];
    }

    @Override
    public int fleetQueueLength(int fleet) {
        return fleetQueued[fleet];
    }

    @Override
    public double usdPerSecond(int type) {
        return usdPerSecond[type];
    }

    @Override
    public long ended(int variant) {
        return ended[variant];
    }

    @Override
    public long violations(int variant) {
        return violations[variant];
    }

    @Override
    public int noticedInstances(int fleet) {
        return noticed[fleet];
    }

    @Override
    public int throttledInstances(int fleet) {
        return throttled[fleet];
    }

    @Override
    public int standbyInstances(int fleet) {
        return standby[fleet];
    }

    @Override
    public boolean isUnavailable(int fleet) {
        return unavailable[fleet];
    }

    @Override
    public long oldestArrivalNanos() {
        return oldest;
    }

    @Override
    public long earliestDeadlineNanos() {
        return deadline;
    }

    public FakeView pending(int fleet, int instances) {
        pending[fleet] = instances;
        return this;
    }

    /** Instances of a fleet that have been idle for as long as anyone asks. */
    public FakeView idle(int fleet, int instances) {
        idle[fleet] = instances;
        return this;
    }

    public FakeView utilisation(int fleet, double share) {
        utilisation[fleet] = share;
        return this;
    }

    public FakeView queued(int variant, int requests) {
        queued[variant] = requests;
        return this;
    }

    public FakeView arrivals(int variant, double count) {
        arrivals[variant] = count;
        return this;
    }

    public FakeView offload(boolean enabled, double flashCrowdRate) {
        offload = new Offload(enabled, flashCrowdRate, Reason.of("test", "because the test says so"));
        return this;
    }

    /** The function that a cold-start manager is asked about. */
    public FakeView function(int newFunction, long lastInvocations, int newSandboxes) {
        function = newFunction;
        invocations = lastInvocations;
        sandboxes = newSandboxes;
        return this;
    }

    @Override
    public long nanos() {
        return nanos;
    }

    @Override
    public ServiceCatalog catalog() {
        return catalog;
    }

    @Override
    public int readyInstances(int fleet) {
        return ready[fleet];
    }

    @Override
    public int pendingInstances(int fleet) {
        return pending[fleet];
    }

    @Override
    public int busySlots(int fleet) {
        return busy[fleet];
    }

    @Override
    public int freeSlots(int fleet) {
        return ready[fleet] * catalog.slots(fleet) - busy[fleet];
    }

    @Override
    public int queueLength(int variant) {
        return queued[variant];
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
        return arrivals[variant];
    }

    @Override
    public double utilisation(int fleet) {
        return utilisation[fleet];
    }

    @Override
    public int idleInstances(int fleet, long atLeastNanos) {
        return Math.min(idle[fleet], ready[fleet]);
    }

    @Override
    public long launchNanos(int fleet) {
        return launchNanos;
    }

    @Override
    public int function() {
        return function;
    }

    @Override
    public long invocations() {
        return invocations;
    }

    @Override
    public int sandboxes() {
        return sandboxes;
    }
}
