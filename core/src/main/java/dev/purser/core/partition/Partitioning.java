package dev.purser.core.partition;

/** What a partitioner answers: a plan, or why there is none. */
public sealed interface Partitioning permits PartitionPlan, Infeasible {}
