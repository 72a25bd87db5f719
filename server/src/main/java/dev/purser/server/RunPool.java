package dev.purser.server;

import com.google.common.base.Throwables;
import com.google.common.util.concurrent.ThreadFactoryBuilder;
import com.google.common.util.concurrent.Uninterruptibles;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** Threads that make runs side by side; closing it abandons what has not been made. */
final class RunPool implements AutoCloseable {
    private final ExecutorService threads;
    private final Progress progress;

    RunPool(int size, Progress progress) {
        threads = Executors.newFixedThreadPool(
                size,
                new ThreadFactoryBuilder()
                        .setNameFormat("run-%d")
                        .setDaemon(true)
                        .build());
        this.progress = progress;
    }

    /** Work to do when a thread is free, in the order of submission; one step of progress. */
    <T> Future<T> submit(Callable<T> work) {
        return threads.submit(() -> {
            T result = work.call();
            progress.step();
            return result;
        });
    }

    /** The result, or what went wrong as it was thrown. */
    static <T> T await(Future<T> future) {
        try {
            return Uninterruptibles.getUninterruptibly(future);
        } catch (ExecutionException e) {
            Throwable cause = e.getCause() == null ? e : e.getCause();
            Throwables.throwIfInstanceOf(cause, RuntimeException.class);
            throw new IllegalStateException(cause);
        }
    }

    @Override
    public void close() {
        threads.shutdownNow();
    }
}
