package dev.purser.benchmarks.serving;

import static dev.purser.benchmarks.text.Medians.median;

import dev.purser.benchmarks.serving.ServingReport.BatchingRow;
import dev.purser.benchmarks.serving.ServingReport.Conditions;
import dev.purser.benchmarks.serving.ServingReport.Row;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Measures the servers, one after the other and several times over, on this machine. */
final class ServingRun {
    /** Load of the right number of connections before each measurement. */
    private static final Duration SETTLE = Duration.ofSeconds(1);

    /** Workers, or event loops, of each server; one thread of ONNX Runtime each. */
    private static final int WORKERS = 2;

    /** What a request is said to take: nothing depends on it where the fleet is fixed and batches are off. */
    private static final double PROFILED_MS = 0.1;

    /** Requests until a JVM has compiled most of what they need. */
    private static final long WARM_REQUESTS = 40_000;

    /** How often the time of warming up is given for that. */
    private static final int MOST_WARM_UPS = 5;

    private final ServingOptions options;
    private final Path scratch;
    private final PrintWriter progress;
    private final Map<Cell, List<LoadFigure>> loads = new LinkedHashMap<>();
    private final Map<String, List<ProcessFigure>> processes = new LinkedHashMap<>();

    /** A line of the table. Connections are 0 for the raw loop. */
    private record Cell(String model, Server server, int connections) {}

    /** One measurement under load. */
    record LoadFigure(double perSecond, double p50Ms, double p99Ms, double cpuMicros, long failed, double others) {}

    /** One life of a server. */
    private record ProcessFigure(double readyMs, double peakMib, double difference) {}

    /**
     * A run.
     *
     * @param scratch an empty folder for what the load generator reads
     * @param progress is told what is being measured
     */
    ServingRun(ServingOptions options, Path scratch, PrintWriter progress) {
        this.options = options;
        this.scratch = scratch;
        this.progress = progress;
    }

    ServingReport measure() {
        double loadBefore = SystemUsage.load();
        Path gaining = options.gaining();
        BatchingRun batching = gaining == null ? null : new BatchingRun(this, name(gaining), gaining);
        for (int round = 1; round <= options.rounds(); round++) {
            for (Map.Entry<String, Path> model : options.models().entrySet()) {
                for (Server server : options.servers()) {
                    say(round, model.getKey() + ", " + server.title());
                    if (server.listens()) {
                        serve(server, model.getKey(), model.getValue());
                    } else {
                        loop(model.getKey(), model.getValue());
                    }
                }
            }
            if (batching != null) {
                say(round, "batches");
                batching.round();
            }
        }
        List<Row> rows = rows();
        BatchingRow batches = batching == null ? null : batching.row();
        return new ServingReport(
                new Conditions(
                        Runtime.getRuntime().availableProcessors(),
                        Runtime.version().toString(),
                        loadBefore,
                        Math.toIntExact(options.duration().toSeconds()),
                        options.rounds(),
                        options.json() ? "JSON" : "binary"),
                rows,
                batches,
                Targets.verdicts(rows, batches));
    }

    private void say(int round, String what) {
        progress.printf("round %d of %d: %s%n", round, options.rounds(), what);
        progress.flush();
    }

    private static String name(Path file) {
        return file.getFileName().toString().replaceFirst("[.]onnx$", "");
    }

    private void loop(String name, Path file) {
        long begin = System.nanoTime();
        SystemUsage before = SystemUsage.now();
        RawLoop.Result result = rawLoop(file, 1);
        SystemUsage after = SystemUsage.now();
        // the child has ended, so that it counts as this process's own
        double others = after.othersSince(before, 0, System.nanoTime() - begin);
        add(new Cell(name, Server.RAW, 0), new LoadFigure(result.perSecond(), 0, 0, result.cpuMicros(), 0, others));
    }

    RawLoop.Result rawLoop(Path file, int rows) {
        return rawLoop(file, rows, options.warmUp(), options.duration());
    }

    RawLoop.Result rawLoop(Path file, int rows, Duration warmUp, Duration duration) {
        Process process = ServerProcess.start(ServingChild.rawLoop(file, rows, warmUp, duration));
        try (BufferedReader reader =
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
            RawLoop.Result result = reader.lines()
                    .filter(RawLoop.Result::isOne)
                    .map(RawLoop.Result::parse)
                    .findFirst()
                    .orElseThrow(() -> new IllegalStateException("the raw loop ended without a result"));
            process.waitFor();
            return result;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while the raw loop ran", e);
        } finally {
            process.destroyForcibly();
        }
    }

    private void serve(Server server, String name, Path file) {
        Question question = new Question(file, options.json());
        Wrk wrk = new Wrk(question.request(), scratch);
        try (ServerProcess process = start(server, name, file)) {
            URI target = process.inferTarget(name);
            double difference = question.difference(target);
            warmUp(wrk, target, Collections.max(options.connections()));
            for (int connections : options.connections()) {
                add(new Cell(name, server, connections), load(process, wrk, target, connections));
            }
            processes
                    .computeIfAbsent(key(name, server), key -> new ArrayList<>())
                    .add(new ProcessFigure(
                            process.readyMillis(), process.usage().peakKib() / 1024.0, difference));
        }
    }

    /** Purser in-process with one worker and greedy batches. */
    LoadFigure batched(String name, Path file, SortedMap<Integer, Double> batchMillis, int connections) {
        Question question = new Question(file, options.json());
        Wrk wrk = new Wrk(question.request(), scratch);
        List<String> command = PurserServer.command(options.program(), name, file, batchMillis, 1, true, true, scratch);
        try (ServerProcess process = new ServerProcess(command, PurserServer::port)) {
            URI target = process.inferTarget(name);
            double difference = question.difference(target);
            if (difference > AnswerCheck.TOLERANCE) {
                throw new IllegalStateException("an answer of " + name + " is off by " + difference);
            }
            warmUp(wrk, target, connections);
            return load(process, wrk, target, connections);
        }
    }

    /** The compiler has most to do at first: so much time and so many requests, whichever is more. */
    private void warmUp(Wrk wrk, URI target, int connections) {
        long requests = 0;
        for (int i = 0; i < MOST_WARM_UPS && requests < WARM_REQUESTS; i++) {
            requests += wrk.run(target, connections, options.warmUp()).requests();
        }
    }

    private ServerProcess start(Server server, String name, Path file) {
        return switch (server) {
            case RAW -> throw new IllegalArgumentException("the raw loop is no server");
            case EVENT_LOOP -> new ServerProcess(ServingChild.eventLoop(file, WORKERS), ServingChild::port);
            case IN_PROCESS, PROCESSES ->
                new ServerProcess(
                        PurserServer.command(
                                options.program(),
                                name,
                                file,
                                new TreeMap<>(Map.of(1, PROFILED_MS)),
                                WORKERS,
                                false,
                                server == Server.IN_PROCESS,
                                scratch),
                        PurserServer::port);
        };
    }

    private LoadFigure load(ServerProcess process, Wrk wrk, URI target, int connections) {
        wrk.run(target, connections, SETTLE);
        SystemUsage systemBefore = SystemUsage.now();
        long before = process.usage().cpuMicros();
        long begin = System.nanoTime();
        Wrk.Result result = wrk.run(target, connections, options.duration());
        long elapsed = System.nanoTime() - begin;
        long cpu = process.usage().cpuMicros() - before;
        return new LoadFigure(
                result.perSecond(),
                result.p50Micros() / 1e3,
                result.p99Micros() / 1e3,
                (double) cpu / Math.max(1, result.requests()),
                result.errors(),
                SystemUsage.now().othersSince(systemBefore, cpu, elapsed));
    }

    private void add(Cell cell, LoadFigure figure) {
        loads.computeIfAbsent(cell, key -> new ArrayList<>()).add(figure);
    }

    private static String key(String model, Server server) {
        return model + " " + server;
    }

    private List<Row> rows() {
        List<Row> rows = new ArrayList<>();
        loads.forEach((cell, figures) -> {
            boolean listens = cell.server().listens();
            double cpu = median(figures, LoadFigure::cpuMicros);
            List<ProcessFigure> lives =
                    Objects.requireNonNullElse(processes.get(key(cell.model(), cell.server())), List.of());
            rows.add(new Row(
                    cell.model(),
                    cell.server().title(),
                    listens ? cell.connections() : null,
                    median(figures, LoadFigure::perSecond),
                    listens ? median(figures, LoadFigure::p50Ms) : null,
                    listens ? median(figures, LoadFigure::p99Ms) : null,
                    cpu,
                    ofRaw(cell.model(), cpu),
                    figures.stream().mapToLong(LoadFigure::failed).sum(),
                    lives.isEmpty() ? null : median(lives, ProcessFigure::readyMs),
                    lives.isEmpty() ? null : median(lives, ProcessFigure::peakMib),
                    lives.stream()
                            .map(ProcessFigure::difference)
                            .max(Double::compare)
                            .orElse(null),
                    median(figures, LoadFigure::others)));
        });
        return rows;
    }

    private @Nullable Double ofRaw(String model, double cpuMicros) {
        List<LoadFigure> raw = loads.get(new Cell(model, Server.RAW, 0));
        return raw == null ? null : cpuMicros / median(raw, LoadFigure::cpuMicros);
    }
}
