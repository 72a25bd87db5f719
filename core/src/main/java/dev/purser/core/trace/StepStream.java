package dev.purser.core.trace;

import org.apache.commons.rng.sampling.distribution.ZigguratSampler;

/** Arrivals laid out step by step into a small buffer, so that handing one out is an array read. */
abstract sealed class StepStream implements ArrivalStream permits UniformStream, PoissonStream {
    static final int BLOCK = 1024;

    final StepRandom random = new StepRandom();
    final ZigguratSampler.Exponential exponential = ZigguratSampler.Exponential.of(random);
    final long[] block = new long[BLOCK];
    final long step;
    final long seed;
    private final CountSource.Rows rows;
    private long index;
    private long start;
    private int filled;
    private int at;

    StepStream(CountSource.Rows rows, long step, long firstStep, long seed) {
        this.rows = rows;
        this.step = step;
        this.seed = seed;
        this.index = firstStep - 1;
        this.start = -step;
    }

    @Override
    public final long next() {
        if (at == filled && !refill()) {
            return END;
        }
        return start + block[at++];
    }

    private boolean refill() {
        do {
            if (!more()) {
                double count = rows.next();
                if (count < 0) {
                    at = filled;
                    return false;
                }
                index++;
                start += step;
                random.start(seed, index);
                begin(count);
            }
            filled = fill();
            at = 0;
        } while (filled == 0);
        return true;
    }

    /** Whether the step that has begun may have further arrivals. */
    abstract boolean more();

    /** A new step begins. */
    abstract void begin(double count);

    /** Puts the next arrivals of the step, in nanoseconds from its start, into the block. Returns how many. */
    abstract int fill();

    @Override
    public final void close() {
        rows.close();
    }
}
