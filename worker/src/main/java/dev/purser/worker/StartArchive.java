package dev.purser.worker;

import dev.purser.worker.protocol.InferRequest;
import dev.purser.worker.protocol.InferenceClient;
import dev.purser.worker.protocol.InferenceCodec;
import dev.purser.worker.protocol.ModelMetadata;
import dev.purser.worker.protocol.ProtocolException;
import dev.purser.worker.protocol.Tensor;
import java.io.File;
import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.zip.CRC32;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * An archive of the classes that a worker loads, in the form in which the Java virtual machine keeps them: with it a worker
 * is ready in half the time. It is recorded from a worker that runs once for the purpose, and fits one Java and one class
 * path; another of either is another archive.
 */
public final class StartArchive {
    private static final Logger LOG = LoggerFactory.getLogger(StartArchive.class);

    /** The first Java whose archives hold more than classes. */
    private static final int AHEAD_OF_TIME = 25;

    /** The requests that the recorded worker answers, so that the classes for them are in the archive too. */
    private static final int REQUESTS = 20;

    private StartArchive() {}

    static boolean isAheadOfTime() {
        return Runtime.version().feature() >= AHEAD_OF_TIME;
    }

    /**
     * The archive for a command, if it has been made.
     *
     * @param command how workers are started
     * @param files where archives are kept
     * @return the archive; empty where there is none yet
     */
    public static Optional<Path> find(WorkerCommand command, ModelFiles files) {
        Path file = file(command, files);
        return Files.isRegularFile(file) ? Optional.of(file) : Optional.empty();
    }

    /**
     * Finds the archive for a command, or makes it, which takes a few seconds.
     *
     * @param command how workers are started
     * @param configuration a worker to record; best one of every kind that will be started, so one with texts if any is
     * @param files where archives are kept
     * @param timeout how long it may take; the worker is ended then
     * @return the archive; empty where none can be made, with the reason in the log
     */
    public static Optional<Path> findOrMake(
            WorkerCommand command, WorkerConfiguration configuration, ModelFiles files, Duration timeout) {
        Optional<Path> found = find(command, files);
        if (found.isPresent()) {
            return found;
        }
        for (String entry : command.classPath().split(File.pathSeparator, -1)) {
            if (Files.isDirectory(Path.of(entry))) {
                LOG.info("no start archive is made: {} is a directory, and archives are for jars alone", entry);
                return Optional.empty();
            }
        }
        Path target = file(command, files);
        Path temporary = target.resolveSibling(
                target.getFileName() + "." + ProcessHandle.current().pid() + ".tmp");
        try {
            record(command, configuration, temporary, timeout);
            if (!Files.isRegularFile(temporary) || Files.size(temporary) == 0) {
                LOG.warn("no start archive was written by the worker that was recorded");
                return Optional.empty();
            }
            Files.move(temporary, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            return Optional.of(target);
        } catch (IOException e) {
            LOG.warn("no start archive can be made: {}", e.toString());
            return Optional.empty();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return Optional.empty();
        } finally {
            delete(temporary);
        }
    }

    private static void delete(Path file) {
        try {
            Files.deleteIfExists(file);
            Files.deleteIfExists(file.resolveSibling(file.getFileName() + ".config"));
        } catch (IOException e) {
            LOG.debug("{} cannot be deleted", file, e);
        }
    }

    private static void record(WorkerCommand command, WorkerConfiguration configuration, Path archive, Duration timeout)
            throws IOException, InterruptedException {
        String option = (isAheadOfTime() ? "-XX:AOTCacheOutput=" : "-XX:ArchiveClassesAtExit=") + archive;
        long deadline = System.nanoTime() + timeout.toNanos();
        Process process = command.withArchive(null).withOptions(List.of(option)).start(configuration, Redirect.DISCARD);
        try {
            CompletableFuture<String> line = CompletableFuture.supplyAsync(() -> firstLine(process));
            WorkerReport report;
            try {
                report = WorkerReport.read("the worker", line.get(remaining(deadline), TimeUnit.NANOSECONDS));
            } catch (java.util.concurrent.ExecutionException
                    | java.util.concurrent.TimeoutException
                    | RuntimeException e) {
                throw new IOException("the worker to be recorded did not report: " + e.getMessage(), e);
            }
            Path socket = configuration.socket();
            Integer port = report.port();
            if (!report.ready() || (socket == null && port == null)) {
                throw new IOException("the worker to be recorded cannot start: " + report.error());
            }
            try (InferenceClient client = socket == null
                    ? InferenceClient.of(URI.create("http://" + configuration.host() + ":" + port))
                    : InferenceClient.of(socket, 1, 256 << 20)) {
                exercise(client, configuration.model());
            }
            // not Process.destroy, which would close its standard input too
            process.toHandle().destroy();
            if (!process.waitFor(remaining(deadline), TimeUnit.NANOSECONDS)) {
                throw new IOException("the worker that was recorded did not end within " + timeout);
            }
        } finally {
            process.destroyForcibly();
        }
    }

    private static long remaining(long deadline) {
        return Math.max(0, deadline - System.nanoTime());
    }

    private static String firstLine(Process process) {
        try {
            String line = process.inputReader(StandardCharsets.UTF_8).readLine();
            return line == null ? "" : line;
        } catch (IOException e) {
            return "";
        }
    }

    private static void exercise(InferenceClient client, String model) throws IOException {
        Duration timeout = Duration.ofSeconds(30);
        ModelMetadata metadata = client.metadata(model, timeout);
        InferRequest request = InferRequest.of(SyntheticInputs.of(metadata, 1).toArray(new Tensor[0]));
        InferRequest plain = new InferRequest("1", Map.of(), request.inputs(), List.of(), false);
        for (int i = 0; i < REQUESTS; i++) {
            try {
                client.infer(model, request, timeout);
                client.post(client.inferPath(model), InferenceCodec.writeRequest(plain, false), timeout);
            } catch (ProtocolException e) {
                // not every network takes made-up inputs, and the way to it was gone all the same
                LOG.debug("the worker to be recorded refuses a request: {}", e.getMessage());
            }
            client.isReady(timeout);
            client.isLive(timeout);
        }
    }

    /** Where the archive for a command is kept: its name holds what it depends on. */
    private static Path file(WorkerCommand command, ModelFiles files) {
        CRC32 key = new CRC32();
        update(key, System.getProperty("java.home") + Runtime.version() + command.java());
        for (String entry : command.classPath().split(File.pathSeparator, -1)) {
            update(key, entry);
            try {
                BasicFileAttributes attributes = Files.readAttributes(Path.of(entry), BasicFileAttributes.class);
                update(
                        key,
                        attributes.size() + " " + attributes.lastModifiedTime().toMillis());
            } catch (IOException e) {
                update(key, "none");
            }
        }
        String extension = isAheadOfTime() ? ".aot" : ".jsa";
        return files.folder("start").resolve("worker-" + HexFormat.of().toHexDigits((int) key.getValue()) + extension);
    }

    private static void update(CRC32 key, String text) {
        key.update((text + "\n").getBytes(StandardCharsets.UTF_8));
    }
}
