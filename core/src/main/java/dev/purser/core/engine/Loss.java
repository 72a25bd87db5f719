package dev.purser.core.engine;

/** Why an instance is gone. */
public enum Loss {
    /** The launch failed; nothing ran and nothing is paid. */
    LAUNCH_FAILED("launch-failed"),
    /** The provider has no capacity of the type, or asks more than the most that is paid; nothing is paid. */
    NO_CAPACITY("no-capacity"),
    /** The launch took longer than {@link ControllerSettings#launchTimeout}. */
    LAUNCH_TIMEOUT("launch-timeout"),
    /** It ended by itself. */
    CRASHED("crashed"),
    /** The provider took it back. */
    INTERRUPTED("interrupted"),
    /** What it served did not end within {@link ControllerSettings#attemptTimeout}. */
    HUNG("hung");

    private final String code;

    Loss(String code) {
        this.code = code;
    }

    /** A short code, as the decision log has it. */
    public String code() {
        return code;
    }
}
