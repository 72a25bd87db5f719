/** The controller: the single-threaded, event-driven owner of all serving state. */
@org.jspecify.annotations.NullMarked
package dev.purser.core.engine;
