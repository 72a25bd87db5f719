/** Where to cut and how much memory to give: AMPS-Inf's problem, its exact optimiser, its baselines and its rivals. */
@org.jspecify.annotations.NullMarked
package dev.purser.partitioner.plan;
