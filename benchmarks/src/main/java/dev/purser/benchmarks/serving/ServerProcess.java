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
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** A server in a process of its own, from its start until it is ready and then until it is closed. */
final class ServerProcess implements AutoCloseable {
    private static final Duration START_LIMIT = Duration.ofMinutes(1);
    private static final long POLL_MILLIS = 1;

    private final Process process;
    private final URI base;
    private final double readyMillis;

    /**
     * Starts it and waits until it says that it is ready. It must print one line "port N" when it listens, and end when
     * its standard input does.
     *
     * @param options of the JVM
     * @param arguments of {@link ServingChild}
     */
    ServerProcess(List<String> options, List<String> arguments) {
        long start = System.nanoTime();
        process = start(options, arguments);
        try {
            base = URI.create("http://127.0.0.1:" + port(process));
            while (!ready()) {
                if (!process.isAlive()) {
                    throw new IllegalStateException("the server " + arguments + " ended with status "
                            + process.exitValue() + " before it was ready");
                }
                if (System.nanoTime() - start > START_LIMIT.toNanos()) {
                    throw new IllegalStateException(
                            "the server " + arguments + " was not ready within " + START_LIMIT.toSeconds() + " s");
                }
                TimeUnit.MILLISECONDS.sleep(POLL_MILLIS);
            }
        } catch (IOException e) {
            close();
            throw new UncheckedIOException("the server " + arguments + " did not start", e);
        } catch (InterruptedException e) {
            close();
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while " + arguments + " started", e);
        } catch (RuntimeException e) {
            close();
            throw e;
        }
        readyMillis = (System.nanoTime() - start) / 1e6;
    }

    /** A child on the JVM and class path of this process. */
    static Process start(List<String> options, List<String> arguments) {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.add("--enable-native-access=ALL-UNNAMED");
        command.addAll(options);
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), ServingChild.class.getName()));
        command.addAll(arguments);
        try {
            return new ProcessBuilder(command)
                    .redirectError(ProcessBuilder.Redirect.INHERIT)
                    .start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The port that it says; whatever it says later is read away, so that it never has to wait with it. */
    private static int port(Process process) throws IOException {
        CompletableFuture<Void> tooLate = CompletableFuture.runAsync(
                process::destroyForcibly,
                CompletableFuture.delayedExecutor(START_LIMIT.toMillis(), TimeUnit.MILLISECONDS));
        BufferedReader reader =
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
        String line = reader.readLine();
        while (line != null && !line.startsWith(ServingChild.PORT)) {
            line = reader.readLine();
        }
        tooLate.cancel(false);
        if (line == null) {
            throw new IOException("it ended, or was ended after " + START_LIMIT.toSeconds() + " s, without a port");
        }
        Thread.ofVirtual().start(() -> reader.lines().forEach(ignored -> {}));
        return Integer.parseInt(line.substring(ServingChild.PORT.length()));
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
        List<ProcessHandle> all = new ArrayList<>(process.descendants().toList());
        try {
            process.getOutputStream().close();
            if (!process.waitFor(20, TimeUnit.SECONDS)) {
                throw new IllegalStateException("process " + process.pid() + " did not end when its input did");
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            all.add(process.toHandle());
            all.forEach(ProcessHandle::destroyForcibly);
        }
    }
}
