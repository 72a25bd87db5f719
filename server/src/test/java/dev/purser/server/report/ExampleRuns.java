package dev.purser.server.report;

import dev.purser.core.engine.PolicySet;
import dev.purser.core.engine.RunResult;
import dev.purser.core.policy.ColdStartManager;
import dev.purser.core.policy.Dispatch;
import dev.purser.core.policy.Dispatcher;
import dev.purser.core.policy.FleetTarget;
import dev.purser.core.policy.FunctionView;
import dev.purser.core.policy.KeepAlive;
import dev.purser.core.policy.ModelSelector;
import dev.purser.core.policy.Offload;
import dev.purser.core.policy.Plan;
import dev.purser.core.policy.ProvisioningView;
import dev.purser.core.policy.Reason;
import dev.purser.core.policy.RequestView;
import dev.purser.core.policy.ResourceProvisioner;
import dev.purser.core.policy.Selection;
import dev.purser.core.policy.ServiceCatalog;
import dev.purser.core.policy.ServingView;
import dev.purser.core.pricing.PriceBooks;
import dev.purser.core.trace.ArrivalStream;
import dev.purser.core.trace.ArrivalTrace;
import dev.purser.core.workload.Workloads;
import dev.purser.sim.Simulation;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.DoubleUnaryOperator;

/** Real simulations of small policies on made-up traces, for the report to show. */
final class ExampleRuns {
    private static final Reason WHY = Reason.of("example", "an example");

    private ExampleRuns() {}

    /** How a stack provisions: instances for a share of the load, a fixed number on top, and where the rest goes. */
    private record Example(String name, double share, int extra, boolean functions, int patience) {}

    private static final List<Example> STACKS = List.of(
            new Example("reactive", 1.0, 0, false, 100),
            new Example("over-provisioned", 1.6, 3, false, 100),
            new Example("functions-only", 0.0, 0, true, 0),
            new Example("hybrid", 1.0, 0, true, 2),
            new Example("hybrid-patient", 0.8, 0, true, 25),
            new Example("peak", 0.0, 14, false, 100));

    static final List<ArrivalTrace> TRACES = List.of(
            trace("steady", t -> 30),
            trace("daily", t -> 30 + 24 * Math.sin(2 * Math.PI * t / 1800)),
            trace("flash crowd", t -> t > 1500 && t < 1750 ? 110 : 22),
            trace("bursts", t -> t % 420 < 50 ? 75 : 16));

    static ServiceCatalog catalog(String workload) {
        return new ServiceCatalog(Workloads.load(workload), PriceBooks.named("us-east-1-2019"));
    }

    /** The first stacks on the first traces, with a bound that is made up: four fifths of the cheapest run. */
    static ReportData compare(int stacks, int traces, int seeds, Duration length, String workload) {
        ServiceCatalog catalog = catalog(workload);
        List<ReportRun> runs = new ArrayList<>();
        for (ArrivalTrace trace : TRACES.subList(0, traces)) {
            for (long seed = 1; seed <= seeds; seed++) {
                Map<String, RunResult> results = new LinkedHashMap<>();
                for (Example example : STACKS.subList(0, stacks)) {
                    results.put(example.name(), run(catalog, example, cut(trace, length), seed));
                }
                BigDecimal bound = results.values().stream()
                        .map(result -> result.bill().total())
                        .min(BigDecimal::compareTo)
                        .orElseThrow()
                        .multiply(new BigDecimal("0.8"));
                for (Map.Entry<String, RunResult> entry : results.entrySet()) {
                    RunResult result = entry.getValue();
                    double regret = result.bill().total().doubleValue() / bound.doubleValue() - 1;
                    runs.add(ReportRun.of(entry.getKey(), trace.name(), seed, catalog, result, regret, seed == 1));
                }
                long requests = runs.get(runs.size() - 1).requests();
                runs.add(ReportRun.bound("clairvoyant", trace.name(), seed, requests, bound, BigDecimal.ZERO));
            }
        }
        Map<String, String> settings = new LinkedHashMap<>();
        settings.put("workload", workload);
        settings.put("price book", catalog.priceBook().name());
        settings.put("duration", length.toMinutes() + " min");
        settings.put("seeds", seeds == 1 ? "1" : "1 to " + seeds);
        settings.put("control interval", "10 s");
        return new ReportData("Six ways to serve image classification", "0.1.0", settings, runs);
    }

    static RunResult run(ServiceCatalog catalog, int stack, ArrivalTrace trace, long seed) {
        return run(catalog, STACKS.get(stack), trace, seed);
    }

    private static RunResult run(ServiceCatalog catalog, Example example, ArrivalTrace trace, long seed) {
        PolicySet policies =
                new PolicySet(new FirstGood(), new Spill(example), new Proportional(example), new KeepMinutes());
        return Simulation.of(catalog, policies, trace, seed).run();
    }

    private static ArrivalTrace cut(ArrivalTrace trace, Duration length) {
        return new ExampleTrace(trace.name(), length, ((ExampleTrace) trace).rate());
    }

    static ArrivalTrace trace(String name, DoubleUnaryOperator rate) {
        return new ExampleTrace(name, Duration.ofHours(1), rate);
    }

    /** A Poisson process whose rate follows a function of the seconds since the start. */
    private record ExampleTrace(String name, Duration duration, DoubleUnaryOperator rate) implements ArrivalTrace {
        @Override
        public ArrivalStream open(long seed) {
            Random random = new Random(seed);
            double end = duration.toNanos() / 1e9;
            return new ArrivalStream() {
                private double time;

                @Override
                public long next() {
                    time += -Math.log(1 - random.nextDouble()) / rate.applyAsDouble(time);
                    return time < end ? (long) (time * 1e9) : END;
                }

                @Override
                public void close() {}
            };
        }
    }

    private static final class FirstGood implements ModelSelector {
        @Override
        public Selection select(RequestView request, ServingView view) {
            ServiceCatalog catalog = view.catalog();
            for (int v = 0; v < catalog.variants(); v++) {
                if (catalog.accuracy(v) >= catalog.minAccuracy(request.requestClass())
                        && catalog.fastestNanos(v) <= catalog.maxLatencyNanos(request.requestClass())) {
                    return new Selection(v, WHY);
                }
            }
            return new Selection(Selection.NONE, WHY);
        }
    }

    private record Spill(Example example) implements Dispatcher {
        @Override
        public Dispatch dispatch(RequestView request, ServingView view) {
            ServiceCatalog catalog = view.catalog();
            int variant = request.variant();
            int fleet = catalog.cheapestFleet(variant);
            if (fleet >= 0 && view.freeSlots(fleet) > 0) {
                return new Dispatch.ToInstance(fleet, WHY);
            }
            if (example.functions() && view.queueLength(variant) >= example.patience()) {
                int function = catalog.function(variant, catalog.memorySizes() - 1);
                return new Dispatch.ToFunction(function, WHY);
            }
            return view.queueLength(variant) > 400 ? new Dispatch.Refuse(WHY) : new Dispatch.ToQueue(WHY);
        }
    }

    private record Proportional(Example example) implements ResourceProvisioner {
        @Override
        public Plan plan(ProvisioningView view) {
            ServiceCatalog catalog = view.catalog();
            List<FleetTarget> targets = new ArrayList<>();
            for (int v = 0; v < catalog.variants(); v++) {
                int fleet = catalog.cheapestFleet(v);
                if (fleet >= 0) {
                    double rate = view.arrivals(v) / (view.intervalNanos() / 1e9);
                    int instances = (int) Math.ceil(example.share() * rate / catalog.capacity(fleet))
                            + (rate > 0 ? example.extra() : 0);
                    targets.add(new FleetTarget(fleet, instances, WHY));
                }
            }
            return new Plan(targets, Offload.always());
        }
    }

    private static final class KeepMinutes implements ColdStartManager {
        @Override
        public KeepAlive keepAlive(FunctionView view) {
            return new KeepAlive(Duration.ofMinutes(5).toNanos(), 0, WHY);
        }
    }
}
