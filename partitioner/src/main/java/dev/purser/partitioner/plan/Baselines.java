package dev.purser.partitioner.plan;

import dev.purser.core.partition.Infeasible;
import dev.purser.core.partition.Objective;
import dev.purser.core.partition.PartitionPlan;
import dev.purser.core.partition.PartitionRequest;
import dev.purser.core.partition.Partitioning;
import dev.purser.core.policy.Partitioner;
import dev.purser.core.policy.Reason;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * What a person would do without an optimiser. AMPS-Inf's slides (ICPP'21) compare with "random" and "heuristic" without
 * defining them; these definitions are ours. All parts get the same memory: the smallest that keeps the SLO, or the fastest
 * where none does.
 */
public enum Baselines implements Partitioner {
    /** The fewest parts of equal layer counts, each boundary moved to the nearest cut, that fit. */
    EQUAL_LAYERS {
        @Override
        int @Nullable [] stops(Problem problem) {
            for (int k = problem.request.minimumParts(); k <= problem.maximumParts(); k++) {
                int[] stops = new int[k];
                for (int i = 1; i < k; i++) {
                    stops[i - 1] = nearest(problem, (double) i * problem.graph.last() / k);
                }
                stops[k - 1] = problem.end();
                if (fits(problem, stops)) {
                    return stops;
                }
            }
            return null;
        }
    },
    /** As many layers as fit into each part, from the first on. */
    GREEDY_FILL {
        @Override
        int @Nullable [] stops(Problem problem) {
            return greedy(problem);
        }
    },
    /** As {@link #GREEDY_FILL}, with the largest memory setting whatever the SLO. */
    GREEDY_MAX_MEMORY {
        @Override
        int @Nullable [] stops(Problem problem) {
            return greedy(problem);
        }
    };

    /** Where the parts end; null where the rule finds none that fit. */
    abstract int @Nullable [] stops(Problem problem);

    @Override
    public Partitioning partition(PartitionRequest request) {
        Problem problem = new Problem(request);
        int[] stops = stops(problem);
        if (stops == null) {
            if (ExactPartitioner.best(request) == null) {
                return Obstacles.of(problem);
            }
            return new Infeasible(
                    Reason.of("baseline", "this rule finds no cuts that fit, although there are some"), -1, null);
        }
        PartitionPlan chosen = null;
        PartitionPlan nearest = null;
        int least = 0;
        int p = 0;
        for (int stop : stops) {
            least = Math.max(least, problem.leastMemoryIndex(p, stop));
            p = stop;
        }
        int first = this == GREEDY_MAX_MEMORY ? problem.memories.length - 1 : least;
        for (int m = first; m < problem.memories.length; m++) {
            int[] memories = new int[stops.length];
            Arrays.fill(memories, problem.memories[m]);
            PartitionPlan plan = problem.plan(stops, memories);
            boolean keeps = plan.millis() <= request.sloMillis() && plan.units() <= request.budgetUnits();
            if (keeps && (chosen == null || plan.millis() < chosen.millis())) {
                chosen = plan;
                if (request.objective() == Objective.COST) {
                    break;
                }
            }
            if (nearest == null || plan.millis() < nearest.millis()) {
                nearest = plan;
            }
        }
        Reason reason = Reason.of(
                "baseline",
                switch (this) {
                    case EQUAL_LAYERS -> "equal numbers of layers, one memory for all";
                    case GREEDY_FILL -> "as many layers as fit, one memory for all";
                    case GREEDY_MAX_MEMORY -> "as many layers as fit, the largest memory for all";
                });
        if (chosen != null) {
            return IntegerProgramme.Chosen.plan(chosen, reason);
        }
        if (nearest == null) {
            throw new IllegalStateException("no memory setting was tried");
        }
        return missed(request, IntegerProgramme.Chosen.plan(nearest, reason));
    }

    /** A plan that this rule stays with although it does not keep the bounds. */
    static Infeasible missed(PartitionRequest request, PartitionPlan plan) {
        return new Infeasible(
                plan.millis() > request.sloMillis()
                        ? Because.millis(
                                "slo-missed",
                                "this rule's plan takes {observed} ms, and the SLO is {limit} ms",
                                plan.millis(),
                                request.sloMillis())
                        : Because.money(
                                "budget-missed",
                                "this rule's plan costs {observed}, and the budget is {limit}",
                                plan.units(),
                                request.budgetUnits()),
                -1,
                plan);
    }

    private static int @Nullable [] greedy(Problem problem) {
        int[] stops = new int[problem.end()];
        int k = 0;
        for (int p = 0; p < problem.end(); k++) {
            int q = p;
            while (q < problem.end() && problem.fits(p, q + 1)) {
                q++;
            }
            if (q == p) {
                return null;
            }
            stops[k] = q;
            p = q;
        }
        int[] found = Arrays.copyOf(stops, k);
        return k >= problem.request.minimumParts() && k <= problem.maximumParts() && fits(problem, found)
                ? found
                : null;
    }

    /** The position of the cut nearest to a number of layers, of two the earlier. */
    private static int nearest(Problem problem, double layers) {
        int nearest = 1;
        for (int p = 2; p < problem.end(); p++) {
            if (Math.abs(problem.positions[p] - layers) < Math.abs(problem.positions[nearest] - layers)) {
                nearest = p;
            }
        }
        return nearest;
    }

    private static boolean fits(Problem problem, int[] stops) {
        int p = 0;
        for (int stop : stops) {
            if (stop <= p || !problem.fits(p, stop) || problem.layers(p, stop) > problem.mostLayers(stops.length)) {
                return false;
            }
            p = stop;
        }
        return true;
    }
}
