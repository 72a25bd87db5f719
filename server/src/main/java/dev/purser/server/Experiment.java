package dev.purser.server;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSet;
import dev.purser.core.InputException;
import dev.purser.core.engine.ControllerSettings;
import dev.purser.core.engine.DecisionLog;
import dev.purser.core.policy.ServiceCatalog;
import dev.purser.server.TraceArguments.NamedTrace;
import dev.purser.sim.Simulation;
import dev.purser.sim.SimulatorSettings;
import dev.purser.spi.PolicyRegistry;
import dev.purser.spi.Stack;

/**
 * Runs to make: every stack on every trace with every seed, all else being equal.
 *
 * @param registry makes the policies
 * @param catalog what is served, and what it costs
 * @param stacks who decides
 * @param traces when requests arrive
 * @param seeds what decides chance
 * @param simulator how the platform behaves
 * @param controller how the controller works; its initial rate is found for each run
 */
record Experiment(
        PolicyRegistry registry,
        ServiceCatalog catalog,
        ImmutableList<Stack> stacks,
        ImmutableList<NamedTrace> traces,
        ImmutableSet<Long> seeds,
        SimulatorSettings simulator,
        ControllerSettings controller) {

    /**
     * Makes each stack's policies once, so that what is wrong with one is said before the first run.
     *
     * @throws InputException if a policy is unknown or its settings are wrong
     */
    void check() {
        stacks.forEach(stack -> registry.create(stack, catalog, 0));
    }

    /**
     * One run with policies of its own.
     *
     * @param initialRate {@link Simulation#initialRate} of the trace, which may read its file again
     */
    Simulation simulation(Stack stack, NamedTrace trace, long seed, double initialRate, DecisionLog log) {
        return new Simulation(
                catalog,
                registry.create(stack, catalog, seed),
                trace.arrivals(),
                seed,
                simulator,
                controller.withInitialRate(initialRate),
                log);
    }
}
