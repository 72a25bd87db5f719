package dev.purser.partitioner.plan;

import dev.purser.core.partition.Objective;
import dev.purser.core.partition.PartitionPlan;
import dev.purser.core.partition.PartitionRequest;
import dev.purser.core.partition.Partitioning;
import dev.purser.core.partition.SeparableCosts;
import dev.purser.core.policy.Partitioner;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * AMPS-Inf's optimum (Jarachanthan et al., ICPP'21): over all partitions and memory sizes the cheapest plan that keeps the
 * SLO, or the fastest that keeps a budget, or all that none undercuts.
 *
 * <p>The paper states a mixed-integer quadratic programme and leaves the solving to a solver. It is a shortest path in the
 * graph of cut positions with one resource, so it is solved as such, exactly and in milliseconds; the partitioner {@code integer-programme}
 * solves the integer programme and finds the same optimum.
 */
public final class ExactPartitioner implements Partitioner {

    @Override
    public Partitioning partition(PartitionRequest request) {
        Problem problem = new Problem(request);
        PartitionPlan best = best(problem);
        return best == null ? Obstacles.of(problem) : Explained.plan(problem, best);
    }

    /** The best plan, and none instead of the reason why there is none. */
    static @Nullable PartitionPlan best(PartitionRequest request) {
        Problem problem = new Problem(request);
        PartitionPlan best = best(problem);
        return best == null ? null : Explained.plan(problem, best);
    }

    private static @Nullable PartitionPlan best(Problem problem) {
        ChainSearch.Chain best = search(problem);
        return best == null ? null : problem.plan(best.stops, best.memories);
    }

    private static ChainSearch.@Nullable Chain search(Problem problem) {
        PartitionRequest request = problem.request;
        boolean cost = request.objective() == Objective.COST;
        long fMost = cost ? request.budgetUnits() : request.sloMillis();
        long gMost = cost ? request.sloMillis() : request.budgetUnits();
        int fewest = request.minimumParts();
        int most = problem.maximumParts();
        long pairs = (long) problem.end() * (problem.end() + 1) / 2 * problem.memories.length;
        return request.costs() instanceof SeparableCosts costs && pairs >= BoundedSearch.WORTHWHILE
                ? new BoundedSearch(problem, costs, fMost, gMost).best(fewest, most)
                : new ChainSearch(problem, Segments.of(problem), fMost, gMost, most).best(fewest, most, null);
    }

    /**
     * All plans within the request's bounds that none undercuts in time and money; of plans with equal time and money, the
     * one that {@link #partition} would prefer.
     *
     * @param request as for {@link #partition}; its objective has no meaning
     * @return the plans from the fastest to the cheapest; empty where there is none
     */
    public List<PartitionPlan> front(PartitionRequest request) {
        Problem problem = new Problem(request.withObjective(Objective.TIME));
        return new ChainSearch(
                        problem,
                        Segments.of(problem),
                        request.sloMillis(),
                        request.budgetUnits(),
                        problem.maximumParts())
                .front(request.minimumParts(), problem.maximumParts()).stream()
                        .map(chain -> problem.plan(chain.stops, chain.memories))
                        .toList();
    }
}
