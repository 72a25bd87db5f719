package dev.purser.core.engine;

import java.util.Arrays;
import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;

/**
 * What happened over time, in a bounded number of equal spans: when there are too many, two neighbours become one. So a
 * run of any length keeps between half the limit and the limit.
 */
public final class Timeline {
    private static final int LIMIT = 1024;

    /** What is recorded. Counts are summed over a span, levels are averaged. */
    public enum Channel {
        /** Requests that arrived. */
        ARRIVALS(false),
        /** Requests answered by an instance. */
        ON_INSTANCES(false),
        /** Requests answered by a function. */
        ON_FUNCTIONS(false),
        /** Requests refused, failed or late. */
        VIOLATIONS(false),
        /** Instances that serve. */
        READY_INSTANCES(true),
        /** Instances that are starting. */
        PENDING_INSTANCES(true),
        /** Requests that wait. */
        QUEUED(true),
        /** Sandboxes, warm or starting. */
        SANDBOXES(true);

        private final boolean level;

        Channel(boolean level) {
            this.level = level;
        }
    }

    private final Map<Channel, Series> series = new EnumMap<>(Channel.class);
    private final long intervalNanos;
    private int intervalsPerSpan = 1;
    private int intervalsInCurrent;
    private int spans;

    Timeline(long intervalNanos) {
        this.intervalNanos = intervalNanos;
        for (Channel channel : Channel.values()) {
            series.put(channel, new Series(channel.level));
        }
    }

    private Series series(Channel channel) {
        return Objects.requireNonNull(series.get(channel));
    }

    void add(Channel channel, long value) {
        series(channel).current += value;
    }

    /** Closes one control interval. */
    void endInterval() {
        if (++intervalsInCurrent < intervalsPerSpan) {
            return;
        }
        if (spans == LIMIT) {
            // the interval just ended is the first half of a span twice as long
            series.values().forEach(Series::halve);
            spans = LIMIT / 2;
            intervalsPerSpan *= 2;
            return;
        }
        for (Series one : series.values()) {
            one.close(spans, intervalsInCurrent);
        }
        intervalsInCurrent = 0;
        spans++;
    }

    /** Length of a span in seconds. */
    public double spanSeconds() {
        return intervalsPerSpan * intervalNanos / 1e9;
    }

    /** One value for each whole span since the start. */
    public double[] values(Channel channel) {
        return Arrays.copyOf(series(channel).values, spans);
    }

    private static final class Series {
        private final boolean level;
        private final double[] values = new double[LIMIT];
        private double current;

        Series(boolean level) {
            this.level = level;
        }

        void close(int span, int intervals) {
            values[span] = level ? current / intervals : current;
            current = 0;
        }

        void halve() {
            for (int i = 0; i < LIMIT / 2; i++) {
                double sum = values[2 * i] + values[2 * i + 1];
                values[i] = level ? sum / 2 : sum;
            }
        }
    }
}
