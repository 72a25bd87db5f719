package dev.purser.server.replay;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What became of a replay.
 *
 * @param requests that were to be sent until the end, or until the replay was stopped
 * @param answered in time or late
 * @param refused with status 429 or 503
 * @param failed ended otherwise: another status, a broken connection, no answer in time
 * @param abandoned under way when the replay was stopped; in none of the other numbers
 * @param late answered after the latency that their class is promised
 * @param sloViolations refused, failed or late
 * @param violationRatio of all requests that were not abandoned
 * @param coldStarts answers that waited for a cold start, as far as the server says
 * @param seconds from the start of the trace to its end or that of the last request, whichever is later
 * @param throughput answers per second over that time
 * @param latencyMs of the answers, from the moment at which each request was to be sent
 * @param serviceMs of the answers, from the moment at which each request was sent: what a closed loop would call latency
 * @param classes the same by request class, in the order of the workload
 * @param variants who answered, most answers first
 * @param problems what refusals and failures said, most frequent first, at most {@value Tally#PROBLEMS}
 * @param generator how well the generator kept its times
 * @param stopped whether the replay was stopped before the end of the trace
 */
public record ReplayResult(
        long requests,
        long answered,
        long refused,
        long failed,
        long abandoned,
        long late,
        long sloViolations,
        double violationRatio,
        long coldStarts,
        double seconds,
        double throughput,
        LatencyMs latencyMs,
        LatencyMs serviceMs,
        List<OfClass> classes,
        List<OfVariant> variants,
        List<Problem> problems,
        Generator generator,
        boolean stopped) {

    public ReplayResult {
        classes = List.copyOf(classes);
        variants = List.copyOf(variants);
        problems = List.copyOf(problems);
    }

    /**
     * The requests of one class; see the whole for the meaning of the numbers.
     *
     * @param name the class's name
     * @param maxLatencyMs the latency that it is promised, in milliseconds; null for no promise
     */
    public record OfClass(
            String name,
            @Nullable Double maxLatencyMs,
            long requests,
            long answered,
            long refused,
            long failed,
            long late,
            long sloViolations,
            double violationRatio,
            LatencyMs latencyMs) {}

    /**
     * The answers of one variant on one platform.
     *
     * @param variant the variant, or the model where the server does not speak of variants
     * @param platform what ran it; null where the server does not say
     * @param answered its answers
     * @param share of all answers
     */
    public record OfVariant(String variant, @Nullable String platform, long answered, double share) {}

    /**
     * Refusals or failures that said the same, numbers aside.
     *
     * @param status the HTTP status; 0 where there was no answer
     * @param message what the first of them said
     * @param requests how many
     */
    public record Problem(int status, String message, long requests) {}

    /**
     * How well the generator kept its times.
     *
     * @param latenessMs from the moment at which each request was to be sent until it was
     * @param waited requests that were sent late because every connection was in use
     * @param unsent requests that were given up for the same reason; they count as failed
     */
    public record Generator(LatencyMs latenessMs, long waited, long unsent) {
        /** A lateness of the 99th percentile, in milliseconds, beyond which the measured latencies are not to be trusted. */
        public static final double MOST_LATENESS_MS = 5;

        /** Whether the generator was late by more than {@value #MOST_LATENESS_MS} ms on its own account. */
        public boolean late() {
            return waited == 0 && latenessMs.p99() > MOST_LATENESS_MS;
        }
    }
}
