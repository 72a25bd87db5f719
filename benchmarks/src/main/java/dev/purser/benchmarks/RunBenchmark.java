package dev.purser.benchmarks;

import dev.purser.core.engine.RunResult;
import dev.purser.core.policy.ServiceCatalog;
import dev.purser.core.trace.ArrivalTrace;
import dev.purser.core.trace.Traces;
import dev.purser.research.bound.Clairvoyant;
import dev.purser.sim.Simulation;
import dev.purser.sim.SimulatorSettings;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** Whole runs in a warm JVM, and the clairvoyant bound of an hour. */
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 3)
@Measurement(iterations = 5)
@Fork(1)
public class RunBenchmark {
    private static final long SEED = 1;
    private static final long REQUESTS = 1_000_000;

    /** A common workload. */
    @State(Scope.Thread)
    public static class Common {
        @Param({"mmc", "A", "B", "C"})
        private String load = "";
    }

    /** An hour of the built-in trace in the likeness of WITS, at the rate of the original: about a million requests. */
    @State(Scope.Thread)
    public static class Hour {
        private final ArrivalTrace trace = Traces.of("wits-like")
                .window(Duration.ZERO, Duration.ofHours(1))
                .scaleToMean(285.5);
    }

    /** The demand of that hour. */
    @State(Scope.Thread)
    public static class Demand {
        private final Clairvoyant clairvoyant;
        private final double[][] requests;

        /** Counts it. */
        public Demand() {
            ArrivalTrace trace = new Hour().trace;
            ServiceCatalog catalog = Child.paragonRun(trace, SEED).catalog();
            SimulatorSettings settings = SimulatorSettings.defaults();
            clairvoyant = new Clairvoyant(
                    catalog,
                    trace.duration(),
                    function -> settings.meanFunctionUsd(catalog, function),
                    fleet -> settings.instanceBoot().toNanos() / 1e9);
            requests = Simulation.demand(catalog, trace, SEED, clairvoyant.step());
        }
    }

    /** A million requests of a common workload. */
    @Benchmark
    public RunResult common(Common common) {
        return Load.of(common.load)
                .orElseThrow()
                .workload()
                .simulation(REQUESTS, SEED)
                .run();
    }

    /** The hour with the stack {@code paragon}. */
    @Benchmark
    public RunResult paragonHour(Hour hour) {
        return Child.paragonRun(hour.trace, SEED).run();
    }

    /** The clairvoyant bound for the hour's demand. */
    @Benchmark
    public Optional<Clairvoyant.Result> boundOfHour(Demand demand) {
        return demand.clairvoyant.bound(demand.requests);
    }
}
