package dev.purser.benchmarks.serving;

import dev.purser.core.json.Json;
import dev.purser.server.Main;
import dev.purser.worker.TestModels;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Servers of the same models, each in processes of its own, under the load of wrk. */
@Command(
        name = "serving",
        mixinStandardHelpOptions = true,
        description =
                "Loads ONNX Runtime alone, a bare event loop and Purser with the same requests, one after the other.",
        sortOptions = false)
public final class ServingCommand implements Callable<Integer> {
    /** How busy others may be, in processors, before it is said. */
    private static final double BUSY = 0.1;

    private static final double LOADED = 0.5;

    private static final Map<String, Function<Path, Path>> MADE =
            Map.of("mlp", TestModels::mlp, "cnn", TestModels::cnn);

    /** A wide perceptron, whose weights are read from memory again for each batch, however small. */
    private static final int[] RANKER = {1024, 4096, 4096, 10};

    enum Format {
        TEXT,
        JSON
    }

    @Spec
    private @Nullable CommandSpec spec;

    @Option(
            names = "--models",
            paramLabel = "DIR",
            description = "A folder with mlp.onnx and cnn.onnx (default: models of these shapes are made).")
    private @Nullable Path folder;

    @Option(
            names = "--only",
            split = ",",
            paramLabel = "MODEL",
            defaultValue = "mlp,cnn",
            description = "Which of mlp and cnn to serve (default: both).")
    private List<String> only = List.of();

    @Option(
            names = "--servers",
            split = ",",
            paramLabel = "SERVER",
            defaultValue = "raw,event-loop,in-process,processes",
            description = "Which of raw, event-loop, in-process and processes to run (default: all).")
    private List<String> servers = List.of();

    @Option(
            names = "--launcher",
            paramLabel = "FILE",
            description =
                    "What starts Purser, as a person would: ./purser (default: its main class, in a JVM that knows"
                            + " nothing of it beforehand).")
    private @Nullable Path launcher;

    @Option(
            names = "--connections",
            split = ",",
            paramLabel = "N",
            defaultValue = "1,8,32",
            description = "Connections of each load (default: ${DEFAULT-VALUE}).")
    private List<Integer> connections = List.of();

    @Option(
            names = "--seconds",
            paramLabel = "N",
            defaultValue = "5",
            description = "Seconds of each measurement (default: ${DEFAULT-VALUE}).")
    private int seconds;

    @Option(
            names = "--warm-up",
            paramLabel = "N",
            defaultValue = "8",
            description = "Seconds of load before a server is measured, or five times as many if it is slow (default:"
                    + " ${DEFAULT-VALUE}).")
    private int warmUp;

    @Option(
            names = "--rounds",
            paramLabel = "N",
            defaultValue = "3",
            description = "How often each is measured; medians are reported (default: ${DEFAULT-VALUE}).")
    private int rounds;

    @Option(names = "--json", description = "Requests and responses in JSON instead of binary.")
    private boolean json;

    @Option(names = "--skip-batching", description = "Leave out the table of batches.")
    private boolean skipBatching;

    @Option(
            names = "--format",
            paramLabel = "FORMAT",
            defaultValue = "text",
            description = "text or json (default: ${DEFAULT-VALUE}).")
    private Format format = Format.TEXT;

    @Override
    public Integer call() throws IOException {
        CommandLine command = Objects.requireNonNull(spec).commandLine();
        Path scratch = Files.createTempDirectory("purser-serving");
        try {
            ServingOptions options = options(command, scratch);
            PrintWriter err = command.getErr();
            double load = SystemUsage.load();
            if (load > LOADED) {
                err.printf("The load average is %.2f: other work will disturb what is measured.%n", load);
            }
            ServingReport report = new ServingRun(options, scratch, err).measure();
            PrintWriter out = command.getOut();
            if (format == Format.JSON) {
                out.println(Json.write(report));
            } else {
                ServingTable.print(report, out);
            }
            out.flush();
            double busiest = report.rows().stream()
                    .mapToDouble(ServingReport.Row::others)
                    .max()
                    .orElse(0);
            if (busiest > BUSY) {
                err.printf("Other work kept up to %.1f processors busy meanwhile: do not trust those rows.%n", busiest);
            }
            if (!report.allAnswersRight()) {
                err.println("Requests failed, or an answer was wrong.");
            }
            err.flush();
            return report.allAnswersRight() ? CommandLine.ExitCode.OK : CommandLine.ExitCode.SOFTWARE;
        } finally {
            delete(scratch);
        }
    }

    private ServingOptions options(CommandLine command, Path scratch) throws IOException {
        require(command, seconds >= 1, "--seconds is " + seconds + ", but it must be at least 1");
        require(command, warmUp >= 1, "--warm-up is " + warmUp + ", but it must be at least 1");
        require(command, rounds >= 1, "--rounds is " + rounds + ", but it must be at least 1");
        for (int n : connections) {
            require(command, n >= 1 && n <= 10_000, "--connections has " + n + ", but each must be 1 to 10000");
        }
        List<Server> chosen = new ArrayList<>();
        for (String name : servers) {
            chosen.add(Server.of(name)
                    .orElseThrow(() -> new ParameterException(
                            command,
                            "--servers names '" + name
                                    + "', but there are raw, event-loop, in-process and processes")));
        }
        Map<String, Path> models = new LinkedHashMap<>();
        for (String name : only) {
            Function<Path, Path> make = MADE.get(name);
            if (make == null) {
                throw new ParameterException(command, "--only names '" + name + "', but there are mlp and cnn");
            }
            if (folder == null) {
                models.put(name, make.apply(scratch));
            } else {
                Path file = folder.resolve(name + ".onnx").toAbsolutePath();
                require(
                        command,
                        Files.isReadable(file),
                        "--models is " + folder + ", which has no " + file.getFileName());
                models.put(name, file);
            }
        }
        // what was asked for first, what the machine lacks after it
        require(
                command,
                launcher == null || Files.isExecutable(launcher.toAbsolutePath()),
                "--launcher is " + launcher + ", which is no program");
        require(
                command,
                chosen.stream().noneMatch(Server::listens) || Wrk.isInstalled(),
                "the load generator wrk is needed, and is not on the path; on Debian: apt-get install wrk");
        require(
                command,
                Files.isReadable(Path.of("/proc/self/stat")),
                "what a process uses is read from /proc, which this machine does not have: Linux is needed");
        return new ServingOptions(
                program(command, chosen),
                models,
                chosen,
                List.copyOf(connections),
                Duration.ofSeconds(warmUp),
                Duration.ofSeconds(seconds),
                rounds,
                json,
                skipBatching ? null : TestModels.perceptron(scratch, "ranker", RANKER));
    }

    /** Started once beforehand, so that the launcher has built and prepared what it starts. */
    private List<String> program(CommandLine command, List<Server> chosen) throws IOException {
        if (launcher == null) {
            return ServerProcess.java(Main.class.getName());
        }
        Path script = launcher.toAbsolutePath().normalize();
        if (chosen.contains(Server.IN_PROCESS) || chosen.contains(Server.PROCESSES)) {
            Process process = ServerProcess.start(List.of(script.toString(), "serve", "--help"));
            process.getInputStream().readAllBytes();
            try {
                int status = process.waitFor();
                require(command, status == 0, "--launcher is " + launcher + ", which ended with status " + status);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IllegalStateException("interrupted while " + launcher + " ran", e);
            }
        }
        return List.of(script.toString());
    }

    private static void require(CommandLine command, boolean holds, String otherwise) {
        if (!holds) {
            throw new ParameterException(command, otherwise);
        }
    }

    private static void delete(Path folder) {
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
