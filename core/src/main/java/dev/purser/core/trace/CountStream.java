package dev.purser.core.trace;

/** The requests of each step of a trace, the first step first. Not safe for use by several threads. */
public interface CountStream extends AutoCloseable {
    /** What {@link #next} returns when the trace is over. */
    long END = -1;

    /** The requests of the next step, at least 0; {@link #END} when the trace is over. */
    long next();

    /** Lets go of the file behind the trace, where there is one. May be called more than once. */
    @Override
    void close();
}
