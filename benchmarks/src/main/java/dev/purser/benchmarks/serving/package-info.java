/** Servers of the same models, side by side under the same load. */
@org.jspecify.annotations.NullMarked
package dev.purser.benchmarks.serving;
