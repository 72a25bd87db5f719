/** Reading the vocabulary from JSON, with errors that name file, field and remedy. */
@org.jspecify.annotations.NullMarked
package dev.purser.core.json;
