package dev.purser.core.trace;

/**
 * The arrivals of one pass over a trace, in order. Made for the hot path of a simulator: no object is made per arrival.
 * Not safe for use by several threads.
 */
public interface ArrivalStream extends AutoCloseable {
    /** What {@link #next} returns when the trace is over. */
    long END = -1;

    /**
     * @return the next arrival in nanoseconds from the trace's start, never less than the one before; {@link #END} when
     *     the trace is over, and again each time after that
     * @throws dev.purser.core.InputException where the file behind the trace cannot be read on, as when it was changed
     *     after it was first read
     */
    long next();

    /** Lets go of the file behind the trace, where there is one. May be called more than once. */
    @Override
    void close();
}
