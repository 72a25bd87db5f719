package dev.purser.benchmarks;

import dev.purser.core.engine.Attempt;
import dev.purser.core.engine.Controller;
import dev.purser.core.engine.ControllerSettings;
import dev.purser.core.engine.DecisionLog;
import dev.purser.core.engine.PolicySet;
import dev.purser.core.policy.Dispatch;
import dev.purser.core.policy.FleetTarget;
import dev.purser.core.policy.KeepAlive;
import dev.purser.core.policy.Offload;
import dev.purser.core.policy.Plan;
import dev.purser.core.policy.Reason;
import dev.purser.core.policy.Selection;
import dev.purser.core.policy.ServiceCatalog;
import dev.purser.core.pricing.PriceBooks;
import dev.purser.core.workload.Workload;
import dev.purser.core.workload.Workloads;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** Nanoseconds that a request takes inside the controller, from its arrival to its answer: no platform and no policy. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(2)
public class ControllerBenchmark {
    private static final Reason WHY = Reason.of("benchmark", "the benchmark leaves no choice");
    private static final int INSTANCES = 10;

    private final Workload workload = Workloads.load("paragon-workload-1");
    private final ServiceCatalog catalog = new ServiceCatalog(workload, PriceBooks.load(workload.priceBook()));
    private final int fleet = catalog.cheapestFleet(0);
    private final int function = catalog.function(0, catalog.memorySizes() - 1);
    private final ServingWorld.Idle platform = new ServingWorld.Idle();
    private final Controller onInstances = controller(new Dispatch.ToInstance(fleet, WHY));
    private final Controller inFunctions = controller(new Dispatch.ToFunction(function, WHY));
    private long now;

    private Controller controller(Dispatch dispatch) {
        Selection selection = new Selection(0, WHY);
        Plan plan = new Plan(List.of(new FleetTarget(fleet, INSTANCES, WHY)), Offload.always());
        KeepAlive keepAlive = new KeepAlive(600_000_000_000L, 0, WHY);
        Controller controller = new Controller(
                catalog,
                new PolicySet(
                        (request, view) -> selection, (request, view) -> dispatch, view -> plan, view -> keepAlive),
                platform,
                () -> now,
                (request, outcome, variant) -> {},
                ControllerSettings.defaults(),
                DecisionLog.small());
        controller.start();
        platform.launched().forEach(instance -> controller.events().instanceReady(instance, now));
        platform.launched().clear();
        return controller;
    }

    /** A request that an instance answers. */
    @Benchmark
    public void onInstance() {
        now += 1_000_000;
        onInstances.requestArrived(0);
        now += 1_000_000;
        onInstances.events().attemptEnded(platform.attempt(), Attempt.ANSWERED, false, 0);
    }

    /** A request that a warm sandbox answers. */
    @Benchmark
    public void inFunction() {
        now += 1_000_000;
        inFunctions.requestArrived(0);
        now += 1_000_000;
        inFunctions.events().attemptEnded(platform.attempt(), Attempt.ANSWERED, false, 1_000_000);
    }
}
