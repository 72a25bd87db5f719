package dev.purser.core.trace;

import org.apache.commons.rng.UniformRandomProvider;

/**
 * SplitMix64 (Steele, Lea, Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014) that can be put at the
 * start of a step without making an object, so that the arrivals of a step depend on the seed and the step alone and a
 * window of a trace has the arrivals of the whole. The library's own cannot be reseeded in place.
 */
final class StepRandom implements UniformRandomProvider {
    private static final long GOLDEN = 0x9e3779b97f4a7c15L;

    private long state;

    /** Starts the numbers of one step. */
    void start(long seed, long step) {
        state = mix(seed, step);
    }

    @Override
    public long nextLong() {
        state += GOLDEN;
        return mix(state);
    }

    /** A seed that is unrelated to the one given and to those of other salts. */
    static long mix(long seed, long salt) {
        return mix(mix(seed + GOLDEN) ^ mix(salt * 0xd1342543de82ef95L + 1));
    }

    private static long mix(long value) {
        long z = (value ^ (value >>> 30)) * 0xbf58476d1ce4e5b9L;
        z = (z ^ (z >>> 27)) * 0x94d049bb133111ebL;
        return z ^ (z >>> 31);
    }
}
