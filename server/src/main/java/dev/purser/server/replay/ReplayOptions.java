package dev.purser.server.replay;

import dev.purser.core.json.Durations;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * How a replay goes about it.
 *
 * @param binary whether tensors go in binary, and are wanted so, instead of as JSON
 * @param connections the most requests under way at the same time, 1 to {@value #MAX_CONNECTIONS}; what comes on top of
 *     them is sent late
 * @param timeout how long to wait for a connection to become free, and then for the answer; 1 ms to 1 h
 * @param apiKey sent as a bearer token with each request; null for none
 * @param warmUp for how long the server is sent requests beforehand, at the rate at which the trace begins, that do not
 *     count
 * @param rehearsal for how long the generator sends to a stand-in of its own beforehand, so that its code is compiled
 *     when it matters; at most a minute
 */
public record ReplayOptions(
        boolean binary,
        int connections,
        Duration timeout,
        @Nullable String apiKey,
        Duration warmUp,
        Duration rehearsal) {
    /** The most connections. */
    public static final int MAX_CONNECTIONS = 10_000;

    public ReplayOptions {
        if (connections < 1 || connections > MAX_CONNECTIONS) {
            throw new IllegalArgumentException(
                    "connections is " + connections + ", but it must be 1 to " + MAX_CONNECTIONS);
        }
        if (timeout.compareTo(Duration.ofMillis(1)) < 0 || timeout.compareTo(Duration.ofHours(1)) > 0) {
            throw new IllegalArgumentException(
                    "timeout is " + Durations.format(timeout) + ", but it must be 1ms to 1h");
        }
        if (rehearsal.compareTo(Duration.ofMinutes(1)) > 0) {
            throw new IllegalArgumentException(
                    "rehearsal is " + Durations.format(rehearsal) + ", but it must be at most 1m");
        }
    }

    /** JSON, 512 connections, a minute's patience, no key, no warm-up, 2 s of rehearsal. */
    public static ReplayOptions defaults() {
        return new ReplayOptions(false, 512, Duration.ofMinutes(1), null, Duration.ZERO, Duration.ofSeconds(2));
    }

    /** The same for another warm-up. */
    public ReplayOptions withWarmUp(Duration time) {
        return new ReplayOptions(binary, connections, timeout, apiKey, time, rehearsal);
    }

    /** The same for another rehearsal. */
    public ReplayOptions withRehearsal(Duration time) {
        return new ReplayOptions(binary, connections, timeout, apiKey, warmUp, time);
    }
}
