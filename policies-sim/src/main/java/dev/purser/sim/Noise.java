package dev.purser.sim;

import org.apache.commons.rng.UniformRandomProvider;
import org.apache.commons.rng.sampling.distribution.SharedStateContinuousSampler;
import org.apache.commons.rng.sampling.distribution.ZigguratSampler;

/**
 * Factors of mean 1 by which a time differs from its profile. The factor of an item depends on the seed and the item's
 * number alone, so that two policies meet the same requests.
 */
final class Noise {
    private final Spread spread;
    private final double sigma;
    private final long seed;
    private final Numbered numbered = new Numbered();
    private final SharedStateContinuousSampler sampler;

    Noise(Spread spread, long seed) {
        this.spread = spread;
        this.seed = seed;
        sigma = spread.sigma();
        sampler = spread.distribution() == Spread.Distribution.EXPONENTIAL
                ? ZigguratSampler.Exponential.of(numbered)
                : ZigguratSampler.NormalizedGaussian.of(numbered);
    }

    double factor(long number) {
        return switch (spread.distribution()) {
            case NONE -> 1;
            case LOGNORMAL -> Math.exp(sigma * draw(number) - sigma * sigma / 2);
            case EXPONENTIAL -> draw(number);
        };
    }

    /** A number of 0 to under 1 for an item. */
    double uniform(long number) {
        return (Seeds.mix(seed + number * 0x9e3779b97f4a7c15L) >>> 11) * 0x1p-53;
    }

    private double draw(long number) {
        numbered.state = Seeds.mix(seed + number * 0x9e3779b97f4a7c15L);
        return sampler.sample();
    }

    /** SplitMix64, started anew for each item at a place that is mixed too: neighbours share no draws. */
    private static final class Numbered implements UniformRandomProvider {
        private long state;

        @Override
        public long nextLong() {
            state += 0x9e3779b97f4a7c15L;
            return Seeds.mix(state);
        }
    }
}
