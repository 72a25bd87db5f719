/** The decisions that can be swapped: one interface for each question, and the read-only views they look at. */
@org.jspecify.annotations.NullMarked
package dev.purser.core.policy;
