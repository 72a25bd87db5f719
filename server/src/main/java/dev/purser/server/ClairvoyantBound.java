package dev.purser.server;

import dev.purser.core.policy.ServiceCatalog;
import dev.purser.core.pricing.FunctionPricing;
import dev.purser.core.trace.ArrivalTrace;
import dev.purser.research.bound.Clairvoyant;
import dev.purser.sim.Simulation;
import dev.purser.sim.SimulatorSettings;
import dev.purser.sim.Spread;
import java.util.Optional;

/** {@link Clairvoyant} for the simulated platform: its start times, and what its functions cost on average. */
final class ClairvoyantBound implements CostBound {
    private static final int POINTS = 1 << 14;
    private static final double DEVIATIONS = 8;

    @Override
    public Optional<Cost> of(ServiceCatalog catalog, ArrivalTrace trace, long seed, SimulatorSettings settings) {
        double boot = settings.instanceBoot().toNanos() / 1e9;
        Clairvoyant clairvoyant = new Clairvoyant(
                catalog,
                trace.duration(),
                function -> meanUsd(catalog, function, settings.service()),
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

    /**
     * The mean cost of a warm invocation. It is not that of the mean duration, because each is rounded up to the billing
     * unit: a profile of 101 ms at a rounding of 100 ms costs 200 ms, but half of the invocations around it cost 100.
     */
    static double meanUsd(ServiceCatalog catalog, int function, Spread spread) {
        long profiled = catalog.functionNanos(function);
        if (profiled == ServiceCatalog.UNBOUNDED) {
            return Double.POSITIVE_INFINITY;
        }
        FunctionPricing pricing = catalog.priceBook().function();
        int memory = catalog.memoryOfFunction(function);
        return switch (spread.distribution()) {
            case NONE -> catalog.functionUsd(function);
            case LOGNORMAL -> {
                double sigma = Math.sqrt(Math.log1p(spread.cv() * spread.cv()));
                double weights = 0;
                double sum = 0;
                for (int i = 0; i < POINTS; i++) {
                    double z = DEVIATIONS * ((2 * i + 1.0) / POINTS - 1);
                    double weight = Math.exp(-z * z / 2);
                    weights += weight;
                    sum += weight
                            * pricing.costPerInvocation(
                                    memory, nanos(profiled, Math.exp(sigma * z - sigma * sigma / 2)));
                }
                yield sum / weights;
            }
            case EXPONENTIAL -> {
                double sum = 0;
                for (int i = 0; i < POINTS; i++) {
                    sum += pricing.costPerInvocation(memory, nanos(profiled, -Math.log1p(-(i + 0.5) / POINTS)));
                }
                yield sum / POINTS;
            }
        };
    }

    private static long nanos(long profiled, double factor) {
        return Math.max(1, Math.round(profiled * factor));
    }
}
