package dev.purser.core.engine;

/** What a platform reports. One thread calls, in the order in which things happened. */
public interface PlatformEvents {

    /** A launched instance serves from now on. */
    void instanceReady(int instance);

    /**
     * An instance is gone, or its launch failed; the requests it served did not end and are served again, unless they
     * have lost {@link ControllerSettings#maxLosses()} instances.
     */
    void instanceLost(int instance);

    /**
     * An instance answered a batch.
     *
     * @param request the first of its requests
     */
    void executionFinished(int request);

    /**
     * An instance answered one request. The others of its batch are still being served; the next one is then its first.
     */
    void requestFinished(int request);

    /**
     * A function answered a request.
     *
     * @param cold whether the request waited for a sandbox to start
     * @param durationNanos the time that is paid for, not rounded
     */
    void invocationFinished(int request, boolean cold, long durationNanos);

    /** The account's concurrency limit kept an invocation from starting; nothing ran and nothing is paid. */
    void invocationThrottled(int request);

    /** Serving a request failed for good. The others of its batch are still being served; the next one is then its first. */
    void requestFailed(int request);

    /** A sandbox of a function is starting. */
    void sandboxStarted(int function);

    /**
     * A sandbox that was started ahead of requests is warm.
     *
     * @param durationNanos the initialisation that is paid for, not rounded; 0 where the price book bills none
     */
    void prewarmFinished(int function, long durationNanos);

    /** An idle sandbox of a function was reclaimed. */
    void sandboxReclaimed(int function);

    /** The timer fired. */
    void timerFired();
}
