package dev.purser.server.replay;

import org.HdrHistogram.Histogram;

/**
 * Times in milliseconds; all 0 where there were none.
 *
 * @param mean the mean
 * @param p50 the median
 * @param p95 the 95th percentile
 * @param p99 the 99th percentile
 * @param p999 the 99.9th percentile
 * @param max the longest
 */
public record LatencyMs(double mean, double p50, double p95, double p99, double p999, double max) {
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
