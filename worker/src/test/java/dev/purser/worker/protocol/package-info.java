/** Tests of the protocol. */
@org.jspecify.annotations.NullMarked
package dev.purser.worker.protocol;
