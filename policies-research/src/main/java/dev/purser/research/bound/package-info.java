/**
 * The yardstick: what a provisioner that knows the future would pay. {@link dev.purser.research.bound.ExactBound} is the
 * optimum where requests cannot wait; {@link dev.purser.research.bound.RelaxedBound} is a lower bound where they may.
 * Neither can be realised by a policy: a simulated bill is compared with them.
 */
@org.jspecify.annotations.NullMarked
package dev.purser.research.bound;
