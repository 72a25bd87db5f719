package dev.purser.core.trace;
/** tmp */
public interface ArrivalStream extends AutoCloseable {
    /** x */
    long END = -1;
    /** x */
    long next();

    @Override
    void close();
}
