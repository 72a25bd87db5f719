package dev.purser.examples;

import dev.purser.core.engine.RunResult;
import dev.purser.core.policy.ServiceCatalog;
import dev.purser.core.pricing.PriceBooks;
import dev.purser.core.trace.ArrivalTrace;
import dev.purser.core.trace.Traces;
import dev.purser.core.workload.Workload;
import dev.purser.core.workload.Workloads;
import dev.purser.sim.Simulation;
import dev.purser.spi.PolicyRegistry;
import java.time.Duration;
import java.util.List;

/** A workload, an hour of arrivals, two stacks in the simulator, and the bill of each. */
public final class CompareTwoStacks {
    private CompareTwoStacks() {}

    /** Runs it. */
    public static void main(String[] args) {
        Workload workload = Workloads.load("paragon-workload-1");
        ServiceCatalog catalog = new ServiceCatalog(workload, PriceBooks.load(workload.priceBook()));
        ArrivalTrace trace = Traces.of("twitter-like").window(Duration.ZERO, Duration.ofHours(1));
        PolicyRegistry registry = PolicyRegistry.load();
        for (String stack : List.of("reactive", "paragon")) {
            long seed = 1;
            RunResult result = Simulation.of(
                            catalog, registry.create(registry.stack(stack), catalog, seed), trace, seed)
                    .run();
            System.out.printf(
                    "%s: %d requests, %d violations%n",
                    stack, result.metrics().arrived(), result.metrics().violations());
            result.bill().lines().forEach(line -> System.out.println("  " + line.item() + ": $" + line.usd()));
            System.out.println("  total: $" + result.bill().total());
        }
    }
}
