package dev.purser.research.selector;

import dev.purser.core.policy.Reason;
import dev.purser.core.policy.Selection;
import dev.purser.core.policy.ServiceCatalog;

/** What the selectors share: what a variant offers on paper, and selections that are made once. */
final class Feasible {
    private static final Selection NONE = new Selection(
            Selection.NONE, Reason.of("no-feasible-variant", "no variant of the pool can meet the request's SLO"));

    private Feasible() {}

    /** The profiled latency on the cheapest fleet, or in the fastest function where no instance type runs it. */
    static long profiledNanos(ServiceCatalog catalog, int variant) {
        int fleet = catalog.cheapestFleet(variant);
        return fleet >= 0 ? catalog.serviceNanos(fleet) : catalog.fastestNanos(variant);
    }

    static Selection[] selections(ServiceCatalog catalog, Reason reason) {
        Selection[] result = new Selection[catalog.variants()];
        for (int v = 0; v < result.length; v++) {
            result[v] = new Selection(v, reason);
        }
        return result;
    }

    static Selection none() {
        return NONE;
    }
}
