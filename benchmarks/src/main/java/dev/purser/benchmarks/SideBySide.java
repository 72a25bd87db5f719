package dev.purser.benchmarks;

import dev.purser.core.InputException;
import dev.purser.core.trace.Traces;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/**
 * Simulators on the same loads, each run in a process of its own, in turn and several times over. What counts is the
 * processor time of the process, which suffers less from what else the machine does than the time by the clock.
 */
@Command(
        name = SideBySide.NAME,
        mixinStandardHelpOptions = true,
        description =
                "Runs a bare event loop, Purser and CloudSim Plus on the same loads, each in processes of its own.",
        sortOptions = false)
public final class SideBySide implements Callable<Integer> {
    static final String NAME = "simulators";

    private static final int LEAST = 1000;

    /** One run to make again and again. */
    private record Job(Simulator simulator, String load, long requests) {}

    @Spec
    private @Nullable CommandSpec spec;

    @Option(
            names = "--loads",
            split = ",",
            paramLabel = "LOAD",
            defaultValue = "mmc,A,B,C",
            description = "Which of mmc, A, B and C to run (default: all).")
    private List<String> loads = List.of();

    @Option(
            names = "--requests",
            paramLabel = "N",
            defaultValue = "10000000",
            description = "Requests of each run (default: ${DEFAULT-VALUE}).")
    private long requests;

    @Option(
            names = "--cloudlets",
            paramLabel = "N",
            defaultValue = "100000",
            description = "Requests of each run of CloudSim Plus; 0 leaves it out (default: ${DEFAULT-VALUE}).")
    private int cloudlets;

    @Option(
            names = "--rounds",
            paramLabel = "N",
            defaultValue = "5",
            description = "How often each is run; medians are reported (default: ${DEFAULT-VALUE}).")
    private int rounds;

    @Option(
            names = "--trace",
            paramLabel = "TRACE",
            description = "Also one stack, paragon, on this trace (a file, a built-in trace or a generator).")
    private @Nullable String trace;

    @Override
    public Integer call() {
        CommandLine command = Objects.requireNonNull(spec).commandLine();
        List<Job> jobs = jobs(command);
        Map<Job, List<Measurement>> results = new LinkedHashMap<>();
        jobs.forEach(job -> results.put(job, new ArrayList<>()));
        int done = 0;
        for (int round = 0; round < rounds; round++) {
            for (Job job : jobs) {
                command.getErr()
                        .printf(
                                "round %d of %d, run %d of %d: %s on %s%n",
                                round + 1,
                                rounds,
                                ++done,
                                rounds * jobs.size(),
                                job.simulator().title(),
                                job.load());
                command.getErr().flush();
                Objects.requireNonNull(results.get(job)).add(run(job, round + 1));
            }
        }
        Table table = new Table();
        results.forEach((job, runs) -> table.add(job.simulator(), job.load(), runs));
        PrintWriter out = command.getOut();
        table.print(out);
        out.flush();
        return table.allChecksHold() ? CommandLine.ExitCode.OK : CommandLine.ExitCode.SOFTWARE;
    }

    private List<Job> jobs(CommandLine command) {
        require(command, requests >= LEAST, "--requests is " + requests + ", but it must be at least " + LEAST);
        require(
                command,
                cloudlets == 0 || cloudlets >= LEAST,
                "--cloudlets is " + cloudlets + ", but it must be 0 or at least " + LEAST);
        require(command, rounds >= 1, "--rounds is " + rounds + ", but it must be at least 1");
        List<Job> jobs = new ArrayList<>();
        for (String title : loads) {
            Load load = Load.of(title)
                    .orElseThrow(() -> new ParameterException(
                            command, "--loads names '" + title + "', but there are mmc, A, B and C"));
            jobs.add(new Job(Simulator.BARE, load.title(), requests));
            jobs.add(new Job(Simulator.PURSER, load.title(), requests));
            if (load == Load.MMC && cloudlets > 0) {
                jobs.add(new Job(Simulator.CLOUDSIM, load.title(), cloudlets));
            }
        }
        if (trace != null) {
            // better said now than by a process at the end
            try {
                Traces.of(trace);
            } catch (InputException e) {
                throw new ParameterException(command, String.valueOf(e.getMessage()), e);
            }
            jobs.add(new Job(Simulator.PARAGON, trace, 0));
        }
        return jobs;
    }

    private static void require(CommandLine command, boolean holds, String otherwise) {
        if (!holds) {
            throw new ParameterException(command, otherwise);
        }
    }

    /** One run in a process of its own, on the JVM and class path of this one. */
    private static Measurement run(Job job, long seed) {
        List<String> command = List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx" + job.simulator().heap(),
                "-cp",
                System.getProperty("java.class.path"),
                Child.class.getName(),
                job.simulator().name(),
                job.load(),
                Long.toString(job.requests()),
                Long.toString(seed));
        try {
            Process process = new ProcessBuilder(command)
                    .redirectError(ProcessBuilder.Redirect.INHERIT)
                    .start();
            List<String> lines;
            try (BufferedReader reader =
                    new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
                lines = reader.lines().toList();
            }
            int status = process.waitFor();
            return lines.stream()
                    .filter(Measurement::isOne)
                    .map(Measurement::parse)
                    .findFirst()
                    .orElseThrow(() -> new IllegalStateException(job.simulator().title() + " on " + job.load()
                            + " ended with status " + status + " and without a result"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(
                    "interrupted while " + job.simulator().title() + " ran", e);
        }
    }
}
