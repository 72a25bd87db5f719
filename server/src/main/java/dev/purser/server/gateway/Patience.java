package dev.purser.server.gateway;

import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Ends waits for clients that send or take slowly, however steadily they trickle: a time limit of a single read or write
 * would never notice those. A wait that takes too long is interrupted, which closes its connection.
 */
final class Patience implements AutoCloseable {
    private final Set<Wait> waits = ConcurrentHashMap.newKeySet();
    private final long limit;
    private final Thread watch;

    /** @param limit how long a wait may take */
    Patience(Duration limit) {
        this.limit = limit.toNanos();
        long pause = Math.clamp(limit.toMillis() / 10, 10, 250);
        watch = Thread.ofVirtual().name("gateway-patience").start(() -> {
            try {
                while (true) {
                    Thread.sleep(pause);
                    end();
                }
            } catch (InterruptedException e) {
                // closed
            }
        });
    }

    private void end() {
        long now = System.nanoTime();
        for (Wait wait : waits) {
            if (now - wait.until > 0) {
                wait.end();
            }
        }
    }

    /** The current thread begins to wait for its client. */
    Wait begin() {
        return begin(limit);
    }

    private Wait begin(long nanos) {
        Wait wait = new Wait(Thread.currentThread(), System.nanoTime() + nanos);
        waits.add(wait);
        return wait;
    }

    /** Waits for a client while something runs; it throws what an interrupted read or write throws. */
    void during(Runnable action) {
        during(limit, action);
    }

    /** The same with a limit of its own, at most the limit of all. */
    void during(Duration atMost, Runnable action) {
        during(Math.min(limit, atMost.toNanos()), action);
    }

    private void during(long nanos, Runnable action) {
        Wait wait = begin(nanos);
        try {
            action.run();
        } finally {
            wait.close();
        }
    }

    @Override
    public void close() {
        watch.interrupt();
    }

    /** A wait for a client; to be closed by the thread that began it. */
    final class Wait implements AutoCloseable {
        private final Thread thread;
        private final long until;
        /** Set by whichever comes first: the end of the wait, or of patience. */
        private final AtomicBoolean over = new AtomicBoolean();

        private volatile boolean interrupted;

        private Wait(Thread thread, long until) {
            this.thread = thread;
            this.until = until;
        }

        private void end() {
            if (over.compareAndSet(false, true)) {
                waits.remove(this);
                thread.interrupt();
                interrupted = true;
            }
        }

        @Override
        public void close() {
            if (over.compareAndSet(false, true)) {
                waits.remove(this);
                return;
            }
            // the interrupt is meant for this wait and for nothing that the thread does after it
            while (!interrupted) {
                Thread.onSpinWait();
            }
            Thread.interrupted();
        }

        /** Whether the wait was ended. */
        boolean ended() {
            return interrupted;
        }
    }
}
