/** The simulated platform: instances, functions and their users in virtual time. */
@org.jspecify.annotations.NullMarked
package dev.purser.sim;
