/** Cold-start managers: how long to keep an idle sandbox. */
@org.jspecify.annotations.NullMarked
package dev.purser.research.coldstart;
