package dev.purser.core.engine;

/** How an instance is that a controller before this one left. */
public enum Found {
    /** It was launched and does not serve yet; {@code instanceReady} or {@code instanceLost} follows. */
    PENDING,
    /** It serves, and is free. */
    RUNNING,
    /** It is stopped. */
    STOPPED,
    /** It was told to end; {@code instanceGone} follows. */
    ENDING
}
