package dev.purser.server;

import dev.purser.core.policy.ServiceCatalog;
import dev.purser.core.trace.ArrivalTrace;
import dev.purser.research.bound.Clairvoyant;
import dev.purser.sim.Simulation;
import dev.purser.sim.SimulatorSettings;
import java.util.Optional;

/** {@link Clairvoyant} for the simulated platform: its start times, and what its functions cost on average. */
final class ClairvoyantBound implements CostBound {
    @Override
    public Optional<Cost> of(ServiceCatalog catalog, ArrivalTrace trace, long seed, SimulatorSettings settings) {
        double boot = settings.instanceBoot().toNanos() / 1e9;
        Clairvoyant clairvoyant = new Clairvoyant(
                catalog,
                trace.duration(),
                function -> settings.meanFunctionUsd(catalog, function),
                fleet -> boot + catalog.loadNanos(catalog.variantOfFleet(fleet)) / 1e9);
        return clairvoyant
                .bound(Simulation.demand(catalog, trace, seed, clairvoyant.step()))
                .map(result -> new Cost(
                        result.vmUsd(),
                        result.functionUsd(),
                        result.instanceSeconds() / 3600,
                        result.peakInstances(),
                        result.functionRequests()));
    }
}
