package dev.purser.core.policy;

/** The request that a decision is asked for. The object is reused: a policy reads it and does not keep it. */
public interface RequestView {

    /** The request's number, counting arrivals from 0. */
    long number();

    /** The index of its request class in the {@link ServiceCatalog}. */
    int requestClass();

    /** When it arrived, in nanoseconds of the engine's clock. */
    long arrivalNanos();

    /** The variant selected for it; {@link Selection#NONE} while the selector is being asked. */
    int variant();
}
