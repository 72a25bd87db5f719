package dev.purser.core.policy;

/** What a cold-start manager sees of one function. */
public interface FunctionView {

    /** The time of this decision, in nanoseconds of the engine's clock. */
    long nanos();

    /** The function's index in the catalog. */
    int function();

    /** Profiles and prices. */
    ServiceCatalog catalog();

    /** Invocations in the last control interval. */
    long invocations();

    /** Sandboxes that exist now, warm or starting; of a chain, how many whole chains their number makes. */
    int sandboxes();
}
