package dev.purser.core.policy;

/**
 * When the requests that wait are served together: as soon as there are enough of them, or when the time has come, with
 * those that are there.
 *
 * @param size how many are enough, at least 1; what exceeds the fleet's largest batch counts as that
 * @param untilNanos the time to wait until, on the engine's clock; now or earlier for no wait
 * @param reason why
 */
public record Batching(int size, long untilNanos, Reason reason) {

    public Batching {
        if (size < 1) {
            throw new IllegalArgumentException("a batch of " + size + " requests");
        }
    }
}
