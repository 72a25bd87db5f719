/** What functions can hold, and what parts cost in time and money. */
@org.jspecify.annotations.NullMarked
package dev.purser.partitioner.cost;
