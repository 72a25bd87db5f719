package dev.purser.research.selector;

import com.fasterxml.jackson.annotation.JsonProperty;
import dev.purser.core.policy.ServiceCatalog;

/** What a selector optimises, the other two being constraints. */
public enum Objective {
    /** What the request's SLO leaves open: the one of the three it does not bound; cost where it leaves open more. */
    @JsonProperty("auto")
    AUTO,
    /** Least cost. */
    @JsonProperty("cost")
    COST,
    /** Least latency. */
    @JsonProperty("latency")
    LATENCY,
    /** Most accuracy. */
    @JsonProperty("accuracy")
    ACCURACY;

    /** The objective for a class: this one, or what the class leaves open. */
    Objective of(ServiceCatalog catalog, int requestClass) {
        if (this != AUTO) {
            return this;
        }
        boolean latency = catalog.maxLatencyNanos(requestClass) != ServiceCatalog.UNBOUNDED;
        boolean accuracy = catalog.minAccuracy(requestClass) > 0;
        boolean cost = catalog.maxUsdPerRequest(requestClass) != Double.POSITIVE_INFINITY;
        if (latency && cost && !accuracy) {
            return ACCURACY;
        }
        return accuracy && cost && !latency ? LATENCY : COST;
    }
}
