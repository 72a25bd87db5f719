package dev.purser.sim;

import java.util.Arrays;

/**
 * Events in virtual time: a 4-ary heap of primitives. Events of the same time come out in the order in which they went
 * in, so that a run does not depend on the heap's shape.
 */
final class EventQueue {
    /** Bits of the event's kind and of the row it speaks of; the rest counts events. */
    private static final int KIND_BITS = 5;

    private static final int ROW_BITS = 24;
    private static final int ROW_LIMIT = 1 << ROW_BITS;
    private static final int COUNT_SHIFT = KIND_BITS + ROW_BITS;

    private long[] time = new long[256];
    private long[] tag = new long[256];
    private int size;
    /** From 1 on, so that no tag is 0. */
    private long count = 1;

    /**
     * @param at when, not before the last event taken
     * @param kind 0 to 15
     * @param row what it speaks of, 0 to 2^24 - 1
     * @return the event's tag, unlike any other's
     */
    long add(long at, int kind, int row) {
        if (row >= ROW_LIMIT) {
            throw new IllegalStateException("more than " + ROW_LIMIT + " requests, instances or sandboxes at a time");
        }
        long newTag = count++ << COUNT_SHIFT | (long) row << KIND_BITS | kind;
        if (size == time.length) {
            time = Arrays.copyOf(time, size * 2);
            tag = Arrays.copyOf(tag, size * 2);
        }
        int hole = size++;
        while (hole > 0) {
            int parent = (hole - 1) >> 2;
            if (time[parent] <= at) {
                break;
            }
            time[hole] = time[parent];
            tag[hole] = tag[parent];
            hole = parent;
        }
        time[hole] = at;
        tag[hole] = newTag;
        return newTag;
    }

    /** When the next event happens; {@link Long#MAX_VALUE} where there is none. */
    long nextTime() {
        return size == 0 ? Long.MAX_VALUE : time[0];
    }

    /** Takes the next event. */
    long take() {
        long first = tag[0];
        size--;
        long at = time[size];
        long moved = tag[size];
        int hole = 0;
        while (true) {
            int child = (hole << 2) + 1;
            if (child >= size) {
                break;
            }
            int least = child;
            int end = Math.min(child + 4, size);
            for (int c = child + 1; c < end; c++) {
                if (time[c] < time[least] || (time[c] == time[least] && tag[c] < tag[least])) {
                    least = c;
                }
            }
            if (time[least] > at || (time[least] == at && tag[least] > moved)) {
                break;
            }
            time[hole] = time[least];
            tag[hole] = tag[least];
            hole = least;
        }
        time[hole] = at;
        tag[hole] = moved;
        return first;
    }

    static int kind(long tag) {
        return (int) tag & ((1 << KIND_BITS) - 1);
    }

    static int row(long tag) {
        return (int) (tag >>> KIND_BITS) & (ROW_LIMIT - 1);
    }
}
