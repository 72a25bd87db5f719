package dev.purser.worker.protocol;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Ends reads that take too long. A socket has but one timeout, and idle connections need it, and one of the file system has
 * none; so a read that is overdue is interrupted, which closes its connection and frees the (virtual) thread that waits in it.
 */
public final class ReadDeadlines implements AutoCloseable {
    private final Set<Read> reads = ConcurrentHashMap.newKeySet();
    private final Thread sweeper;

    /**
     * Without reads.
     *
     * @param periodMillis how late a read may be ended, 1 or more
     */
    public ReadDeadlines(long periodMillis) {
        this.sweeper = Thread.ofPlatform().daemon().name("read-deadlines").start(() -> sweep(periodMillis));
    }

    /**
     * Begins a read by this thread.
     *
     * @param maxNanos how long it may take
     * @return the read, to be closed by this thread when it has ended
     */
    public Read begin(long maxNanos) {
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
    public final class Read implements AutoCloseable {
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
        public synchronized boolean isExpired() {
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
