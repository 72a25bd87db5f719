/**
 * Load predictors: how much will arrive in the next windows, with quantiles from the errors made so far.
 *
 * <p>All of them forecast a point for each step and add the quantiles, at levels 0.05, 0.25, 0.5, 0.75 and 0.95, of their
 * last 200 errors at that step. A forecast has quantiles once each of its steps has 10 errors to go by, and at most 256
 * steps; errors of a step are followed from the first forecast that reaches it, so ask once with the full horizon
 * before feeding a history. Counts above 1e100 are taken as that. None is safe for use by several threads.
 */
@org.jspecify.annotations.NullMarked
package dev.purser.predictors;
