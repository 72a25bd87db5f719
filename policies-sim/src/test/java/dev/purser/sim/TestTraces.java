package dev.purser.sim;

import dev.purser.core.trace.ArrivalStream;
import dev.purser.core.trace.ArrivalTrace;
import java.time.Duration;
import org.apache.commons.rng.sampling.distribution.SharedStateContinuousSampler;
import org.apache.commons.rng.sampling.distribution.ZigguratSampler;
import org.apache.commons.rng.simple.RandomSource;

/** Arrivals for tests and benchmarks: a list, and a Poisson process. */
public final class TestTraces {
    private TestTraces() {}

    /**
     * Arrivals at given times.
     *
     * @param duration the trace's length
     * @param nanos not falling
     */
    public static ArrivalTrace at(Duration duration, long... nanos) {
        return new Trace(duration) {
            @Override
            public ArrivalStream open(long seed) {
                return new Stream() {
                    private int at;

                    @Override
                    public long next() {
                        return at == nanos.length ? END : nanos[at++];
                    }
                };
            }
        };
    }

    /** A Poisson process with a rate in requests per second. */
    public static ArrivalTrace poisson(double rate, Duration duration) {
        long end = duration.toNanos();
        return new Trace(duration) {
            @Override
            public ArrivalStream open(long seed) {
                SharedStateContinuousSampler gap =
                        ZigguratSampler.Exponential.of(RandomSource.XO_RO_SHI_RO_128_PP.create(seed), 1e9 / rate);
                return new Stream() {
                    private double now;

                    @Override
                    public long next() {
                        now += gap.sample();
                        return now < end ? (long) now : END;
                    }
                };
            }
        };
    }

    private abstract static class Trace implements ArrivalTrace {
        private final Duration duration;

        Trace(Duration duration) {
            this.duration = duration;
        }

        @Override
        public String name() {
            return "test";
        }

        @Override
        public Duration duration() {
            return duration;
        }
    }

    private abstract static class Stream implements ArrivalStream {
        @Override
        public void close() {}
    }
}
