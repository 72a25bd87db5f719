package dev.purser.core.engine;

import dev.purser.core.policy.FunctionView;
import dev.purser.core.policy.Offload;
import dev.purser.core.policy.ProvisioningView;
import dev.purser.core.policy.QueueView;
import dev.purser.core.policy.ServiceCatalog;

/** The one object that policies look through. */
final class View implements ProvisioningView, FunctionView, QueueView {
    private final Engine engine;
    private final long intervalNanos;
    private Trigger trigger = Trigger.START;
    private int function;
    private int fleet;

    View(Engine engine) {
        this.engine = engine;
        intervalNanos = engine.settings.controlInterval().toNanos();
    }

    View at(Trigger newTrigger) {
        trigger = newTrigger;
        return this;
    }

    View ofFunction(int newFunction) {
        function = newFunction;
        return this;
    }

    View ofFleet(int newFleet) {
        fleet = newFleet;
        return this;
    }

    @Override
    public long nanos() {
        return engine.clock.nanos();
    }

    @Override
    public ServiceCatalog catalog() {
        return engine.catalog;
    }

    @Override
    public int readyInstances(int ofFleet) {
        return engine.fleets.readyInstances(ofFleet);
    }

    @Override
    public int pendingInstances(int ofFleet) {
        return engine.fleets.pendingInstances(ofFleet);
    }

    @Override
    public int busySlots(int ofFleet) {
        return engine.fleets.busySlotsOf(ofFleet);
    }

    @Override
    public int freeSlots(int ofFleet) {
        return engine.fleets.readyInstances(ofFleet) * engine.catalog.slots(ofFleet)
                - engine.fleets.busySlotsOf(ofFleet);
    }

    @Override
    public int queueLength(int variant) {
        return engine.table.waitingForVariant(variant);
    }

    @Override
    public int fleetQueueLength(int ofFleet) {
        return engine.table.waitingForFleet(ofFleet);
    }

    @Override
    public int waiting() {
        return engine.table.servable(fleet);
    }

    @Override
    public double usdPerSecond(int type) {
        return engine.account.usdPerSecond(type);
    }

    @Override
    public long ended(int variant) {
        return engine.requests.ended(variant);
    }

    @Override
    public long violations(int variant) {
        return engine.requests.violations(variant);
    }

    @Override
    public int noticedInstances(int ofFleet) {
        return engine.fleets.noticedInstances(ofFleet);
    }

    @Override
    public int throttledInstances(int ofFleet) {
        return engine.fleets.throttledInstances(ofFleet);
    }

    @Override
    public int standbyInstances(int ofFleet) {
        return engine.fleets.standbyInstances(ofFleet);
    }

    @Override
    public boolean isUnavailable(int ofFleet) {
        return engine.planning.isUnavailable(ofFleet);
    }

    @Override
    public int runningInvocations(int ofFunction) {
        return engine.functions.running(ofFunction);
    }

    @Override
    public Offload offload() {
        return engine.planning.offload();
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
        return engine.requests.arrivals(variant);
    }

    @Override
    public double utilisation(int ofFleet) {
        return engine.fleets.utilisation(ofFleet);
    }

    @Override
    public int idleInstances(int ofFleet, long atLeastNanos) {
        return engine.fleets.idleFor(ofFleet, engine.clock.nanos() - atLeastNanos);
    }

    @Override
    public long launchNanos(int ofFleet) {
        return engine.platform.launchNanos(ofFleet);
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
        return engine.table.oldestArrival(fleet);
    }

    @Override
    public long earliestDeadlineNanos() {
        return engine.table.earliestDeadline(fleet);
    }

    @Override
    public long invocations() {
        return engine.functions.invocations(function);
    }

    @Override
    public int sandboxes() {
        return engine.functions.sandboxes(function);
    }
}
