package dev.purser.server;

import com.google.common.util.concurrent.Uninterruptibles;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** While it is open, an interrupt (Ctrl-C) ends a command's work early, and the program once this is closed. */
final class EndOnInterrupt implements AutoCloseable {
    /** How long the program waits for the command at most. */
    private static final int SECONDS = 15;

    private final CountDownLatch closed = new CountDownLatch(1);
    private final CountDownLatch interrupted = new CountDownLatch(1);
    private final Thread hook = new Thread(this::interrupted);
    private Runnable end = () -> {};

    EndOnInterrupt() {
        Runtime.getRuntime().addShutdownHook(hook);
    }

    private void interrupted() {
        synchronized (this) {
            interrupted.countDown();
            end.run();
        }
        var unused = Uninterruptibles.awaitUninterruptibly(closed, SECONDS, TimeUnit.SECONDS);
    }

    /** What makes the command end soon; is run by another thread, or at once where the interrupt has come already. */
    synchronized void calls(Runnable newEnd) {
        end = newEnd;
        if (interrupted.getCount() == 0) {
            newEnd.run();
        }
    }

    @Override
    public void close() {
        closed.countDown();
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException e) {
            // interrupted: the hook runs, and lets the program end now
        }
    }
}
