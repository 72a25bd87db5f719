/** Measures on this machine how long a model takes to start and to answer, and makes a profile of it. */
@org.jspecify.annotations.NullMarked
package dev.purser.server.profile;
