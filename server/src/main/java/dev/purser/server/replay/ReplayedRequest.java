package dev.purser.server.replay;

import dev.purser.core.engine.Outcome;
import org.jspecify.annotations.Nullable;

/**
 * One request of a replay, when it has ended. Times are nanoseconds from the start of the trace.
 *
 * @param number its place among the arrivals, from 0
 * @param requestClass its class's place in the workload
 * @param intendedNanos when it was to be sent
 * @param sentNanos when it was sent; the end where it never was
 * @param endNanos when the whole answer was there, or it was clear that there would be none
 * @param outcome how it ended
 * @param status the HTTP status; 0 where there was no answer
 * @param variant the variant that answered, or the model where the server does not speak of variants; null where there
 *     was no such answer
 * @param platform what ran the variant; null where the server does not say
 * @param cold whether it waited for a cold start, as far as the server says
 * @param inferenceMs for how long a worker served it, or the batch that it was in; null where the server does not say
 * @param problem what the server or the connection said; null where the request was answered
 */
public record ReplayedRequest(
        long number,
        int requestClass,
        long intendedNanos,
        long sentNanos,
        long endNanos,
        Outcome outcome,
        int status,
        @Nullable String variant,
        @Nullable String platform,
        boolean cold,
        @Nullable Double inferenceMs,
        @Nullable String problem) {

    /** From the moment at which it was to be sent until its end: what a user would have waited. */
    public long latencyNanos() {
        return endNanos - intendedNanos;
    }
}
