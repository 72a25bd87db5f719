/** The real platform on one machine: an instance or a sandbox is a worker process, or a model in this process. */
@org.jspecify.annotations.NullMarked
package dev.purser.local;
