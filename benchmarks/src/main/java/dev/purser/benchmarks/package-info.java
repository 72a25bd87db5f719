/** Measurements: JMH benchmarks of the parts, and whole runs side by side with other simulators. */
@org.jspecify.annotations.NullMarked
package dev.purser.benchmarks;
