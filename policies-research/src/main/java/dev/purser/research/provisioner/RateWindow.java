package dev.purser.research.provisioner;

/** Arrivals of the last control intervals, and their mean rate. */
final class RateWindow {
    private final double[] counts;
    private final double intervalSeconds;
    private int next;
    private int filled;
    private double sum;

    RateWindow(int intervals, double intervalSeconds) {
        counts = new double[Math.max(1, intervals)];
        this.intervalSeconds = intervalSeconds;
    }

    void add(double count) {
        sum += count - counts[next];
        counts[next] = count;
        next = (next + 1) % counts.length;
        filled = Math.min(filled + 1, counts.length);
    }

    /** Requests per second, 0 with nothing observed. */
    double rate() {
        return filled == 0 ? 0 : Math.max(0, sum) / (filled * intervalSeconds);
    }

    int filled() {
        return filled;
    }

    /** The count of one of the {@link #filled()} intervals, in no order. */
    double count(int index) {
        return counts[index];
    }
}
