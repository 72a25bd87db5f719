package dev.purser.worker;

import dev.purser.worker.protocol.InferenceClient;
import java.io.BufferedReader;
import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A worker as a process of its own, for the length of a test. */
final class WorkerProcess implements AutoCloseable {
    final Process process;
    final WorkerReport report;
    private final BufferedReader output;
    private final Path log;

    WorkerProcess(WorkerCommand command, WorkerConfiguration configuration, Path log) throws IOException {
        this.log = log;
        process = command.start(configuration, Redirect.to(log.toFile()));
        output = process.inputReader(StandardCharsets.UTF_8);
        String line = output.readLine();
        if (line == null) {
            process.destroyForcibly();
            throw new IOException("the worker said nothing; its log: " + log());
        }
        report = WorkerReport.read("worker", line);
    }

    String log() throws IOException {
        return Files.readString(log);
    }

    InferenceClient client() {
        if (report.port() == null) {
            throw new AssertionError(report);
        }
        return InferenceClient.of(URI.create("http://127.0.0.1:" + report.port()));
    }

    /** Waits for its end; what it wrote to its standard output after the report. */
    List<String> end() throws Exception {
        List<String> more = new ArrayList<>();
        for (String line = output.readLine(); line != null; line = output.readLine()) {
            more.add(line);
        }
        if (!process.waitFor(30, TimeUnit.SECONDS)) {
            throw new AssertionError("the worker still runs");
        }
        return more;
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }
}
