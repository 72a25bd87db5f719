package dev.purser.sim;

import dev.purser.core.engine.ControllerSettings;
import dev.purser.core.engine.DecisionLog;
import dev.purser.core.engine.PolicySet;
import dev.purser.core.model.FunctionProfile;
import dev.purser.core.model.ModelPool;
import dev.purser.core.model.Variant;
import dev.purser.core.model.VmProfile;
import dev.purser.core.policy.Dispatch;
import dev.purser.core.policy.FleetTarget;
import dev.purser.core.policy.KeepAlive;
import dev.purser.core.policy.Offload;
import dev.purser.core.policy.Plan;
import dev.purser.core.policy.Reason;
import dev.purser.core.policy.Selection;
import dev.purser.core.policy.ServiceCatalog;
import dev.purser.core.pricing.PriceBooks;
import dev.purser.core.workload.Application;
import dev.purser.core.workload.FunctionConfiguration;
import dev.purser.core.workload.RequestClass;
import dev.purser.core.workload.Slo;
import dev.purser.core.workload.Workload;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The four workloads on which simulators are compared: each has an answer that queueing theory or three independent codes
 * agree on. Their policies return the same few decisions again, so that what is measured is the engine.
 */
public enum CommonWorkloads {
    /** M/M/10: Poisson arrivals at 9/s, service Exp(1 s), ten instances of one slot, one queue. */
    MMC(9, 1000, Duration.ZERO, Duration.ZERO),
    /** Functions, Poisson 0.9/s, warm Exp(2.016 s), cold 2.163 s in the mean, keep-alive 600 s. */
    A(0.9, 2016, Duration.ofMillis(147), Duration.ofSeconds(600)),
    /** Functions, Poisson 50/s, warm Exp(0.2 s), cold 1.2 s in the mean, keep-alive 60 s. */
    B(50, 200, Duration.ofSeconds(1), Duration.ofSeconds(60)),
    /** As B at 1000/s: shows what each sandbox costs. */
    C(1000, 200, Duration.ofSeconds(1), Duration.ofSeconds(60));

    private static final Reason WHY = Reason.of("common-workload", "the workload leaves no choice");
    private static final int CONCURRENCY_LIMIT = 1000;
    private static final int SERVERS = 10;

    private final double rate;
    private final double serviceMs;
    private final Duration sandboxStart;
    private final Duration keepAlive;

    CommonWorkloads(double rate, double serviceMs, Duration sandboxStart, Duration keepAlive) {
        this.rate = rate;
        this.serviceMs = serviceMs;
        this.sandboxStart = sandboxStart;
        this.keepAlive = keepAlive;
    }

    /** Requests per second. */
    public double rate() {
        return rate;
    }

    /**
     * A run.
     *
     * @param requests how many requests to expect
     * @param seed decides all that chance decides
     */
    public Simulation simulation(long requests, long seed) {
        return new Simulation(
                catalog(),
                policies(),
                TestTraces.poisson(rate, Duration.ofMillis(Math.round(requests * 1000 / rate))),
                seed,
                SimulatorSettings.ideal()
                        .withService(Spread.exponential())
                        .withSandboxStart(sandboxStart, Spread.none()),
                ControllerSettings.defaults(),
                DecisionLog.small());
    }

    private ServiceCatalog catalog() {
        Variant variant = new Variant(
                "network",
                0.8,
                null,
                100,
                0,
                this == MMC ? Map.of("c5.large", new VmProfile(serviceMs, 1)) : Map.of(),
                this == MMC ? null : new FunctionProfile(new TreeMap<>(Map.of(1024, serviceMs))));
        Application application = new Application(
                "task",
                new ModelPool("one", "made up", List.of(variant)),
                List.of(new RequestClass("all", 1, null, new Slo(Slo.Urgency.RELAXED, null, null, null))));
        return new ServiceCatalog(
                new Workload(
                        name(),
                        "a common workload",
                        application,
                        this == MMC ? List.of("c5.large") : List.of(),
                        this == MMC
                                ? FunctionConfiguration.none()
                                : new FunctionConfiguration(List.of(1024), CONCURRENCY_LIMIT),
                        "us-east-1-2019"),
                PriceBooks.named("us-east-1-2019"));
    }

    private PolicySet policies() {
        Selection selection = new Selection(0, WHY);
        Dispatch dispatch = this == MMC ? new Dispatch.ToInstance(0, WHY) : new Dispatch.ToFunction(0, WHY);
        Plan plan = new Plan(this == MMC ? List.of(new FleetTarget(0, SERVERS, WHY)) : List.of(), Offload.always());
        KeepAlive keep = new KeepAlive(keepAlive.toNanos(), 0, WHY);
        return new PolicySet((request, view) -> selection, (request, view) -> dispatch, view -> plan, function -> keep);
    }
}
