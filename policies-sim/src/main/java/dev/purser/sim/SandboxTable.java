package dev.purser.sim;

import java.util.Arrays;

/**
 * The sandboxes as columns of primitives; each pool's idle ones in a list, the newest first. A pool is the sandboxes that
 * serve the same: a function's, or those of a part of a chain.
 */
final class SandboxTable {
    static final int NONE = -1;

    private final int[] newestIdle;
    private int[] pool = new int[64];
    private long[] idleSince = new long[64];
    private long[] timerTag = new long[64];
    private long[] timerNanos = new long[64];
    private int[] newer = new int[64];
    private int[] older = new int[64];
    private boolean[] idle = new boolean[64];
    private int free = NONE;
    private int rows;

    SandboxTable(int pools) {
        newestIdle = new int[pools];
        Arrays.fill(newestIdle, NONE);
    }

    int add(int ofPool) {
        int row = free;
        if (row != NONE) {
            free = older[row];
        } else {
            row = rows++;
            if (row == pool.length) {
                int size = row * 2;
                pool = Arrays.copyOf(pool, size);
                idleSince = Arrays.copyOf(idleSince, size);
                timerTag = Arrays.copyOf(timerTag, size);
                timerNanos = Arrays.copyOf(timerNanos, size);
                newer = Arrays.copyOf(newer, size);
                older = Arrays.copyOf(older, size);
                idle = Arrays.copyOf(idle, size);
            }
        }
        pool[row] = ofPool;
        noTimer(row);
        idle[row] = false;
        return row;
    }

    /** Takes the sandbox of a pool that became idle last; NONE where none is idle. */
    int takeNewestIdle(int ofPool) {
        int row = newestIdle[ofPool];
        if (row != NONE) {
            unlink(row);
        }
        return row;
    }

    void idle(int row, long now) {
        idleSince[row] = now;
        idle[row] = true;
        int newest = newestIdle[pool[row]];
        older[row] = newest;
        newer[row] = NONE;
        if (newest != NONE) {
            newer[newest] = row;
        }
        newestIdle[pool[row]] = row;
    }

    void reclaim(int row) {
        unlink(row);
        older[row] = free;
        free = row;
    }

    private void unlink(int row) {
        idle[row] = false;
        if (newer[row] == NONE) {
            newestIdle[pool[row]] = older[row];
        } else {
            older[newer[row]] = older[row];
        }
        if (older[row] != NONE) {
            newer[older[row]] = newer[row];
        }
    }

    int pool(int row) {
        return pool[row];
    }

    boolean isIdle(int row) {
        return idle[row];
    }

    long idleSince(int row) {
        return idleSince[row];
    }

    /** The sandbox of a pool that became idle last, which stays; NONE where none is idle. */
    int newestIdle(int ofPool) {
        return newestIdle[ofPool];
    }

    /** The idle sandbox of the same pool that became idle before another idle one; NONE where that is the first. */
    int older(int row) {
        return older[row];
    }

    /** The tag of the expiry event that counts; an older one of the same sandbox does not. */
    long timerTag(int row) {
        return timerTag[row];
    }

    /** When that event comes; {@link Long#MAX_VALUE} where there is none. */
    long timerNanos(int row) {
        return timerNanos[row];
    }

    void timer(int row, long tag, long nanos) {
        timerTag[row] = tag;
        timerNanos[row] = nanos;
    }

    void noTimer(int row) {
        timer(row, NONE, Long.MAX_VALUE);
    }
}
