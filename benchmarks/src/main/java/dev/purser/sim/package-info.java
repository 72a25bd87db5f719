/** Benchmarks of what the simulator keeps to itself. */
@org.jspecify.annotations.NullMarked
package dev.purser.sim;
