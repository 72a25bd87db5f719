package dev.purser.core.engine;

/** Why an instance is gone. */
public enum Loss {
    /** The launch failed; nothing ran and nothing is paid. */
    LAUNCH_FAILED,
    /** The provider has no capacity of the type, or asks more than the most that is paid; nothing is paid. */
    NO_CAPACITY,
    /** The launch took longer than {@link ControllerSettings#launchTimeout}. */
    LAUNCH_TIMEOUT,
    /** It ended by itself. */
    CRASHED,
    /** The provider took it back. */
    INTERRUPTED
}
