package dev.purser.spi;

import dev.purser.core.policy.InterArrivalPredictor;
import dev.purser.core.policy.LoadPredictor;
import dev.purser.core.policy.ServiceCatalog;

/** What a policy is made for. */
public interface PolicyContext {

    /** Profiles, prices and SLOs of what it will serve. */
    ServiceCatalog catalog();

    /** A seed for policies that draw lots; each policy of a run gets its own. */
    long seed();

    /**
     * A new load predictor.
     *
     * @param spec its name and settings
     * @throws dev.purser.core.InputException if there is none of that name, or its settings are wrong
     */
    LoadPredictor loadPredictor(PolicySpec spec);

    /**
     * A new inter-arrival predictor.
     *
     * @param spec its name and settings
     * @throws dev.purser.core.InputException if there is none of that name, or its settings are wrong
     * @throws UnsupportedOperationException if this context was made for policies that need none
     */
    default InterArrivalPredictor interArrivalPredictor(PolicySpec spec) {
        throw new UnsupportedOperationException("this context has no inter-arrival predictors");
    }
}
