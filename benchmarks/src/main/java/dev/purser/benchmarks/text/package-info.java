/** What the tables of measurements have in common. */
@org.jspecify.annotations.NullMarked
package dev.purser.benchmarks.text;
