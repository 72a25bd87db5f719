package dev.purser.core.trace;

import dev.purser.core.InputException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.HdrHistogram.Histogram;
import org.HdrHistogram.HistogramIterationValue;

/**
 * What a trace is like, found in one pass and constant memory.
 *
 * @param name the trace's
 * @param duration the trace's
 * @param requests all arrivals
 * @param bins one for each bin size asked for, in that order
 */
public record TraceStatistics(String name, Duration duration, long requests, List<Bins> bins) {

    /**
     * The counts of the trace in bins of one size. A shorter bin at the end of the trace is left out.
     *
     * @param size length of a bin
     * @param number how many there are
     * @param mean requests per bin
     * @param median half-way between the two middle counts where their number is even; exact below 262,144 requests and
     *     within 0.001 % above
     * @param peak the greatest count
     * @param variance of the counts, divided by their number
     */
    public record Bins(Duration size, long number, double mean, double median, long peak, double variance) {
        /** Peak over median; infinite where the median is 0, NaN where the peak is too. */
        public double peakToMedian() {
            return peak / median;
        }

        /** Variance over mean: 1 for a Poisson process of constant rate, 0 for even arrivals; NaN without requests. */
        public double indexOfDispersion() {
            return variance / mean;
        }

        /** Coefficient of variation, standard deviation over mean; NaN without requests. */
        public double cv() {
            return Math.sqrt(variance) / mean;
        }
    }

    /** The bin sizes that are taken where none are given. */
    public static final List<Duration> DEFAULT_SIZES =
            List.of(Duration.ofSeconds(1), Duration.ofSeconds(10), Duration.ofMinutes(1));

    public TraceStatistics {
        bins = List.copyOf(bins);
    }

    /**
     * Statistics for bins of 1 s, 10 s and 1 min, as far as they are no longer than the trace and no shorter than its
     * {@linkplain ArrivalTrace#resolution() resolution}; for bins of the resolution where none of them is, or of the
     * whole trace where it is shorter than a second.
     */
    public static TraceStatistics of(ArrivalTrace trace, long seed) {
        Duration least = trace.resolution().orElse(Duration.ZERO);
        List<Duration> sizes = DEFAULT_SIZES.stream()
                .filter(s -> s.compareTo(least) >= 0 && s.compareTo(trace.duration()) <= 0)
                .toList();
        Duration only = least.isZero() || least.compareTo(trace.duration()) > 0 ? trace.duration() : least;
        return of(trace, sizes.isEmpty() ? List.of(only) : sizes, seed);
    }

    /**
     * Statistics for the bin sizes given. Where they are multiples of the step of a {@link CountTrace} with
     * {@link Spread#UNIFORM}, they are those of the file's counts and no arrivals are laid out.
     *
     * @param trace the trace
     * @param sizes bin sizes, each more than zero and no longer than the trace
     * @param seed as for {@link ArrivalTrace#open}
     */
    public static TraceStatistics of(ArrivalTrace trace, List<Duration> sizes, long seed) {
        long length = trace.duration().toNanos();
        List<Accumulator> accumulators = new ArrayList<>();
        for (Duration size : sizes) {
            long nanos = Durations.positive(trace.name(), "bin size", size);
            if (nanos > length) {
                throw new InputException(
                        trace.name(),
                        "bin size",
                        Durations.text(nanos) + " is longer than the trace, which is " + Durations.text(length),
                        "choose shorter bins");
            }
            accumulators.add(new Accumulator(nanos));
        }
        Accumulator[] all = accumulators.toArray(new Accumulator[0]);
        long requests =
                trace instanceof CountTrace counts && accumulators.stream().allMatch(a -> counts.countsAt(a.size))
                        ? addCounts(counts, seed, all)
                        : addArrivals(trace, seed, all);
        return new TraceStatistics(
                trace.name(),
                trace.duration(),
                requests,
                accumulators.stream().map(a -> a.finish(length)).toList());
    }

    private static long addCounts(CountTrace trace, long seed, Accumulator[] all) {
        long requests = 0;
        long time = 0;
        try (CountStream counts = trace.openCounts(trace.step(), seed)) {
            for (long count = counts.next(); count != CountStream.END; count = counts.next()) {
                requests += count;
                for (Accumulator each : all) {
                    each.add(time, count);
                }
                time += trace.step().toNanos();
            }
        }
        return requests;
    }

    private static long addArrivals(ArrivalTrace trace, long seed, Accumulator[] all) {
        long requests = 0;
        try (ArrivalStream arrivals = trace.open(seed)) {
            for (long at = arrivals.next(); at != ArrivalStream.END; at = arrivals.next()) {
                requests++;
                for (Accumulator each : all) {
                    each.add(at, 1);
                }
            }
        }
        return requests;
    }

    /** Welford's running mean and variance, and a histogram for the median. */
    private static final class Accumulator {
        private final long size;
        /** Five digits: counts below 2^18 have a cell each. */
        private final Histogram histogram = new Histogram(5);

        private long end;
        private long current;
        private long number;
        private long peak;
        private double mean;
        private double squares;

        Accumulator(long size) {
            this.size = size;
            this.end = size;
        }

        void add(long time, long requests) {
            while (time >= end) {
                flush();
            }
            current += requests;
        }

        private void flush() {
            number++;
            double delta = current - mean;
            mean += delta / number;
            squares += delta * (current - mean);
            peak = Math.max(peak, current);
            histogram.recordValue(current);
            current = 0;
            end += size;
        }

        Bins finish(long length) {
            while (end <= length) {
                flush();
            }
            return new Bins(Duration.ofNanos(size), number, mean, median(), peak, squares / number);
        }

        private double median() {
            double lower = -1;
            for (HistogramIterationValue value : histogram.recordedValues()) {
                long upTo = value.getTotalCountToThisValue();
                double middle = histogram.medianEquivalentValue(value.getValueIteratedTo());
                if (lower < 0 && upTo >= (number + 1) / 2) {
                    lower = middle;
                }
                if (upTo >= number / 2 + 1) {
                    return (lower + middle) / 2;
                }
            }
            return lower;
        }
    }
}
