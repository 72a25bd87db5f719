/** Tests of the simulated platform, and the common workloads that the benchmarks run too. */
@org.jspecify.annotations.NullMarked
package dev.purser.sim;
