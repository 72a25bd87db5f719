package dev.purser.core.engine;

/**
 * The name of an instance or of an attempt between the engine and a platform. It holds a number that is never used again
 * and the row where the engine keeps it, so that a report is looked up and checked without a search, and one that is late
 * or comes twice finds another number in the row.
 *
 * <p>Platforms may use the row as an index of their own: no two instances that exist have the same, nor have two attempts
 * under way.
 */
public final class Ticket {
    /** No ticket. */
    public static final long NONE = -1;

    private static final int ROW_BITS = 24;
    private static final int ROWS = 1 << ROW_BITS;

    private Ticket() {}

    static long of(long number, int row) {
        if (row >= ROWS) {
            throw new IllegalStateException("over " + ROWS + " requests or instances at the same time");
        }
        return number << ROW_BITS | row;
    }

    /** The same attempt with another of its requests; see {@link PlatformEvents#requestEnded}. */
    public static long at(long ticket, int row) {
        return of(number(ticket), row);
    }

    /** The row, at least 0 and below 2^24; used again when what it named is gone. */
    public static int row(long ticket) {
        return (int) ticket & ROWS - 1;
    }

    /** The number, at least 0; never used again. */
    public static long number(long ticket) {
        return ticket >>> ROW_BITS;
    }
}
