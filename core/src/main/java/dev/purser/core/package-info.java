/** The vocabulary, the policy interfaces and the control plane of Purser. */
@org.jspecify.annotations.NullMarked
package dev.purser.core;
