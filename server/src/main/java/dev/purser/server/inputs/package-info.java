/** Inputs to send to a model: synthesised from what the model says of itself, or read from a file. */
@org.jspecify.annotations.NullMarked
package dev.purser.server.inputs;
