/** How a model is cut into parts: its layer graph, what the parts must keep to and cost, and the plan. */
@org.jspecify.annotations.NullMarked
package dev.purser.core.partition;
