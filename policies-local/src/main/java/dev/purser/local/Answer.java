package dev.purser.local;

import dev.purser.core.engine.Outcome;
import dev.purser.core.policy.Reason;
import dev.purser.worker.protocol.InferResponse;
import org.jspecify.annotations.Nullable;

/**
 * How a request ended: each ends once, as one of these.
 *
 * @param outcome how it ended
 * @param variant the index of the variant that answered or was to answer, or -1
 * @param reason why that variant; where the request was refused, why; where it named its variant, why it went where it
 *     went
 * @param served where it was served; null where it was not
 * @param latencyNanos from its arrival until now
 * @param queuedNanos the part of that until a worker took it up, a cold start included
 * @param inferenceNanos the part of it in which a worker served it, or the batch that it was in
 * @param response the model's answer; null unless the outcome is {@link Outcome#ANSWERED}
 * @param cause what went wrong, for the sender; null where it was answered
 * @param status the HTTP status that says as much: 200; 400 to 499 for what the model does not take, and 429 for a
 *     refusal; 503 where no worker could serve it, 504 where none did in time, another of 500 to 599 for what else went
 *     wrong
 */
public record Answer(
        Outcome outcome,
        int variant,
        Reason reason,
        @Nullable Served served,
        long latencyNanos,
        long queuedNanos,
        long inferenceNanos,
        @Nullable InferResponse response,
        @Nullable String cause,
        int status) {

    /** What a request can run on. */
    public enum Place {
        /** A long-lived worker. */
        INSTANCE,
        /** A function's sandbox. */
        FUNCTION
    }

    /**
     * Where a request was served.
     *
     * @param place on an instance or in a function
     * @param name the very one, e.g. {@code c7a.medium#3} or {@code 1769 MB#7}; in a chain, those of the parts in order
     * @param coldStart whether the request waited for a sandbox to start, in a chain that of any part
     * @param batch how many requests were served together, at least 1
     * @param reason why there
     * @param parts of how many functions one after the other the model consists; 1 where it is not split
     * @param coldParts how many of them the request waited for to start
     */
    public record Served(
            Place place, String name, boolean coldStart, int batch, Reason reason, int parts, int coldParts) {

        /** By a model that is not split. */
        public Served(Place place, String name, boolean coldStart, int batch, Reason reason) {
            this(place, name, coldStart, batch, reason, 1, coldStart ? 1 : 0);
        }
    }
}
