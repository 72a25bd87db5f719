package dev.purser.core.engine;

import dev.purser.core.pricing.Bill;
import dev.purser.core.pricing.Usage;

/**
 * What a run came to, simulated or real.
 *
 * @param metrics what was counted
 * @param usage what was rented, in whole units
 * @param bill what it costs
 * @param log the decisions kept
 * @param endNanos when the last request had ended and the trace was over
 * @param aliveInstances instances still alive when the deployment was closed
 */
public record RunResult(Metrics metrics, Usage usage, Bill bill, DecisionLog log, long endNanos, int aliveInstances) {}
