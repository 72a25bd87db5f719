package dev.purser.core.engine;

import java.math.BigDecimal;

/** What a platform reports. One thread calls, in the order in which things happened. */
public interface PlatformEvents {

    /** A launched instance serves from now on. */
    void instanceReady(int instance);

    /**
     * An instance is gone, or its launch failed. The requests it served did not end and are served again, unless they
     * have been on {@link ControllerSettings#maxLosses()} instances that crashed.
     */
    void instanceLost(int instance, Loss loss);

    /** The provider announced that it will take an instance back; {@code instanceLost} follows. */
    void instanceNotice(int instance, long atNanos);

    /** A burstable instance has used up its credits and runs at its baseline, or runs at full speed again. */
    void instanceThrottled(int instance, boolean throttled);

    /** The price of an instance type on the spot market changed; it holds from now on. */
    void spotPriceChanged(int type, BigDecimal usdPerHour);

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
     * A part of a chain ran, the last one too: {@code invocationFinished} follows it. What a part takes is paid for when it
     * is reported, whatever becomes of the request.
     *
     * @param request what it ran for
     * @param part which one, counted from 0
     * @param cold whether the request waited for the part's sandbox to start
     * @param durationNanos the time that is paid for, not rounded
     */
    void partFinished(int request, int part, boolean cold, long durationNanos);

    /**
     * A function answered a request.
     *
     * @param cold whether the request waited for a sandbox to start; in a chain, for that of any part
     * @param durationNanos the time that is paid for, not rounded; means nothing for a chain, whose parts were paid for
     */
    void invocationFinished(int request, boolean cold, long durationNanos);

    /** The account's concurrency limit kept an invocation from starting; nothing ran and nothing is paid. */
    void invocationThrottled(int request);

    /** Serving a request failed for good. The others of its batch are still being served; the next one is then its first. */
    void requestFailed(int request);

    /** A sandbox of a function is starting; each part of a chain has sandboxes of its own. */
    void sandboxStarted(int function);

    /**
     * A sandbox that was started ahead of requests is warm.
     *
     * @param durationNanos the initialisation that is paid for, not rounded; 0 where the price book bills none
     */
    default void prewarmFinished(int function, long durationNanos) {
        prewarmFinished(function, 0, durationNanos);
    }

    /**
     * A sandbox of a part that was started ahead of requests is warm.
     *
     * @param part which part of a chain, counted from 0; 0 where the function is no chain
     * @param durationNanos the initialisation that is paid for, not rounded; 0 where the price book bills none
     */
    void prewarmFinished(int function, int part, long durationNanos);

    /** An idle sandbox of a function, or of a part of it, was reclaimed. */
    void sandboxReclaimed(int function);

    /** The timer fired. */
    void timerFired();
}
