package dev.purser.core.policy;

/** What a policy sees of the serving state, as it is at this moment. Read-only; all calls take constant time. */
public interface ServingView {

    /** The time of this decision, in nanoseconds of the engine's clock, which starts at 0. */
    long nanos();

    /** Profiles, prices and SLOs. */
    ServiceCatalog catalog();

    /** Instances of a fleet that serve. */
    int readyInstances(int fleet);

    /** Instances of a fleet that were launched and are not ready yet. */
    int pendingInstances(int fleet);

    /** Of a fleet's ready instances, those that have used up their CPU credits and run at their baseline. */
    int throttledInstances(int fleet);

    /** Slots of a fleet's ready instances that serve a request now. */
    int busySlots(int fleet);

    /** Slots of a fleet's ready instances that are free. */
    int freeSlots(int fleet);

    /** Requests that wait for a slot, by variant; those that wait for one fleet of it are among them. */
    int queueLength(int variant);

    /** Requests that wait for a slot of this fleet and no other, see {@link Dispatch.ToFleet}. */
    int fleetQueueLength(int fleet);

    /** Requests that run in a function now. */
    int runningInvocations(int function);

    /** The length of a control interval. */
    long intervalNanos();

    /**
     * Arrivals of the last whole control interval that a variant was selected for. Before the first has ended: the
     * operator's estimate of what an interval will bring.
     */
    double arrivals(int variant);

    /** Price of an instance type now: on the spot market it moves. */
    double usdPerSecond(int type);

    /** What the provisioner's last plan says of sending requests to functions. */
    Offload offload();
}
