package dev.purser.core.engine;

/** The engine's only notion of time. */
@FunctionalInterface
public interface Clock {

    /** Nanoseconds since the deployment started; never falls. */
    long nanos();
}
