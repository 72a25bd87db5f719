package dev.purser.core.policy;

/** Where a request goes. */
public sealed interface Dispatch {

    /** Why. */
    Reason reason();

    /**
     * Run now on a free slot of a fleet; the engine takes the busiest instance that has one, so that others can become
     * idle. Where no slot is free the request joins the queue.
     *
     * @param fleet a fleet of the request's variant
     */
    record ToInstance(int fleet, Reason reason) implements Dispatch {}

    /**
     * Invoke a function now.
     *
     * @param function a function of the request's variant
     */
    record ToFunction(int function, Reason reason) implements Dispatch {}

    /** Wait for a slot on any instance of the request's variant; where one is free there is no wait. */
    record ToQueue(Reason reason) implements Dispatch {}

    /**
     * Wait for a slot of one fleet, whose requests gather apart from the others: that is how load is shared out by weight,
     * and how batches fill that one type of machine wants large. Requests of a fleet that loses an instance may be served
     * by any other.
     *
     * @param fleet a fleet of the request's variant
     */
    record ToFleet(int fleet, Reason reason) implements Dispatch {}

    /** Do not serve it. */
    record Refuse(Reason reason) implements Dispatch {}
}
