package dev.purser.core.trace;

/**
 * Lays out a Poisson process of constant rate through each step, by its exponential gaps: that is the same as a Poisson
 * number of arrivals at uniform moments.
 */
final class PoissonStream extends StepStream {
    private double gap;
    private double at;

    PoissonStream(CountSource.Rows rows, long step, long firstStep, long seed) {
        super(rows, step, firstStep, seed);
        at = step;
    }

    @Override
    boolean more() {
        return at < step;
    }

    @Override
    void begin(double count) {
        gap = step / count;
        at = exponential.sample() * gap;
    }

    @Override
    int fill() {
        int filled = 0;
        while (at < step && filled < BLOCK) {
            block[filled++] = (long) at;
            at += exponential.sample() * gap;
        }
        return filled;
    }
}
