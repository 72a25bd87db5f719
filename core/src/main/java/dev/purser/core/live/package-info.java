/** Drives the engine in real time. */
@org.jspecify.annotations.NullMarked
package dev.purser.core.live;
