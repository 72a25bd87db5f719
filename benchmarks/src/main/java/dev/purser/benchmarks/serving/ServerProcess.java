package dev.purser.benchmarks.serving;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.ConnectException;
import java.net.HttpURLConnection;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** A server in a process of its own, from its start until it is ready and then until it is closed. */
final class ServerProcess implements AutoCloseable {
    private static final Duration START_LIMIT = Duration.ofMinutes(1);
    private static final Duration STOP_LIMIT = Duration.ofSeconds(30);
    private static final long POLL_MILLIS = 1;

    private final Process process;
    /** No server outlives this process, however it ends. */
    private final Thread hook;

    private final URI base;
    private final double readyMillis;

    /**
     * Starts it and waits until it says that it is ready. It must say where it listens, and end when it is told to.
     *
     * @param command what to run
     * @param listens finds the port in a line of its standard output; null in others
     */
    ServerProcess(List<String> command, Function<String, @Nullable Integer> listens) {
        long start = System.nanoTime();
        process = start(command);
        hook = new Thread(process::destroy);
        Runtime.getRuntime().addShutdownHook(hook);
        try {
            base = URI.create("http://127.0.0.1:" + port(listens));
            while (!ready()) {
                if (!process.isAlive()) {
                    throw new IOException("it ended with status " + process.exitValue());
                }
                if (System.nanoTime() - start > START_LIMIT.toNanos()) {
                    throw new IOException("it was not ready within " + START_LIMIT.toSeconds() + " s");
                }
                TimeUnit.MILLISECONDS.sleep(POLL_MILLIS);
            }
        } catch (IOException e) {
            close();
            throw new UncheckedIOException("the server did not start: " + String.join(" ", command), e);
        } catch (InterruptedException e) {
            close();
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while a server started", e);
        }
        readyMillis = (System.nanoTime() - start) / 1e6;
    }

    /** The command of a child on the JVM and class path of this process. */
    static List<String> java(String mainClass) {
        return List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path"),
                mainClass);
    }

    /** Starts a child that says on standard error what goes wrong. */
    static Process start(List<String> command) {
        try {
            return new ProcessBuilder(command)
                    .redirectError(ProcessBuilder.Redirect.INHERIT)
                    .start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The port that it says; whatever it says later is read away, so that it never has to wait with it. */
    private int port(Function<String, @Nullable Integer> listens) throws IOException {
        CompletableFuture<Void> tooLate = CompletableFuture.runAsync(
                process::destroyForcibly,
                CompletableFuture.delayedExecutor(START_LIMIT.toMillis(), TimeUnit.MILLISECONDS));
        BufferedReader reader =
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
        Integer port = null;
        while (port == null) {
            String line = reader.readLine();
            if (line == null) {
                throw new IOException("it ended without a port, or was ended after " + START_LIMIT.toSeconds() + " s");
            }
            port = listens.apply(line);
        }
        tooLate.cancel(false);
        Thread.ofVirtual().start(() -> reader.lines().forEach(ignored -> {}));
        return port;
    }

    private boolean ready() throws IOException {
        HttpURLConnection connection =
                (HttpURLConnection) base.resolve("/v2/health/ready").toURL().openConnection();
        try {
            return connection.getResponseCode() == 200;
        } catch (ConnectException e) {
            return false;
        } finally {
            connection.disconnect();
        }
    }

    /** From the start of the process until it said that it is ready. */
    double readyMillis() {
        return readyMillis;
    }

    URI inferTarget(String model) {
        return base.resolve("/v2/models/" + model + "/infer");
    }

    /** What it and its workers have used so far. */
    ProcessUsage usage() {
        return ProcessUsage.ofTree(process.toHandle());
    }

    @Override
    public void close() {
        List<ProcessHandle> workers = process.descendants().toList();
        try {
            process.destroy();
            if (!process.waitFor(STOP_LIMIT.toSeconds(), TimeUnit.SECONDS)) {
                throw new IllegalStateException("process " + process.pid() + " did not end when it was told to");
            }
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            process.destroyForcibly();
            workers.forEach(ProcessHandle::destroyForcibly);
        }
    }
}
