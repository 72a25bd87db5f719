package dev.purser.worker;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Ends reads that take too long. A socket has but one timeout, and idle connections need it; so a read that is overdue is
 * interrupted, which closes its connection and frees the (virtual) thread that waits in it.
 */
final class ReadDeadlines implements AutoCloseable {
    private static final long SHORTEST_SWEEP_MILLIS = 5;
    private static final long LONGEST_SWEEP_MILLIS = 500;

    private final long maxNanos;
    private final Set<Read> reads = ConcurrentHashMap.newKeySet();
    private final Thread sweeper;

    ReadDeadlines(long maxNanos) {
        this.maxNanos = maxNanos;
        long period = Math.clamp(maxNanos / 10_000_000, SHORTEST_SWEEP_MILLIS, LONGEST_SWEEP_MILLIS);
        this.sweeper = Thread.ofPlatform().daemon().name("read-deadlines").start(() -> sweep(period));
    }

    /** Begins a read by this thread. */
    Read begin() {
        Read read = new Read(Thread.currentThread(), System.nanoTime() + maxNanos);
        reads.add(read);
        return read;
    }

    private void sweep(long periodMillis) {
        try {
            while (true) {
                Thread.sleep(periodMillis);
                long now = System.nanoTime();
                for (Read read : reads) {
                    if (now - read.deadline > 0) {
                        read.expire();
                    }
                }
            }
        } catch (InterruptedException e) {
            reads.clear();
        }
    }

    @Override
    public void close() {
        sweeper.interrupt();
    }

    /** A read in progress. */
    final class Read implements AutoCloseable {
        private final Thread thread;
        private final long deadline;
        private boolean ended;
        private boolean expired;

        private Read(Thread thread, long deadline) {
            this.thread = thread;
            this.deadline = deadline;
        }

        private synchronized void expire() {
            if (!ended && !expired) {
                expired = true;
                thread.interrupt();
            }
        }

        /** Whether it was interrupted, or is about to be. */
        synchronized boolean isExpired() {
            return expired || System.nanoTime() - deadline > 0;
        }

        /** Ends the read: it is not interrupted from here on, and the thread can be used again. */
        @Override
        public void close() {
            reads.remove(this);
            synchronized (this) {
                ended = true;
                if (expired && Thread.currentThread().equals(thread)) {
                    Thread.interrupted();
                }
            }
        }
    }
}
