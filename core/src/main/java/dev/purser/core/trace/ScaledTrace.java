package dev.purser.core.trace;

import dev.purser.core.InputException;
import java.time.Duration;
import java.util.Optional;
import org.apache.commons.rng.UniformRandomProvider;
import org.apache.commons.rng.sampling.distribution.ZigguratSampler;
import org.apache.commons.rng.simple.RandomSource;

/** Recorded requests, thinned or repeated as {@link ArrivalTrace#scale} says. */
final class ScaledTrace implements ArrivalTrace {
    private static final long SALT = 0x7363616c65L;

    private final ArrivalTrace original;
    private final double factor;

    private ScaledTrace(ArrivalTrace original, double factor) {
        this.original = original;
        this.factor = factor;
    }

    static ArrivalTrace of(ArrivalTrace original, double factor) {
        check(original.name(), "factor", factor);
        return factor == 1 ? original : new ScaledTrace(original, factor);
    }

    static void check(String name, String field, double factor) {
        if (!(factor > 0 && factor <= 1e12)) {
            throw new InputException(name, field, factor + ", but it must be more than 0 and at most 1e12", "");
        }
    }

    @Override
    public String name() {
        return original.name();
    }

    @Override
    public Duration duration() {
        return original.duration();
    }

    @Override
    public Optional<Duration> resolution() {
        return original.resolution();
    }

    @Override
    public double expectedRequests(Duration from, Duration to) {
        return factor * original.expectedRequests(from, to);
    }

    @Override
    public double expectedRequests() {
        return factor * original.expectedRequests();
    }

    @Override
    public ArrivalTrace scale(double by) {
        check(name(), "factor", by);
        return of(original, factor * by);
    }

    @Override
    public ArrivalStream open(long seed) {
        return new Stream(original.open(seed), duration().toNanos(), factor, StepRandom.mix(seed, SALT));
    }

    @Override
    public String toString() {
        return name();
    }

    private static final class Stream implements ArrivalStream {
        private final ArrivalStream arrivals;
        private final long duration;
        private final long whole;
        private final double fraction;
        private final UniformRandomProvider random;
        private final ZigguratSampler.Exponential exponential;
        private long head;
        private long at;
        private long copies;

        Stream(ArrivalStream arrivals, long duration, double factor, long seed) {
            this.arrivals = arrivals;
            this.duration = duration;
            this.whole = (long) factor;
            this.fraction = factor - whole;
            this.random = RandomSource.XO_RO_SHI_RO_128_PP.create(seed);
            this.exponential = ZigguratSampler.Exponential.of(random);
            this.head = arrivals.next();
        }

        @Override
        public long next() {
            if (copies > 0) {
                // the least of k uniform points on what is left of the gap
                long end = head == END ? duration : head;
                double share = -StrictMath.expm1(-exponential.sample() / copies);
                at = Math.min(at + (long) (share * (end - at)), Math.max(end - 1, at));
                copies--;
                return at;
            }
            long kept;
            do {
                if (head == END) {
                    return END;
                }
                at = head;
                head = arrivals.next();
                kept = whole + (random.nextDouble() < fraction ? 1 : 0);
            } while (kept == 0);
            copies = kept - 1;
            return at;
        }

        @Override
        public void close() {
            arrivals.close();
        }
    }
}
