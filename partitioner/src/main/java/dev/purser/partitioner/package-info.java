/** Cutting models into parts. */
@org.jspecify.annotations.NullMarked
package dev.purser.partitioner;
