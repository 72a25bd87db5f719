package dev.purser.core.trace;

import dev.purser.core.InputException;
import java.time.Duration;
import java.util.Optional;

/** A part of a trace, found by passing over the arrivals before it. */
final class WindowTrace implements ArrivalTrace {
    private final ArrivalTrace whole;
    private final Duration from;
    private final Duration length;

    /** A window that was {@linkplain #check checked}. */
    WindowTrace(ArrivalTrace whole, Duration from, Duration length) {
        this.whole = whole;
        this.from = from;
        this.length = length;
    }

    static ArrivalTrace of(ArrivalTrace whole, Duration from, Duration length) {
        check(whole, from, length);
        return from.isZero() && length.equals(whole.duration()) ? whole : new WindowTrace(whole, from, length);
    }

    static void check(ArrivalTrace whole, Duration from, Duration length) {
        Durations.positive(whole.name(), "window", length);
        if (from.isNegative()
                || from.compareTo(whole.duration()) >= 0
                || from.plus(length).compareTo(whole.duration()) > 0) {
            throw new InputException(
                    whole.name(),
                    "window",
                    (from.isNegative() ? from : "from " + text(from) + " for " + text(length)) + ", but the trace is "
                            + text(whole.duration()) + " long",
                    "choose a window that begins at 0 or later and ends by " + text(whole.duration()));
        }
    }

    static String label(String name, Duration from, Duration length) {
        return name + "[" + text(from) + " +" + text(length) + "]";
    }

    private static String text(Duration duration) {
        return duration.compareTo(Duration.ofNanos(Durations.LONGEST)) > 0
                ? duration.toString()
                : Durations.text(duration.toNanos());
    }

    @Override
    public String name() {
        return label(whole.name(), from, length);
    }

    @Override
    public Duration duration() {
        return length;
    }

    @Override
    public boolean seeded() {
        return whole.seeded();
    }

    @Override
    public Optional<Duration> resolution() {
        return whole.resolution();
    }

    @Override
    public double expectedRequests(Duration first, Duration end) {
        return whole.expectedRequests(from.plus(first), from.plus(end));
    }

    @Override
    public ArrivalTrace window(Duration first, Duration part) {
        check(this, first, part);
        return whole.window(from.plus(first), part);
    }

    @Override
    public ArrivalTrace scale(double factor) {
        return whole.scale(factor).window(from, length);
    }

    @Override
    public ArrivalStream open(long seed) {
        return new Stream(whole.open(seed), from.toNanos(), length.toNanos());
    }

    @Override
    public String toString() {
        return name();
    }

    private static final class Stream implements ArrivalStream {
        private final ArrivalStream arrivals;
        private final long from;
        private final long length;
        private long head;

        Stream(ArrivalStream arrivals, long from, long length) {
            this.arrivals = arrivals;
            this.from = from;
            this.length = length;
            do {
                head = arrivals.next();
            } while (head != END && head < from);
        }

        @Override
        public long next() {
            long at = head - from;
            if (head == END || at >= length) {
                head = END;
                return END;
            }
            head = arrivals.next();
            return at;
        }

        @Override
        public void close() {
            arrivals.close();
        }
    }
}
