@org.jspecify.annotations.NullMarked
package dev.purser.local;
