/**
 * Predictors: how much will arrive in the next windows, with quantiles, and when the next arrival comes.
 *
 * <p>A load forecast has a point for each step and quantiles at the levels 0.05, 0.25, 0.5, 0.75 and 0.95, from the predictor's
 * own model or from its last 100 errors at that step, and in either case steered so that they hold what they say in the
 * long run. A forecast has quantiles once each of its steps has 10 errors to go by (or the model is ready), and at most 256
 * steps; errors of a step are followed from the first forecast that reaches it, so ask once with the full horizon
 * before feeding a history. Counts above 1e100 are taken as that. None is safe for use by several threads.
 */
@org.jspecify.annotations.NullMarked
package dev.purser.predictors;
