package dev.purser.worker;

import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.LockSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Ends a run of ONNX Runtime that takes too long. The runtime looks between two operators whether it is to end. All runs
 * are looked through every now and then, for a timer of its own would cost a short run half its time.
 */
final class RunWatch implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(RunWatch.class);

    private static final long SWEEP_NANOS = Duration.ofMillis(20).toNanos();

    /** The runs, and the thread that looks at them; made with the first one that is watched. */
    private static final class Sweeper {
        static final Set<RunWatch> RUNS = ConcurrentHashMap.newKeySet();

        static {
            Thread.ofPlatform().daemon().name("run-watch").start(Sweeper::sweep);
        }

        private static void sweep() {
            while (true) {
                LockSupport.parkNanos(SWEEP_NANOS);
                long now = System.nanoTime();
                for (RunWatch run : RUNS) {
                    if (now - run.deadline > 0) {
                        run.end();
                    }
                }
            }
        }
    }

    private final OrtSession.RunOptions options;
    private final long deadline;
    private boolean over;
    private boolean closed;

    private RunWatch(OrtSession.RunOptions options, long deadline) {
        this.options = options;
        this.deadline = deadline;
    }

    static RunWatch begin(OrtSession.RunOptions options, Duration atMost) {
        RunWatch watch = new RunWatch(options, System.nanoTime() + atMost.toNanos());
        Sweeper.RUNS.add(watch);
        return watch;
    }

    private synchronized void end() {
        if (over || closed) {
            // told already; or the options are, or are about to be, freed
            return;
        }
        over = true;
        try {
            options.setTerminate(true);
        } catch (OrtException e) {
            LOG.warn("a run that takes too long cannot be ended: {}", e.getMessage());
        }
    }

    /** Whether the run was told to end. */
    synchronized boolean isOver() {
        return over;
    }

    @Override
    public synchronized void close() {
        closed = true;
        Sweeper.RUNS.remove(this);
    }
}
