package dev.purser.core.trace;

import java.time.Duration;

/** A trace that is drawn, not recorded. */
final class GeneratedTrace implements ArrivalTrace {
    private final String name;
    private final long nanos;
    private final PointProcess process;

    /** What draws the arrivals; immutable. Times are seconds from the trace's start. */
    interface PointProcess {
        /** Starts the process. */
        Times start(long seed);

        /** Requests to expect between two moments. */
        double expected(double from, double to);

        /** The process with its rate multiplied. */
        PointProcess scale(double factor);

        /** Whether another seed gives other arrivals. */
        default boolean seeded() {
            return true;
        }
    }

    /** One run of a process. */
    interface Times {
        /** The next arrival, not before the one before; infinity where there are no more. */
        double next();
    }

    GeneratedTrace(String name, Duration duration, PointProcess process) {
        this.name = name;
        this.nanos = Durations.positive(name, "duration", duration);
        this.process = process;
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public Duration duration() {
        return Duration.ofNanos(nanos);
    }

    @Override
    public boolean seeded() {
        return process.seeded();
    }

    @Override
    public double expectedRequests(Duration from, Duration to) {
        return process.expected(Durations.seconds(from.toNanos()), Durations.seconds(to.toNanos()));
    }

    @Override
    public ArrivalTrace scale(double factor) {
        ScaledTrace.check(name, "factor", factor);
        return new GeneratedTrace(name, duration(), process.scale(factor));
    }

    @Override
    public ArrivalStream open(long seed) {
        Times times = process.start(seed);
        return new ArrivalStream() {
            private boolean over;

            @Override
            public long next() {
                if (over) {
                    return END;
                }
                // a double turned into a long stops at the greatest long, so infinity ends the trace as well
                long at = (long) (times.next() * 1e9);
                if (at >= nanos) {
                    over = true;
                    return END;
                }
                return at;
            }

            @Override
            public void close() {
                over = true;
            }
        };
    }

    @Override
    public String toString() {
        return name;
    }
}
