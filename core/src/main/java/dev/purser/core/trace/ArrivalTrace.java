package dev.purser.core.trace;

import dev.purser.core.InputException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Optional;

/**
 * When requests arrive: a lazy source that can be opened as often as wanted and holds no arrivals in memory. Opened
 * twice with the same seed it gives the same arrivals. Traces are immutable and safe to share between threads; the
 * streams they open are not.
 *
 * <p>Traces come from {@link Traces} (files, names and expressions) and {@link TraceGenerators}. A trace of one's own
 * needs {@link #name}, {@link #duration} and {@link #open}; {@link #seeded} and {@link #expectedRequests(Duration,
 * Duration)} have defaults that are right but slow or careful.
 */
public interface ArrivalTrace {

    /** What reports and messages call this trace. */
    String name();

    /** How long the trace is, more than zero. Every arrival lies before this. */
    Duration duration();

    /**
     * Starts a pass over the arrivals.
     *
     * @param seed decides whatever is random about the trace
     */
    ArrivalStream open(long seed);

    /** Whether another seed can give other arrivals. */
    default boolean seeded() {
        return true;
    }

    /**
     * The resolution below which the arrivals are not what was recorded but were laid out by a {@link Spread}; empty
     * where every arrival was itself recorded or generated.
     */
    default Optional<Duration> resolution() {
        return Optional.empty();
    }

    /**
     * How many requests to expect in a part of the trace: exact for recorded traces (fractional where their counts
     * are), the mean over all seeds for generated ones. May read the file again.
     *
     * @param from start of the part, from the trace's start
     * @param to its end, at most {@link #duration}
     */
    default double expectedRequests(Duration from, Duration to) {
        long first = from.toNanos();
        long end = to.toNanos();
        long requests = 0;
        try (ArrivalStream arrivals = open(0)) {
            for (long at = arrivals.next(); at != ArrivalStream.END && at < end; at = arrivals.next()) {
                requests += at >= first ? 1 : 0;
            }
        }
        return requests;
    }

    /** How many requests to expect in the whole trace, see {@link #expectedRequests(Duration, Duration)}. */
    default double expectedRequests() {
        return expectedRequests(Duration.ZERO, duration());
    }

    /** Requests per second to expect over the whole trace. */
    default double meanRate() {
        return expectedRequests() / Durations.seconds(duration().toNanos());
    }

    /**
     * Streams how many requests arrive in each step. Where the trace's length is not a whole number of steps the last
     * one is shorter.
     *
     * @param step length of a step, more than zero
     * @param seed as for {@link #open}
     */
    default CountStream openCounts(Duration step, long seed) {
        return new BinnedStream(open(seed), duration().toNanos(), Durations.positive(name(), "step", step));
    }

    /**
     * How many requests arrive in each step, see {@link #openCounts}.
     *
     * @param step length of a step, more than zero
     * @param seed as for {@link #open}
     * @throws InputException when that would be more than 2^27 steps
     */
    default long[] counts(Duration step, long seed) {
        long size = Durations.positive(name(), "step", step);
        long length = duration().toNanos();
        long steps = (length - 1) / size + 1;
        if (steps > 1 << 27) {
            throw new InputException(
                    name(),
                    "step",
                    Durations.text(size) + " cuts the trace into " + steps + " steps, more than an array should hold",
                    "choose a longer step or stream them with openCounts");
        }
        long[] counts = new long[(int) steps];
        try (CountStream stream = openCounts(step, seed)) {
            Arrays.setAll(counts, i -> stream.next());
        }
        return counts;
    }

    /**
     * Writes a CSV with the header {@code second,requests} that {@link Traces#read(Path)} reads back as the same counts.
     * The file appears whole or not at all: it is written beside its place and then moved.
     *
     * @param file where to; gzipped when the name ends in {@code .gz}; an existing file is replaced
     * @param step length of a step, more than zero
     * @param seed as for {@link #open}
     * @throws InputException when the file cannot be written
     */
    default void writeCounts(Path file, Duration step, long seed) {
        CountsWriter.write(this, file, step, seed);
    }

    /**
     * A part of this trace, with the same arrivals: the windows that a trace is cut into give the whole.
     *
     * @param from start of the window, from this trace's start
     * @param length its length, more than zero
     * @throws InputException when the window reaches beyond the end of the trace
     */
    default ArrivalTrace window(Duration from, Duration length) {
        return WindowTrace.of(this, from, length);
    }

    /**
     * This trace with {@code factor} times the requests at every moment. Counts are multiplied, as are the rates of
     * generators. Recorded requests are thinned or repeated: of each, the whole part of the factor is kept and one more
     * with the probability of the fraction; the first copy stays in place and the others lie at uniformly distributed
     * moments before the next recorded request.
     *
     * @param factor more than zero
     */
    default ArrivalTrace scale(double factor) {
        return ScaledTrace.of(this, factor);
    }

    /**
     * This trace {@linkplain #scale scaled} so that its mean is the given rate.
     *
     * @param requestsPerSecond more than zero
     * @throws InputException when there are no requests to scale
     */
    default ArrivalTrace scaleToMean(double requestsPerSecond) {
        ScaledTrace.check(name(), "mean", requestsPerSecond);
        double mean = meanRate();
        if (!(mean > 0)) {
            throw new InputException(name(), "", "holds no requests, so it cannot be scaled to a mean", "");
        }
        return scale(requestsPerSecond / mean);
    }
}
