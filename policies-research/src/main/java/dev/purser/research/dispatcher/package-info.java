/** Dispatchers: instance, queue, function, or refusal. */
@org.jspecify.annotations.NullMarked
package dev.purser.research.dispatcher;
