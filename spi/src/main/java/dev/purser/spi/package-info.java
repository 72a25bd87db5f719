/** How a policy gets in: factories, typed settings, discovery, and stacks. */
@org.jspecify.annotations.NullMarked
package dev.purser.spi;
