package dev.purser.core.engine;

/**
 * What the controller can command. A platform carries a command out and reports back through {@link PlatformEvents},
 * always later and never from inside the call. Requests, instances, fleets and functions are named by index.
 */
public interface Platform {

    /** Starts an instance of a fleet; answered by {@code instanceReady} or {@code instanceLost}. */
    void launch(int instance, int fleet);

    /** Ends an instance, pending, ready or stopped, that serves nothing. */
    void terminate(int instance);

    /** Whether the answers of several variants to one request can be combined, see {@code Selection.ensemble}. */
    default boolean combinesAnswers() {
        return false;
    }

    /** Whether instances can be stopped and started again. */
    default boolean keepsStopped() {
        return false;
    }

    /** Stops a ready instance that serves nothing, and keeps it; only where {@link #keepsStopped}. */
    default void stop(int instance) {
        throw new UnsupportedOperationException("this platform keeps no stopped instances");
    }

    /** Starts a stopped instance; answered by {@code instanceReady} or {@code instanceLost}. */
    default void start(int instance) {
        throw new UnsupportedOperationException("this platform keeps no stopped instances");
    }

    /**
     * What a burstable instance has used beyond its credits and is to be billed for, asked once when it stops.
     *
     * @return milliseconds of one virtual processor; at least 0
     */
    default long surplusVcpuMillis(int instance) {
        return 0;
    }

    /**
     * Serves a batch on a free slot of a ready instance.
     *
     * @param request the batch's first request; {@link Controller#nextInBatch} gives the others
     * @param size how many requests there are, at least 1
     */
    void execute(int request, int size, int instance);

    /**
     * Serves a request in a function, or in all parts of a chain, one after the other. A chain counts as one invocation
     * under way, for one part runs at a time.
     */
    void invoke(int request, int function);

    /** From now on reclaims a function's sandboxes that were idle for a time, those of all parts of a chain alike. */
    void keepAlive(int function, long idleNanos);

    /** Starts so many sandboxes of a function, or of each part of a chain, ahead of requests. */
    void prewarm(int function, int sandboxes);

    /** Asks for {@code timerFired} at a time; there is one timer. */
    void setTimer(long atNanos);

    /** From launch until an instance of a fleet serves, as far as the platform knows. */
    long launchNanos(int fleet);
}
