package dev.purser.core.trace;

/** Counts arrivals step by step. */
final class BinnedStream implements CountStream {
    private final ArrivalStream arrivals;
    private final long duration;
    private final long step;
    private long end;
    private long head;

    BinnedStream(ArrivalStream arrivals, long duration, long step) {
        this.arrivals = arrivals;
        this.duration = duration;
        this.step = step;
        this.head = arrivals.next();
    }

    @Override
    public long next() {
        if (end >= duration) {
            return END;
        }
        end += step;
        long count = 0;
        while (head != ArrivalStream.END && head < end) {
            count++;
            head = arrivals.next();
        }
        return count;
    }

    @Override
    public void close() {
        arrivals.close();
    }
}
