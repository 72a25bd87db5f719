package dev.purser.core.engine;

/** Reports that came late, twice, or about what is not known: they change nothing, and are counted. */
public enum Dropped {
    /** {@link PlatformEvents#instanceReady}. */
    INSTANCE_READY,
    /** {@link PlatformEvents#instanceStopped}. */
    INSTANCE_STOPPED,
    /** {@link PlatformEvents#instanceLost}. */
    INSTANCE_LOST,
    /** {@link PlatformEvents#instanceGone}. */
    INSTANCE_GONE,
    /** {@link PlatformEvents#instanceFound}. */
    INSTANCE_FOUND,
    /** {@link PlatformEvents#instanceNotice}. */
    INSTANCE_NOTICE,
    /** {@link PlatformEvents#instanceThrottled}. */
    INSTANCE_THROTTLED,
    /** {@link PlatformEvents#attemptEnded}. */
    ATTEMPT_ENDED,
    /** {@link PlatformEvents#requestEnded}. */
    REQUEST_ENDED,
    /** {@link PlatformEvents#sandboxReclaimed} of a pool that has none. */
    SANDBOX_RECLAIMED,
    /** A price that is none, or a pool, fleet or instance type that does not exist. */
    SENSELESS
}
