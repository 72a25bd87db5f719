/** Models: variants with their accuracy, size and profiles. */
@org.jspecify.annotations.NullMarked
package dev.purser.core.model;
