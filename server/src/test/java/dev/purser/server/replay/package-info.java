/** Tests of the load generator, against a server within the tests. */
@org.jspecify.annotations.NullMarked
package dev.purser.server.replay;
