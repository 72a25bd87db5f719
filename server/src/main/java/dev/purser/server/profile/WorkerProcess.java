package dev.purser.server.profile;

import dev.purser.core.InputException;
import dev.purser.core.model.VmProfile;
import dev.purser.worker.WorkerCommand;
import dev.purser.worker.WorkerConfiguration;
import dev.purser.worker.WorkerReport;
import dev.purser.worker.protocol.InferRequest;
import dev.purser.worker.protocol.InferenceClient;
import dev.purser.worker.protocol.Tensor;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** A worker process that is started to be measured; it ends when this is closed, or this program ends in any way. */
final class WorkerProcess implements AutoCloseable {
    private static final Duration TIMEOUT = Duration.ofMinutes(2);
    private static final Duration END = Duration.ofSeconds(5);

    private static final int MAX_RESPONSE = 256 << 20;

    private final Process process;
    private final String model;
    private final Initialisation.Start start;
    private final InferenceClient client;

    private WorkerProcess(Process process, String model, Initialisation.Start start, Path socket) {
        this.process = process;
        this.model = model;
        this.start = start;
        client = InferenceClient.of(socket, VmProfile.MAX_SLOTS, MAX_RESPONSE);
    }

    /**
     * Starts a worker, and waits until it is ready.
     *
     * @param socket where it is to listen
     * @throws InputException when it cannot start, with what it says
     */
    static WorkerProcess start(WorkerCommand command, WorkerConfiguration configuration, Path socket) {
        long ordered = System.nanoTime();
        Process process;
        try {
            process = command.start(configuration.withSocket(socket), Redirect.DISCARD);
        } catch (IOException e) {
            throw new InputException(configuration.model(), "", "no worker process can be started: " + e, "");
        }
        try {
            CompletableFuture<String> line = CompletableFuture.supplyAsync(() -> firstLine(process));
            String said = line.get(TIMEOUT.toSeconds(), TimeUnit.SECONDS);
            double readyMs = (System.nanoTime() - ordered) / 1e6;
            WorkerReport report = said.isEmpty() ? null : WorkerReport.read("the worker", said);
            if (report == null || !report.ready() || report.initialisationMs() == null) {
                throw new InputException(
                        configuration.model(),
                        "",
                        "the worker cannot start: "
                                + (report == null || report.error() == null ? ended(process) : report.error()),
                        "");
            }
            Initialisation.Start start = new Initialisation.Start(report.initialisationMs(), readyMs);
            return new WorkerProcess(process, configuration.model(), start, socket);
        } catch (TimeoutException e) {
            end(process);
            throw new InputException(
                    configuration.model(), "", "the worker was not ready within " + TIMEOUT.toMinutes() + " min", "");
        } catch (InterruptedException e) {
            end(process);
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        } catch (ExecutionException e) {
            end(process);
            throw new IllegalStateException(e.getCause());
        } catch (RuntimeException e) {
            end(process);
            throw e;
        }
    }

    private static String ended(Process process) throws InterruptedException {
        return process.waitFor(1, TimeUnit.SECONDS) && process.exitValue() == WorkerCommand.OUT_OF_MEMORY
                ? "it ran out of memory"
                : "it ended";
    }

    private static String firstLine(Process process) {
        try {
            String line = process.inputReader(StandardCharsets.UTF_8).readLine();
            return line == null ? "" : line;
        } catch (IOException e) {
            return "";
        }
    }

    Initialisation.Start start() {
        return start;
    }

    /** One inference over HTTP, as a platform makes it. */
    void infer(List<Tensor> inputs) {
        try {
            var unused = client.infer(model, InferRequest.of(inputs.toArray(Tensor[]::new)), TIMEOUT);
        } catch (IOException e) {
            throw new UncheckedIOException("a worker did not answer: " + e.getMessage(), e);
        }
    }

    /** The most memory that it has held until now, in MB of 2^20 bytes; null where the system does not say. */
    @Nullable
    Double peakMb() {
        try (Stream<String> lines = Files.lines(Path.of("/proc", Long.toString(process.pid()), "status"))) {
            return lines.filter(line -> line.startsWith("VmHWM:"))
                    .map(line -> Double.parseDouble(line.replaceAll("\\D", "")) / 1024)
                    .findFirst()
                    .orElse(null);
        } catch (IOException | RuntimeException e) {
            return null;
        }
    }

    @Override
    public void close() {
        client.close();
        end(process);
    }

    /** By the end of its standard input, which it watches; by force where that does not do. */
    private static void end(Process process) {
        try {
            process.getOutputStream().close();
            if (process.waitFor(END.toSeconds(), TimeUnit.SECONDS)) {
                return;
            }
        } catch (IOException e) {
            // it has ended already, or will by force
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        process.destroyForcibly();
    }
}
