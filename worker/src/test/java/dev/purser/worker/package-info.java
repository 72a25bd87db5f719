/** Tests of the model runtime and the worker program, and small models for the tests of others. */
@org.jspecify.annotations.NullMarked
package dev.purser.worker;
