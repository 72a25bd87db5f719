package dev.purser.sim;

import dev.purser.core.engine.ControllerSettings;
import dev.purser.core.engine.DecisionLog;
import dev.purser.core.engine.PolicySet;
import dev.purser.core.policy.ServiceCatalog;
import dev.purser.core.trace.ArrivalStream;
import dev.purser.core.trace.ArrivalTrace;

/**
 * One run to make. The same simulation gives the same result, whatever else runs beside it.
 *
 * @param catalog what is served, and what it costs
 * @param policies the decisions; made for this run alone, for they may hold state
 * @param trace when requests arrive
 * @param seed decides all that chance decides: arrivals within a step, classes, service and start times, feedback
 * @param settings how the platform behaves
 * @param controller how the controller works
 * @param log keeps the decisions
 */
public record Simulation(
        ServiceCatalog catalog,
        PolicySet policies,
        ArrivalTrace trace,
        long seed,
        SimulatorSettings settings,
        ControllerSettings controller,
        DecisionLog log) {

    /** How much of a trace's beginning stands for the operator's estimate of the load at the start. */
    private static final long ESTIMATE_NANOS = 60_000_000_000L;

    /**
     * A run on the default platform. The operator's estimate of the load at the start is the mean of the trace's first
     * minute: the run is an hour out of a longer life, whose past the trace does not have.
     */
    public static Simulation of(ServiceCatalog catalog, PolicySet policies, ArrivalTrace trace, long seed) {
        return new Simulation(
                catalog,
                policies,
                trace,
                seed,
                SimulatorSettings.defaults(),
                ControllerSettings.defaults().withInitialRate(initialRate(trace, seed)),
                DecisionLog.small());
    }

    /**
     * The mean rate of a trace's first minute (or of the whole, if it is shorter), in requests per second.
     *
     * @param trace the trace
     * @param seed the run's, so that the arrivals counted are the run's
     */
    public static double initialRate(ArrivalTrace trace, long seed) {
        long span = Math.min(ESTIMATE_NANOS, trace.duration().toNanos());
        long count = 0;
        try (ArrivalStream stream = trace.open(new Seeds(seed).of(Simulator.ARRIVALS))) {
            for (long at = stream.next(); at != ArrivalStream.END && at < span; at = stream.next()) {
                count++;
            }
        }
        return span == 0 ? 0 : count * 1e9 / span;
    }

    /** The same run on a platform that behaves otherwise. */
    public Simulation withSettings(SimulatorSettings newSettings) {
        return new Simulation(catalog, policies, trace, seed, newSettings, controller, log);
    }

    /** The same run with another controller. */
    public Simulation withController(ControllerSettings newController) {
        return new Simulation(catalog, policies, trace, seed, settings, newController, log);
    }

    /** The same run with another decision log. */
    public Simulation withLog(DecisionLog newLog) {
        return new Simulation(catalog, policies, trace, seed, settings, controller, newLog);
    }

    /** Makes the run. */
    public SimulationResult run() {
        return new Simulator(this).run();
    }
}
