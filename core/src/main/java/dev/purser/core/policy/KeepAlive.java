package dev.purser.core.policy;

/**
 * How long an idle sandbox stays, and how many to start ahead of requests.
 *
 * @param idleNanos an idle sandbox is reclaimed after this time
 * @param prewarm sandboxes to start now, ahead of requests; 0 for none
 * @param reason why
 */
public record KeepAlive(long idleNanos, int prewarm, Reason reason) {

    public KeepAlive {
        if (idleNanos < 0 || prewarm < 0) {
            throw new IllegalArgumentException("keep-alive of " + idleNanos + " ns with " + prewarm + " to prewarm");
        }
    }
}
