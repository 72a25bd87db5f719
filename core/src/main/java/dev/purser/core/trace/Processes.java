package dev.purser.core.trace;

import dev.purser.core.trace.GeneratedTrace.PointProcess;
import dev.purser.core.trace.GeneratedTrace.Times;
import org.apache.commons.rng.UniformRandomProvider;
import org.apache.commons.rng.sampling.distribution.ZigguratSampler;
import org.apache.commons.rng.simple.RandomSource;

/** The point processes behind {@link TraceGenerators}, which defines them. */
final class Processes {
    private Processes() {}

    private static UniformRandomProvider random(long seed) {
        return RandomSource.XO_RO_SHI_RO_128_PP.create(seed);
    }

    /** Arrivals at equal distances, the first at 0. */
    record Even(double rate) implements PointProcess {
        @Override
        public Times start(long seed) {
            return new Times() {
                private long index;

                @Override
                public double next() {
                    return index++ / rate;
                }
            };
        }

        @Override
        public double expected(double from, double to) {
            // arrivals i with from <= i / rate < to
            return Math.ceil(to * rate) - Math.ceil(from * rate);
        }

        @Override
        public PointProcess scale(double factor) {
            return new Even(rate * factor);
        }

        @Override
        public boolean seeded() {
            return false;
        }
    }

    /** A Poisson process of constant rate. */
    record Poisson(double rate) implements PointProcess {
        @Override
        public Times start(long seed) {
            ZigguratSampler.Exponential gap = ZigguratSampler.Exponential.of(random(seed));
            return new Times() {
                private double time;

                @Override
                public double next() {
                    time += gap.sample() / rate;
                    return time;
                }
            };
        }

        @Override
        public double expected(double from, double to) {
            return rate * (to - from);
        }

        @Override
        public PointProcess scale(double factor) {
            return new Poisson(rate * factor);
        }
    }

    /**
     * A Poisson process whose rate follows a curve, by thinning (Lewis and Shedler, "Simulation of nonhomogeneous Poisson
     * processes by thinning", Naval Research Logistics Quarterly 26, 1979). The bound is that of a short slice, and a
     * point below the slice's least rate is kept without asking the curve, so that the curve is seldom computed.
     */
    record Inhomogeneous(RateCurve curve, double factor) implements PointProcess {
        @Override
        public Times start(long seed) {
            UniformRandomProvider random = random(seed);
            ZigguratSampler.Exponential gap = ZigguratSampler.Exponential.of(random);
            return new Times() {
                private double time;
                private double end;
                private double least;
                private double most;

                @Override
                public double next() {
                    while (true) {
                        if (time >= end) {
                            slice();
                        }
                        // an exponential over rate 0 is infinite, and the next slice begins
                        time += gap.sample() / most;
                        if (!(time < end)) {
                            if (end == Double.POSITIVE_INFINITY) {
                                return end;
                            }
                            time = end;
                            continue;
                        }
                        double level = random.nextDouble() * most;
                        if (level < least || level < curve.at(time) * factor) {
                            return time;
                        }
                    }
                }

                private void slice() {
                    double next = curve.sliceEnd(time);
                    double left = curve.at(time) * factor;
                    double right = curve.at(next) * factor;
                    least = Math.min(left, right);
                    most = Math.max(left, right);
                    end = next;
                }
            };
        }

        @Override
        public double expected(double from, double to) {
            return factor * curve.integral(from, to);
        }

        @Override
        public PointProcess scale(double by) {
            return new Inhomogeneous(curve, factor * by);
        }
    }

    /**
     * A Poisson process whose rate jumps between states; sojourns are exponential, each other state is next with the
     * same probability. Starts in the stationary distribution.
     */
    static final class Modulated implements PointProcess {
        private final double[] rates;
        private final double[] sojourns;

        Modulated(double[] rates, double[] sojourns) {
            this.rates = rates;
            this.sojourns = sojourns;
        }

        @Override
        public Times start(long seed) {
            UniformRandomProvider random = random(seed);
            ZigguratSampler.Exponential exponential = ZigguratSampler.Exponential.of(random);
            int first = pick(sojourns, sum(sojourns), random);
            return new Times() {
                private int state = first;
                private double time;
                private double jump = exponential.sample() * sojourns[first];

                @Override
                public double next() {
                    while (true) {
                        time += exponential.sample() / rates[state];
                        if (time < jump) {
                            return time;
                        }
                        time = jump;
                        int other = random.nextInt(rates.length - 1);
                        state = other < state ? other : other + 1;
                        jump += exponential.sample() * sojourns[state];
                    }
                }
            };
        }

        @Override
        public double expected(double from, double to) {
            double requests = 0;
            for (int i = 0; i < rates.length; i++) {
                requests += rates[i] * sojourns[i];
            }
            return requests / sum(sojourns) * (to - from);
        }

        @Override
        public PointProcess scale(double factor) {
            return new Modulated(times(rates, factor), sojourns);
        }
    }

    /** A Markovian arrival process of two phases, started in the stationary distribution of its phase. */
    static final class Map2 implements PointProcess {
        private final double[] d0;
        private final double[] d1;

        Map2(double[] d0, double[] d1) {
            this.d0 = d0;
            this.d1 = d1;
        }

        @Override
        public Times start(long seed) {
            UniformRandomProvider random = random(seed);
            ZigguratSampler.Exponential exponential = ZigguratSampler.Exponential.of(random);
            int first = random.nextDouble() < stationary() ? 0 : 1;
            return new Times() {
                private int phase = first;
                private double time;

                @Override
                public double next() {
                    while (true) {
                        int row = 2 * phase;
                        int other = 1 - phase;
                        double silent = d0[row + other];
                        double all = silent + d1[row] + d1[row + 1];
                        time += exponential.sample() / all;
                        double level = random.nextDouble() * all;
                        if (level < d1[row + phase]) {
                            return time;
                        }
                        phase = other;
                        if (level < all - silent) {
                            return time;
                        }
                    }
                }
            };
        }

        /** The share of time in phase 0. */
        private double stationary() {
            double up = d0[1] + d1[1];
            double down = d0[2] + d1[2];
            return down / (up + down);
        }

        @Override
        public double expected(double from, double to) {
            double share = stationary();
            return (share * (d1[0] + d1[1]) + (1 - share) * (d1[2] + d1[3])) * (to - from);
        }

        @Override
        public PointProcess scale(double factor) {
            return new Map2(times(d0, factor), times(d1, factor));
        }
    }

    private static double sum(double[] values) {
        double sum = 0;
        for (double value : values) {
            sum += value;
        }
        return sum;
    }

    private static double[] times(double[] values, double factor) {
        double[] result = values.clone();
        for (int i = 0; i < result.length; i++) {
            result[i] *= factor;
        }
        return result;
    }

    private static int pick(double[] weights, double sum, UniformRandomProvider random) {
        double level = random.nextDouble() * sum;
        int i = 0;
        while (i < weights.length - 1 && level >= weights[i]) {
            level -= weights[i++];
        }
        return i;
    }
}
