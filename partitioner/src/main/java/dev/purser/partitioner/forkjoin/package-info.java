/** Parts of a model that several functions compute side by side: Gillis' fork-join partitioning. */
@org.jspecify.annotations.NullMarked
package dev.purser.partitioner.forkjoin;
