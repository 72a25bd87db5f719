/** The published policies, each under its published name. */
@org.jspecify.annotations.NullMarked
package dev.purser.research;
