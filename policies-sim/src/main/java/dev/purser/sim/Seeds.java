package dev.purser.sim;

/** Independent seeds for the things that chance decides in a run, so that one more draw of one leaves the others alone. */
record Seeds(long seed) {

    long of(String purpose) {
        return mix(seed * 0x9e3779b97f4a7c15L + purpose.hashCode());
    }

    /** SplitMix64's output function. */
    static long mix(long state) {
        long z = state;
        z = (z ^ (z >>> 30)) * 0xbf58476d1ce4e5b9L;
        z = (z ^ (z >>> 27)) * 0x94d049bb133111ebL;
        return z ^ (z >>> 31);
    }
}
