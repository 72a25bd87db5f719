package dev.purser.server;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.purser.core.engine.Metrics;
import dev.purser.core.engine.RunResult;
import dev.purser.core.pricing.Bill;
import java.math.BigDecimal;
import java.math.RoundingMode;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/**
 * One run in {@code result.json}.
 *
 * @param stack who decided, or {@code clairvoyant} for the bound
 * @param trace the trace's name
 * @param seed what decided chance
 * @param requests that arrived
 * @param answered in time or late
 * @param refused by a decision, or after waiting too long
 * @param failed served in vain
 * @param sloViolations refused, failed or late
 * @param violationRatio of all requests
 * @param accuracy of the answers
 * @param costUsd what was paid
 * @param vmHours instances times hours, from launch to stop
 * @param peakVms most instances at the same time, starting ones included
 * @param functionInvocations that were paid for
 * @param coldStarts requests that waited for a sandbox to start
 * @param latencyMs from arrival to answer
 * @param regret cost over the bound's, less 1; null where the bound does not apply
 * @param simulatedSeconds until the last request had ended and the trace was over
 * @param wallSeconds how long the run took; all else is the same each time
 */
record RunRecord(
        String stack,
        String trace,
        long seed,
        long requests,
        long answered,
        long refused,
        long failed,
        long sloViolations,
        double violationRatio,
        Accuracy accuracy,
        CostUsd costUsd,
        double vmHours,
        int peakVms,
        long functionInvocations,
        long coldStarts,
        LatencyMs latencyMs,
        @JsonInclude(JsonInclude.Include.ALWAYS) @Nullable Double regret,
        double simulatedSeconds,
        double wallSeconds) {

    /**
     * @param mean true accuracy of the answers
     * @param violations answers by a variant whose true accuracy is below what the request was promised
     */
    record Accuracy(double mean, long violations) {}

    /** Dollars with six decimals; {@code total} is the sum of the others to the last digit. */
    record CostUsd(String total, String vm, String function, String storage) {
        static CostUsd of(BigDecimal vm, BigDecimal function, BigDecimal storage) {
            BigDecimal v = vm.setScale(6, RoundingMode.HALF_UP);
            BigDecimal f = function.setScale(6, RoundingMode.HALF_UP);
            BigDecimal s = storage.setScale(6, RoundingMode.HALF_UP);
            return new CostUsd(
                    v.add(f).add(s).toPlainString(), v.toPlainString(), f.toPlainString(), s.toPlainString());
        }
    }

    /** Milliseconds. */
    record LatencyMs(double mean, double p50, double p95, double p99, double p999, double max) {
        static final LatencyMs NONE = new LatencyMs(0, 0, 0, 0, 0, 0);

        static LatencyMs of(Histogram micros) {
            return micros.getTotalCount() == 0
                    ? NONE
                    : new LatencyMs(
                            micros.getMean() / 1000,
                            micros.getValueAtPercentile(50) / 1000.0,
                            micros.getValueAtPercentile(95) / 1000.0,
                            micros.getValueAtPercentile(99) / 1000.0,
                            micros.getValueAtPercentile(99.9) / 1000.0,
                            micros.getMaxValue() / 1000.0);
        }
    }

    /** Total cost in USD. */
    BigDecimal total() {
        return new BigDecimal(costUsd.total());
    }

    static RunRecord of(
            String stack, String trace, long seed, RunResult result, @Nullable Double regret, double wallSeconds) {
        Metrics metrics = result.metrics();
        Bill bill = result.bill();
        return new RunRecord(
                stack,
                trace,
                seed,
                metrics.arrived(),
                metrics.answered(),
                metrics.refused(),
                metrics.failed(),
                metrics.violations(),
                metrics.arrived() == 0 ? 0 : (double) metrics.violations() / metrics.arrived(),
                new Accuracy(metrics.meanAccuracy(), metrics.accuracyViolations()),
                CostUsd.of(bill.vm(), bill.function(), bill.storage()),
                metrics.instanceSeconds() / 3600,
                metrics.peakInstances(),
                result.usage().functionRequests(),
                metrics.coldStarts(),
                LatencyMs.of(metrics.latencyMicros()),
                regret,
                result.endNanos() / 1e9,
                wallSeconds);
    }
}
