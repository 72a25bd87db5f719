package dev.purser.core.pricing;

import com.fasterxml.jackson.annotation.JsonProperty;

/** How an instance is bought. */
public enum Market {
    /** At the list price, until it is terminated. */
    @JsonProperty("on-demand")
    ON_DEMAND,
    /** At the spot price of the hour, until the provider wants it back. */
    @JsonProperty("spot")
    SPOT
}
