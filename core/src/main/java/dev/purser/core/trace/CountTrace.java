package dev.purser.core.trace;

import dev.purser.core.InputException;
import java.time.Duration;
import java.util.Optional;

/**
 * An arrival trace that is known by its counts per step of fixed length, which a {@link Spread} turns into arrivals.
 *
 * <p><b>Fractions.</b> Counts may be fractional, in the file or after {@link #scale}. Under {@link Spread#UNIFORM} a
 * step gets as many arrivals as bring the running number to the running total rounded to the nearest whole (a half
 * upwards), both taken from the start of the trace: nothing is lost, and at no step is the difference more than a half.
 * A window does not begin the sum anew, so that windows add up to the whole.
 *
 * <p>The arrivals of a step depend on the seed and on the step's place in the file only.
 */
public final class CountTrace implements ArrivalTrace {
    private final String name;
    private final CountSource source;
    private final Duration step;
    private final Spread spread;
    private final double factor;
    private final long firstStep;
    private final long steps;
    /** Sum of the source's counts from firstStep on. */
    private final double total;

    private CountTrace(
            String name,
            CountSource source,
            Duration step,
            Spread spread,
            double factor,
            long firstStep,
            long steps,
            double total) {
        this.name = name;
        this.source = source;
        this.step = step;
        this.spread = spread;
        this.factor = factor;
        this.firstStep = firstStep;
        this.steps = steps;
        this.total = total;
    }

    /** A source that was read through before. */
    CountTrace(String name, CountSource source, Duration step, Spread spread, long steps, double total) {
        this(name, source, step, spread, 1, 0, steps, total);
    }

    /**
     * @param name what reports call the trace
     * @param step length of a step, more than zero
     * @param spread how the counts become arrivals
     * @param counts requests of each step, at least one; finite and not negative
     */
    public static CountTrace of(String name, Duration step, Spread spread, double... counts) {
        long size = Durations.positive(name, "step", step);
        if (counts.length == 0 || counts.length > Durations.LONGEST / size) {
            throw new InputException(name, "counts", counts.length + " steps of " + Durations.text(size), "");
        }
        double total = 0;
        for (int i = 0; i < counts.length; i++) {
            if (!(counts[i] >= 0 && counts[i] <= CsvFile.MOST_REQUESTS)) {
                throw new InputException(
                        name, "counts[" + i + "]", counts[i] + ", but a count lies between 0 and 1000000000", "");
            }
            total += counts[i];
        }
        return new CountTrace(name, CountSource.of(counts.clone()), step, spread, counts.length, total);
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public Duration duration() {
        return step.multipliedBy(steps);
    }

    /** Length of a step. */
    public Duration step() {
        return step;
    }

    /** How the counts become arrivals. */
    public Spread spread() {
        return spread;
    }

    /** The same counts, spread in another way. */
    public CountTrace withSpread(Spread other) {
        return new CountTrace(name, source, step, other, factor, firstStep, steps, total);
    }

    @Override
    public Optional<Duration> resolution() {
        return Optional.of(step);
    }

    @Override
    public double expectedRequests() {
        return total * factor;
    }

    @Override
    public double expectedRequests(Duration from, Duration to) {
        double size = step.toNanos();
        return sum(from.toNanos() / size, Math.min(to.toNanos() / size, (double) steps)) * factor;
    }

    /** Sum of the source's counts between two moments, given in steps from this trace's start. */
    private double sum(double from, double to) {
        double sum = 0;
        try (CountSource.Rows rows = source.open()) {
            long last = firstStep + (long) Math.ceil(to);
            for (long i = 0; i < last; i++) {
                double count = rows.next();
                double place = (double) (i - firstStep);
                double share = Math.min(to, place + 1) - Math.max(from, place);
                sum += share > 0 ? count * share : 0;
            }
        }
        return sum;
    }

    @Override
    public ArrivalStream open(long seed) {
        return spread == Spread.UNIFORM
                ? new UniformStream(openWhole(), step.toNanos(), firstStep, seed)
                : new PoissonStream(openMeans(), step.toNanos(), firstStep, seed);
    }

    /** The counts of the file, added up where a longer step is asked for; only otherwise are arrivals laid out. */
    @Override
    public CountStream openCounts(Duration wanted, long seed) {
        long size = Durations.positive(name, "step", wanted);
        return countsAt(size)
                ? new SummedStream(openWhole(), size / step.toNanos())
                : ArrivalTrace.super.openCounts(wanted, seed);
    }

    /** Whether the counts of steps of this length follow from the file alone. */
    boolean countsAt(long nanos) {
        return spread == Spread.UNIFORM && nanos % step.toNanos() == 0;
    }

    @Override
    public ArrivalTrace window(Duration from, Duration length) {
        WindowTrace.check(this, from, length);
        long size = step.toNanos();
        long first = from.toNanos() / size;
        long last = (from.plus(length).toNanos() - 1) / size + 1;
        boolean aligned = from.toNanos() % size == 0 && length.toNanos() % size == 0;
        String label = aligned ? WindowTrace.label(name, from, length) : name;
        // whole steps are left out in the file, so that a late window of a huge trace costs rows and not arrivals
        CountTrace cover = new CountTrace(
                label, source, step, spread, factor, firstStep + first, last - first, sum((double) first, (double)
                        last));
        return aligned ? cover : new WindowTrace(cover, from.minus(step.multipliedBy(first)), length);
    }

    @Override
    public CountTrace scale(double by) {
        ScaledTrace.check(name, "factor", by);
        return new CountTrace(name, source, step, spread, factor * by, firstStep, steps, total);
    }

    @Override
    public String toString() {
        return name;
    }

    private CountSource.Rows openMeans() {
        return new Scaled(source.open(), factor, firstStep, steps, false);
    }

    private CountSource.Rows openWhole() {
        return new Scaled(source.open(), factor, firstStep, steps, true);
    }

    /** The rows of the window, multiplied, and made whole by carrying the fraction. */
    private static final class Scaled implements CountSource.Rows {
        private final CountSource.Rows rows;
        private final double factor;
        private final boolean whole;
        private double carry;
        private long left;

        Scaled(CountSource.Rows rows, double factor, long skip, long steps, boolean whole) {
            this.rows = rows;
            this.factor = factor;
            this.whole = whole;
            this.left = Long.MAX_VALUE;
            for (long i = 0; i < skip; i++) {
                next();
            }
            this.left = steps;
        }

        @Override
        public double next() {
            double count = left > 0 ? rows.next() : END;
            if (count < 0) {
                return END;
            }
            left--;
            if (!whole) {
                return count * factor;
            }
            double due = count * factor + carry;
            double now = Math.floor(due + 0.5);
            carry = due - now;
            return now;
        }

        @Override
        public void close() {
            rows.close();
        }
    }

    private static final class SummedStream implements CountStream {
        private final CountSource.Rows rows;
        private final long together;

        SummedStream(CountSource.Rows rows, long together) {
            this.rows = rows;
            this.together = together;
        }

        @Override
        public long next() {
            long sum = END;
            for (long i = 0; i < together; i++) {
                double count = rows.next();
                if (count < 0) {
                    break;
                }
                sum = Math.max(sum, 0) + (long) count;
            }
            return sum;
        }

        @Override
        public void close() {
            rows.close();
        }
    }
}
