package dev.purser.server;

import com.google.common.base.Stopwatch;
import com.google.common.collect.ImmutableList;
import dev.purser.core.engine.DecisionLog;
import dev.purser.core.engine.RunResult;
import dev.purser.server.RunRecord.Accuracy;
import dev.purser.server.RunRecord.CostUsd;
import dev.purser.server.RunRecord.LatencyMs;
import dev.purser.server.TraceArguments.NamedTrace;
import dev.purser.server.report.ReportRun;
import dev.purser.sim.Simulation;
import dev.purser.spi.Stack;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes the runs of an experiment side by side. Runs share nothing that changes, and results are put in order by trace,
 * seed and stack (as given, the bound last), so that the number of threads shows in nothing but the time it takes.
 */
final class Comparison {
    private static final Logger LOG = LoggerFactory.getLogger(Comparison.class);

    /** A comparison asks for no decisions: {@code explain} runs again for them. */
    private static final int DECISIONS = 1;

    private final Experiment experiment;
    private final CostBound bound;

    Comparison(Experiment experiment, CostBound bound) {
        this.experiment = experiment;
        this.bound = bound;
    }

    /**
     * One run that was made. What a run leaves behind is large; this is what is needed of it.
     *
     * @param result what is written
     * @param report what the report shows
     */
    record Run(RunRecord result, ReportRun report) {
        boolean isBound() {
            return report.bound();
        }

        /** Share of the answers that functions gave. */
        double functionShare() {
            long onFunctions =
                    isBound() ? result.functionInvocations() : report.ended().onFunctions();
            return result.answered() == 0 ? 0 : (double) onFunctions / result.answered();
        }
    }

    private record TimedBound(Optional<CostBound.Cost> cost, double wallSeconds) {}

    /** How many runs will be made, bounds included. */
    int size() {
        return experiment.traces().size()
                * experiment.seeds().size()
                * (experiment.stacks().size() + 1);
    }

    /** Makes all runs. */
    ImmutableList<Run> run(RunPool pool) {
        List<Group> groups = new ArrayList<>();
        for (NamedTrace trace : experiment.traces()) {
            double initialRate = Simulation.initialRate(trace.arrivals());
            for (long seed : experiment.seeds()) {
                // before the runs that wait for it, so that it has begun when they do
                Future<TimedBound> least = pool.submit(() -> bound(trace, seed));
                List<Future<Run>> runs = new ArrayList<>();
                for (Stack stack : experiment.stacks()) {
                    runs.add(pool.submit(() -> run(stack, trace, seed, initialRate, least)));
                }
                groups.add(new Group(trace, seed, least, runs));
            }
        }
        ImmutableList.Builder<Run> result = ImmutableList.builder();
        groups.forEach(group -> result.addAll(group.finish()));
        return result.build();
    }

    private Run run(Stack stack, NamedTrace trace, long seed, double initialRate, Future<TimedBound> bound) {
        Stopwatch watch = Stopwatch.createStarted();
        RunResult result = experiment
                .simulation(stack, trace, seed, initialRate, new DecisionLog(DECISIONS, DECISIONS))
                .run();
        double wallSeconds = seconds(watch);
        LOG.debug("{} on {}, seed {}: {} s", stack.name(), trace.name(), seed, wallSeconds);
        Double regret = RunPool.await(bound)
                .cost()
                .map(least -> regret(result.bill().total(), least.total()))
                .orElse(null);
        boolean firstSeed = experiment.seeds().asList().getFirst() == seed;
        return new Run(
                RunRecord.of(stack.name(), trace.name(), seed, result, regret, wallSeconds),
                ReportRun.of(stack.name(), trace.name(), seed, experiment.catalog(), result, regret, firstSeed));
    }

    private static @Nullable Double regret(BigDecimal cost, BigDecimal least) {
        return least.signum() == 0 ? null : cost.doubleValue() / least.doubleValue() - 1;
    }

    private TimedBound bound(NamedTrace trace, long seed) {
        Stopwatch watch = Stopwatch.createStarted();
        Optional<CostBound.Cost> cost = bound.of(experiment.catalog(), trace.arrivals(), seed, experiment.simulator());
        return new TimedBound(cost, seconds(watch));
    }

    private static double seconds(Stopwatch watch) {
        return watch.elapsed().toNanos() / 1e9;
    }

    /** The runs of one trace and seed. */
    private record Group(NamedTrace trace, long seed, Future<TimedBound> bound, List<Future<Run>> futures) {
        List<Run> finish() {
            List<Run> runs = new ArrayList<>();
            futures.forEach(future -> runs.add(RunPool.await(future)));
            TimedBound least = RunPool.await(bound);
            long requests = runs.getFirst().result().requests();
            least.cost().ifPresent(cost -> runs.add(boundRun(cost, requests, least.wallSeconds())));
            return runs;
        }

        private Run boundRun(CostBound.Cost cost, long requests, double wallSeconds) {
            RunRecord record = new RunRecord(
                    CostBound.NAME,
                    trace.name(),
                    seed,
                    requests,
                    requests,
                    0,
                    0,
                    0,
                    0,
                    new Accuracy(0, 0),
                    CostUsd.of(cost.vm(), cost.function(), BigDecimal.ZERO),
                    cost.vmHours(),
                    cost.peakVms(),
                    cost.functionRequests(),
                    0,
                    LatencyMs.NONE,
                    0.0,
                    trace.arrivals().duration().toNanos() / 1e9,
                    wallSeconds);
            return new Run(
                    record, ReportRun.bound(CostBound.NAME, trace.name(), seed, requests, cost.vm(), cost.function()));
        }
    }
}
