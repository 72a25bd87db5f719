/** The report of a comparison: one HTML file that needs nothing else. */
@org.jspecify.annotations.NullMarked
package dev.purser.server.report;
