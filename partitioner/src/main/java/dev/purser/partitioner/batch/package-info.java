/** How many requests to gather for a function, how long, and with how much memory: BATCH's analytic model and search. */
@org.jspecify.annotations.NullMarked
package dev.purser.partitioner.batch;
