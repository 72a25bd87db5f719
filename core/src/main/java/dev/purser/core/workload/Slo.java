package dev.purser.core.workload;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What a request is promised: any subset of latency, accuracy and cost.
 *
 * @param urgency whether the latency is strict (a user waits) or relaxed (the work may be moved in time)
 * @param maxLatency from arrival to answer, over 0; null for no promise
 * @param minAccuracy least accuracy of the answering variant, 0 to 1; null for no promise
 * @param maxCostUsdPer1k most that a thousand such requests may cost, in USD, over 0; null for no promise
 */
public record Slo(
        Urgency urgency,
        @Nullable Duration maxLatency,
        @Nullable Double minAccuracy,
        @Nullable Double maxCostUsdPer1k) {

    /** How a latency promise is meant (Paragon, WoSC'20, section 3: strict and relaxed queries). */
    public enum Urgency {
        /** Someone waits for the answer; a scheduler may pay more to keep the latency. */
        @JsonProperty("strict")
        STRICT,
        /** The answer may come late within its bound; a scheduler may shift the work in time. */
        @JsonProperty("relaxed")
        RELAXED
    }

    public Slo {
        if (maxLatency != null && (maxLatency.isNegative() || maxLatency.isZero())) {
            throw new IllegalArgumentException("maxLatency is " + maxLatency + ", but it must be over 0");
        }
        if (minAccuracy != null && !(minAccuracy >= 0 && minAccuracy <= 1)) {
            throw new IllegalArgumentException(
                    "minAccuracy is " + minAccuracy + ", but it must be a share of 0 to 1 (80 % is 0.8)");
        }
        if (maxCostUsdPer1k != null && !(maxCostUsdPer1k > 0)) {
            throw new IllegalArgumentException("maxCostUsdPer1k is " + maxCostUsdPer1k + ", but it must be over 0");
        }
    }
}
