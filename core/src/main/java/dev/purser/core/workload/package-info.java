/** What is asked for: applications, request classes and their SLOs. */
@org.jspecify.annotations.NullMarked
package dev.purser.core.workload;
