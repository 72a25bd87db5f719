package dev.purser.core.engine;

import java.math.BigDecimal;

/**
 * What a platform reports. One thread calls, in whatever order it comes to know. A report with a ticket that does not
 * stand any more is late or double; it is counted as {@link Dropped} and changes nothing, but that what it says of money is
 * taken.
 *
 * <p>Times at which billing begins and ends are the provider's, on the engine's clock.
 */
public interface PlatformEvents {

    /**
     * A launched or started instance serves from now on.
     *
     * @param billedFromNanos since when it is paid for
     */
    void instanceReady(long instance, long billedFromNanos);

    /**
     * An instance that was told to stop has stopped.
     *
     * @param billedToNanos until when its running is paid for
     */
    void instanceStopped(long instance, long billedToNanos);

    /**
     * An instance is gone unasked, or its launch failed. What it served is served again; the requests that it served when
     * it crashed only where they have not lost {@link ControllerSettings#maxLosses()} before.
     *
     * @param billedToNanos until when it is paid for; means nothing where the launch failed
     */
    void instanceLost(long instance, Loss loss, long billedToNanos);

    /**
     * An instance that was told to end is gone.
     *
     * @param billedToNanos until when it is paid for
     */
    void instanceGone(long instance, long billedToNanos);

    /**
     * There is an instance that a controller before this one launched; best before {@link Controller#start}. The next plan
     * counts on it, or ends it.
     *
     * @param billedFromNanos since when it is paid for as it is, running or stopped
     */
    void instanceFound(long instance, int fleet, Found state, long billedFromNanos);

    /** The provider announced that it will take an instance back; {@code instanceLost} follows. */
    void instanceNotice(long instance, long atNanos);

    /** A burstable instance has used up its credits and runs at its baseline, or runs at full speed again. */
    void instanceThrottled(long instance, boolean throttled);

    /** The price of an instance type on the spot market changed; it holds from now on. */
    void spotPriceChanged(int type, BigDecimal usdPerHour);

    /**
     * All that is left of an attempt ended alike: what an instance served, or a sandbox.
     *
     * @param cold whether the request waited for a sandbox to start; false on an instance
     * @param billedNanos the time that is paid for in a sandbox, not rounded, whatever became of the request; under 0
     *     where nothing ran. Means nothing on an instance
     */
    void attemptEnded(long attempt, Attempt how, boolean cold, long billedNanos);

    /**
     * One request of a batch ended; the others are still being served, if there are any, and the next one is then the
     * batch's first.
     *
     * @param attempt the batch's number with the request's row
     */
    void requestEnded(long attempt, Attempt how);

    /** A sandbox of a pool is starting. */
    void sandboxStarted(int pool);

    /**
     * A sandbox that was started ahead of requests is warm.
     *
     * @param billedNanos the initialisation that is paid for, not rounded; 0 where the price book bills none
     */
    void prewarmFinished(int pool, long billedNanos);

    /** A sandbox of a pool is gone: it was idle for its keep-alive, gave way, or was lost. */
    void sandboxReclaimed(int pool);

    /** The timer fired. */
    void timerFired();
}
