package dev.purser.server.gateway;

import java.io.Serial;

/** A request that the gateway itself turns away. It carries no stack trace, for a flood of them must stay cheap. */
final class Refusal extends RuntimeException {
    @Serial
    private static final long serialVersionUID = 1L;

    /** The HTTP status. */
    private final int status;

    /** Seconds after which to try again; 0 where that would be no use. */
    private final int retryAfter;

    private Refusal(int status, String message, int retryAfter) {
        super(message, null, false, false);
        this.status = status;
        this.retryAfter = retryAfter;
    }

    /** A request that must be changed. */
    static Refusal of(int status, String message) {
        return new Refusal(status, message, 0);
    }

    /** A request that may come again. */
    static Refusal later(int status, String message, int seconds) {
        return new Refusal(status, message, seconds);
    }

    int status() {
        return status;
    }

    int retryAfter() {
        return retryAfter;
    }

    @Override
    public String getMessage() {
        return String.valueOf(super.getMessage());
    }
}
