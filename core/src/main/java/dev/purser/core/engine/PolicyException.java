package dev.purser.core.engine;

import org.jspecify.annotations.Nullable;

/** A policy threw, or decided what cannot be done, more often than {@link ControllerSettings#maxPolicyFailures} allows. */
public final class PolicyException extends IllegalStateException {
    private static final long serialVersionUID = 1;

    PolicyException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
