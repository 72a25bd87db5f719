package dev.purser.sim;

import dev.purser.core.engine.ControllerSettings;
import dev.purser.core.engine.DecisionLog;
import dev.purser.core.engine.PolicySet;
import dev.purser.core.engine.RunResult;
import dev.purser.core.policy.ServiceCatalog;
import dev.purser.core.trace.ArrivalTrace;
import java.time.Duration;

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
    private static final Duration ESTIMATE = Duration.ofMinutes(1);

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
                ControllerSettings.defaults().withInitialRate(initialRate(trace)),
                DecisionLog.small());
    }

    /** The mean rate of a trace's first minute (or of the whole, if it is shorter), in requests per second. */
    public static double initialRate(ArrivalTrace trace) {
        Duration span = trace.duration().compareTo(ESTIMATE) < 0 ? trace.duration() : ESTIMATE;
        return trace.expectedRequests(Duration.ZERO, span) * 1e9 / span.toNanos();
    }

    /**
     * How many requests of each class arrive in each step of a run: the demand that a bound is computed for.
     *
     * @param catalog what is served
     * @param trace when requests arrive
     * @param seed the run's
     * @param step the step's length, over 0
     * @return by class and step; the last step may be shorter than the others
     */
    public static double[][] demand(ServiceCatalog catalog, ArrivalTrace trace, long seed, Duration step) {
        long nanos = step.toNanos();
        int steps = Math.toIntExact((trace.duration().toNanos() - 1) / nanos + 1);
        double[][] counts = new double[catalog.requestClasses()][steps];
        try (RequestStream requests =
                RequestStream.open(catalog.workload().application().classes(), trace, seed)) {
            for (long at = requests.next(); at != RequestStream.END; at = requests.next()) {
                counts[requests.requestClass()][(int) (at / nanos)]++;
            }
        }
        return counts;
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
    public RunResult run() {
        return new Simulator(this).run();
    }
}
