/** Small programs to copy. */
@org.jspecify.annotations.NullMarked
package dev.purser.examples;
