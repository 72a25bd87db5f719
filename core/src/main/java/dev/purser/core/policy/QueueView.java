package dev.purser.core.policy;

/** What a batching policy sees: the requests that wait for a variant, of which a fleet can serve some now. */
public interface QueueView extends ServingView {

    /** The fleet with a free slot. */
    int fleet();

    /** How many requests the fleet could serve now: those that wait for it alone, and those that any fleet may take. */
    int waiting();

    /** When the first of the requests that wait arrived. */
    long oldestArrivalNanos();

    /**
     * The earliest time by which one of the requests that wait is to be answered; {@link ServiceCatalog#UNBOUNDED} where
     * none has a latency bound.
     */
    long earliestDeadlineNanos();
}
