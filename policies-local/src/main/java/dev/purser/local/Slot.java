package dev.purser.local;

import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * What runs one batch after the other on a worker. The engine gives a slot its next batch while the slot's own thread
 * reports the last one, so a slot that is kept busy never waits and its batches cross no queue.
 */
final class Slot implements Runnable {
    /** How often to look for the next batch before sleeping: less than it costs to be woken. */
    private static final int SPINS = 100;

    private final LocalPlatform platform;
    private final Backend backend;
    private final Thread thread;
    private final int spins;

    /** What it serves; only inside the engine. */
    @Nullable
    Batch current;

    private volatile @Nullable Batch next;
    private volatile boolean asleep;
    private volatile boolean stopped;

    @SuppressWarnings("this-escape") // the thread starts later
    Slot(LocalPlatform platform, Host host, Backend backend, String name) {
        this.platform = platform;
        this.backend = backend;
        thread = host.slotThread(name, this);
        // a virtual thread would keep others from running
        spins = thread.isVirtual() ? 1 : SPINS;
    }

    void start() {
        thread.start();
    }

    /** Hands over a batch; only inside the engine, while the slot has none. */
    void give(Batch batch) {
        next = batch;
        if (asleep) {
            LockSupport.unpark(thread);
        }
    }

    /** Ends the thread as soon as it has run what it has. */
    void stop() {
        stopped = true;
        LockSupport.unpark(thread);
    }

    void await(long millis) throws InterruptedException {
        thread.join(millis);
    }

    @Override
    public void run() {
        for (Batch batch = take(); batch != null; batch = take()) {
            batch.run(backend);
            platform.report(batch);
        }
    }

    private @Nullable Batch take() {
        for (int i = 0; i < spins; i++) {
            Batch batch = next;
            if (batch != null) {
                next = null;
                return batch;
            }
            Thread.onSpinWait();
        }
        asleep = true;
        try {
            while (true) {
                Batch batch = next;
                if (batch != null) {
                    next = null;
                    return batch;
                }
                if (stopped) {
                    return null;
                }
                LockSupport.park(this);
            }
        } finally {
            asleep = false;
        }
    }
}
