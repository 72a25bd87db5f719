/** What a person starts: the command line. */
@org.jspecify.annotations.NullMarked
package dev.purser.server;
