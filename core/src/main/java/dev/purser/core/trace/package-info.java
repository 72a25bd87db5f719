/** Arrival traces: readers, generators and transforms, all of them lazy streams. */
@org.jspecify.annotations.NullMarked
package dev.purser.core.trace;
