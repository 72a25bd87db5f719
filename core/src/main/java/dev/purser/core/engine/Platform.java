package dev.purser.core.engine;

/**
 * What the controller can command. A platform carries a command out and reports back through {@link PlatformEvents},
 * always later and never from inside the call. It is not trusted: what it reports late or twice is dropped by the
 * controller, and it need not keep guards of its own.
 *
 * <p>Instances and attempts are named by a {@link Ticket}. What has sandboxes is a pool: a function, or one part of a
 * function that is a chain, see {@code ServiceCatalog.pools}. What follows after a part is the controller's business.
 */
public interface Platform {

    /** Launches an instance of a fleet; answered by {@code instanceReady} or {@code instanceLost}. */
    void launch(long instance, int fleet);

    /**
     * Ends an instance, in whatever state; answered by {@code instanceGone}. Told again while there is no answer, and it
     * changes nothing then.
     */
    void terminate(long instance);

    /** Whether the answers of several variants to one request can be combined, see {@code Selection.ensemble}. */
    default boolean combinesAnswers() {
        return false;
    }

    /** Whether instances can be stopped and started again. */
    default boolean keepsStopped() {
        return false;
    }

    /**
     * Stops a ready instance that serves nothing, and keeps it; answered by {@code instanceStopped}. Only where {@link
     * #keepsStopped}.
     */
    default void stop(long instance) {
        throw new UnsupportedOperationException("this platform keeps no stopped instances");
    }

    /** Starts a stopped instance; answered by {@code instanceReady} or {@code instanceLost}. */
    default void start(long instance) {
        throw new UnsupportedOperationException("this platform keeps no stopped instances");
    }

    /**
     * What a burstable instance has used beyond its credits and is to be billed for, asked once, when it has stopped or is
     * gone.
     *
     * @return milliseconds of one virtual processor; at least 0
     */
    default long surplusVcpuMillis(long instance) {
        return 0;
    }

    /**
     * Serves a batch on a free slot of a ready instance.
     *
     * @param attempt its row is the batch's first request; {@link Controller#nextInBatch} gives the others
     * @param size how many requests there are, at least 1
     */
    void execute(long attempt, int size, long instance);

    /**
     * Serves a request in a sandbox of a pool.
     *
     * @param attempt its row is the request
     */
    void invoke(long attempt, int pool);

    /** From now on reclaims a pool's sandboxes that were idle for a time. */
    void keepAlive(int pool, long idleNanos);

    /** Starts so many sandboxes of a pool ahead of requests. */
    void prewarm(int pool, int sandboxes);

    /** Asks for {@code timerFired} at a time; there is one timer. */
    void setTimer(long atNanos);

    /** From launch until an instance of a fleet serves, as far as the platform knows. */
    long launchNanos(int fleet);
}
