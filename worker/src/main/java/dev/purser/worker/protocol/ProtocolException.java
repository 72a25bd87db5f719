package dev.purser.worker.protocol;

import java.io.Serial;

/**
 * A request that cannot be served, or a server's answer that says so: an HTTP status, and a message that is meant for
 * the sender as it is. It carries no stack trace, for a flood of bad requests must stay cheap.
 */
public final class ProtocolException extends RuntimeException {
    @Serial
    private static final long serialVersionUID = 1L;

    /** The HTTP status. */
    private final int status;

    /**
     * @param status the HTTP status, 400 to 599
     * @param message what is wrong and what would be right
     */
    public ProtocolException(int status, String message) {
        super(message, null, false, false);
        if (status < 400 || status > 599) {
            throw new IllegalArgumentException("status is " + status + ", but it must be 400 to 599");
        }
        this.status = status;
    }

    /** The HTTP status, 400 to 599. */
    public int status() {
        return status;
    }

    /** The message. */
    @Override
    public String getMessage() {
        return String.valueOf(super.getMessage());
    }

    /** A request that its sender must change before sending it again (400). */
    static ProtocolException bad(String message) {
        return new ProtocolException(400, message);
    }
}
