/** Sends a trace to a server of the Open Inference Protocol, and measures what becomes of it. */
@org.jspecify.annotations.NullMarked
package dev.purser.server.replay;
