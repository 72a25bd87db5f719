package dev.purser.server.gateway;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/** Bounds what is open at the same time: the number of requests, and the memory of their bodies. */
final class Admission {
    private final int maxOpen;
    private final long maxBytes;
    private final AtomicInteger open = new AtomicInteger();
    private final AtomicLong bytes = new AtomicLong();
    private volatile boolean draining;

    /**
     * @param maxOpen the most requests
     * @param maxBytes the most memory
     */
    Admission(int maxOpen, long maxBytes) {
        this.maxOpen = maxOpen;
        this.maxBytes = maxBytes;
    }

    /** A request comes in; its ticket is to be closed when it has been answered. */
    Ticket enter() {
        // counted first, so that whoever drains either sees it or is seen by it
        int now = open.incrementAndGet();
        if (draining) {
            open.decrementAndGet();
            throw Refusal.later(503, "the server is shutting down and takes no further requests", 5);
        }
        if (now > maxOpen) {
            open.decrementAndGet();
            throw Refusal.later(
                    429, "there are " + maxOpen + " open requests already, which is the limit (--max-open)", 1);
        }
        return new Ticket();
    }

    /** Lets nothing more in. */
    void drain() {
        draining = true;
    }

    boolean draining() {
        return draining;
    }

    int open() {
        return open.get();
    }

    long bytes() {
        return bytes.get();
    }

    /** One request's share. */
    final class Ticket implements AutoCloseable {
        private long held;

        /** Holds this much memory from now on, where there is so much. */
        void hold(long size) {
            long more = size - held;
            if (bytes.addAndGet(more) > maxBytes && more > 0) {
                bytes.addAndGet(-more);
                throw Refusal.later(
                        429,
                        "the bodies of the requests that are open take up all of the memory set aside for them, "
                                + maxBytes / (1 << 20) + " MiB (a quarter of the heap)",
                        1);
            }
            held = size;
        }

        @Override
        public void close() {
            bytes.addAndGet(-held);
            held = 0;
            open.decrementAndGet();
        }
    }
}
