package dev.purser.server;

import dev.purser.core.policy.ServiceCatalog;
import dev.purser.core.trace.ArrivalTrace;
import dev.purser.sim.SimulatorSettings;
import java.math.BigDecimal;
import java.util.Optional;

/** The least that any stack could pay for the arrivals of a run, had it known them beforehand. */
@FunctionalInterface
interface CostBound {
    /** The bound's name among the stacks in results. */
    String NAME = "clairvoyant";

    /**
     * What the bound comes to; costs in USD with six decimals. The object store costs nothing.
     *
     * @param vm for instances
     * @param function for functions
     * @param vmHours instances times hours
     * @param peakVms most instances at the same time
     * @param functionRequests requests that functions answer
     */
    record Cost(BigDecimal vm, BigDecimal function, double vmHours, int peakVms, long functionRequests) {
        BigDecimal total() {
            return vm.add(function);
        }
    }

    /**
     * The bound for one trace and seed, whoever decides; empty where it does not apply to the workload.
     *
     * @param catalog what is served
     * @param trace when requests arrive
     * @param seed of the run
     * @param settings of the platform
     */
    Optional<Cost> of(ServiceCatalog catalog, ArrivalTrace trace, long seed, SimulatorSettings settings);
}
