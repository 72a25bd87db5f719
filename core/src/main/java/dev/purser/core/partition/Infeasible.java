package dev.purser.core.partition;

import dev.purser.core.policy.Reason;
import org.jspecify.annotations.Nullable;

/**
 * No plan keeps all limits.
 *
 * @param reason the limit that cannot be kept, with the number held against it
 * @param layer the index of the layer that breaks it by itself; -1 where none does
 * @param nearest the plan that comes nearest: the fastest where the SLO is below it, the cheapest where the budget is;
 *     null where no plan keeps the other limits either
 */
public record Infeasible(Reason reason, int layer, @Nullable PartitionPlan nearest) implements Partitioning {}
