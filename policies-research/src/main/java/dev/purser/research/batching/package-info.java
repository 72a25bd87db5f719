/** How many requests are served together. */
@org.jspecify.annotations.NullMarked
package dev.purser.research.batching;
