package dev.purser.server.partition;

import dev.purser.core.partition.Infeasible;
import dev.purser.core.partition.Objective;
import dev.purser.core.partition.PartCosts;
import dev.purser.core.partition.PartitionPlan;
import dev.purser.core.partition.PartitionRequest;
import dev.purser.core.partition.Partitioning;
import dev.purser.core.policy.Partitioner;
import dev.purser.partitioner.plan.Baselines;
import dev.purser.partitioner.plan.ExactPartitioner;
import dev.purser.partitioner.plan.RandomPartitioner;
import dev.purser.server.partition.PartitionReport.Beside;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/** What would be done without the plan: the optimum, the fastest plan, and the baselines. */
public final class Alternatives {
    /** Of the exact expectation; about half a second. */
    private static final long MOST_STEPS = 5_000_000;

    private static final int DRAWS = 200;

    private Alternatives() {}

    /**
     * All of them.
     *
     * @param request what is to be planned
     * @param optimum whether the optimum belongs to them, because someone else planned
     */
    public static List<Beside> of(PartitionRequest request, boolean optimum) {
        List<Beside> beside = new ArrayList<>();
        if (optimum) {
            beside.add(one("amps-inf", new ExactPartitioner(), request, request));
        }
        beside.add(one(
                "fastest",
                new ExactPartitioner(),
                request.withObjective(Objective.TIME)
                        .withSlo(PartitionRequest.UNBOUNDED)
                        .withBudget(PartitionRequest.UNBOUNDED),
                request));
        beside.add(tried("random", () -> random(request)));
        beside.add(one("equal-layers", Baselines.EQUAL_LAYERS, request, request));
        beside.add(one("greedy-fill", Baselines.GREEDY_FILL, request, request));
        beside.add(one("greedy-max-memory", Baselines.GREEDY_MAX_MEMORY, request, request));
        return beside;
    }

    private static Beside one(String name, Partitioner partitioner, PartitionRequest request, PartitionRequest judged) {
        return tried(name, () -> {
            Partitioning answer = partitioner.partition(request);
            PartitionPlan plan = switch (answer) {
                case PartitionPlan found -> found;
                case Infeasible none -> none.nearest();
            };
            return plan == null
                    ? Beside.none(
                            name,
                            answer instanceof Infeasible none ? none.reason().words() : "")
                    : Beside.of(name, plan, keeps(judged, plan));
        });
    }

    private static Beside tried(String name, Supplier<Beside> attempt) {
        try {
            return attempt.get();
        } catch (UnsupportedOperationException e) {
            return Beside.none(
                    name, String.valueOf(e.getMessage()).lines().findFirst().orElse(""));
        }
    }

    private static Beside random(PartitionRequest request) {
        if (request.budgetUnits() != PartitionRequest.UNBOUNDED) {
            // the expectation knows how many keep the SLO, and not how many keep the budget
            return drawn(request);
        }
        RandomPartitioner.Expectation exact;
        try {
            exact = RandomPartitioner.expectation(request, MOST_STEPS);
        } catch (UnsupportedOperationException e) {
            return drawn(request);
        }
        if (exact == null) {
            return Beside.none("random", "no parts hold the model");
        }
        return new Beside(
                "random",
                exact.parts(),
                exact.meanMillis(),
                exact.meanUsd(),
                exact.keepsSlo(),
                "the mean of all plans of so few parts");
    }

    private static Beside drawn(PartitionRequest request) {
        double millis = 0;
        double usd = 0;
        int kept = 0;
        int parts = 0;
        PartitionRequest free = request.withSlo(PartitionRequest.UNBOUNDED).withBudget(PartitionRequest.UNBOUNDED);
        for (int seed = 1; seed <= DRAWS; seed++) {
            if (!(new RandomPartitioner(seed).partition(free) instanceof PartitionPlan plan)) {
                return Beside.none("random", "no parts hold the model");
            }
            millis += plan.millis();
            usd += plan.units() / PartCosts.UNITS_PER_USD;
            kept += keeps(request, plan) ? 1 : 0;
            parts = plan.parts().size();
        }
        return new Beside(
                "random",
                parts,
                millis / DRAWS,
                usd / DRAWS,
                (double) kept / DRAWS,
                "the mean of " + DRAWS + " draws among plans of so few parts");
    }

    private static boolean keeps(PartitionRequest request, PartitionPlan plan) {
        return plan.millis() <= request.sloMillis() && plan.units() <= request.budgetUnits();
    }
}
