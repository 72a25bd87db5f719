package dev.purser.server;

import com.google.common.base.Stopwatch;
import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import dev.purser.core.json.Json;
import dev.purser.server.Comparison.Run;
import dev.purser.server.report.HtmlReport;
import dev.purser.spi.PolicyRegistry;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Runs every stack on every trace with every seed, and shows what each cost and broke. */
@Command(
        name = "compare",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        header = "Shows what each stack costs and breaks on arrival traces.",
        description = {
            "Simulates stacks on arrival traces and shows side by side what each costs, how many promises it breaks, and"
                    + " how far it is from the least that anyone could pay (regret).",
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  purser compare",
            "  purser compare --duration 10m",
            "  purser compare --stacks paragon,mixed --trace twitter-like --seed 1..5",
            "  purser compare --stacks paragon,mine.json --trace mine.csv.gz --out result",
        })
final class CompareCommand implements Runnable {
    /** The published provisioning stacks, which are compared where none are named. */
    static final List<String> PUBLISHED = List.of("static", "reactive", "util-aware", "exascale", "mixed", "paragon");

    private static final String DIRECTORY = "purser-result";
    private static final String RESULT = "result.json";
    private static final String REPORT = "report.html";
    private static final String SETTINGS = "settings.json";

    private final Supplier<PolicyRegistry> registry;
    private final CostBound bound;
    private final boolean terminal;

    @Spec
    private @Nullable CommandSpec spec;

    @Option(
            names = {"--stacks", "--stack"},
            paramLabel = "STACK",
            description = {
                "Who decides: stacks by name or .json file, as a list with commas, or 'all' ('purser policies' shows"
                        + " them).",
                "Default: static, reactive, util-aware, exascale, mixed and paragon. Example: --stacks"
                        + " paragon,mine.json"
            })
    private List<String> stacks = List.of();

    @Mixin
    private RunOptions options = new RunOptions();

    @Mixin
    private ThreadOption threads = new ThreadOption();

    @Option(
            names = "--out",
            paramLabel = "DIR",
            description = {
                "Write result.json, report.html and settings.json into this directory when all runs are done; files of"
                        + " those names are replaced.",
                "Default: purser-result; with --format json nothing is written. Example: --out result"
            })
    private @Nullable Path out;

    @Option(
            names = "--format",
            paramLabel = "table|json",
            description = {"What to print.", "Default: table. Example: --format json"})
    private OutputFormat format = OutputFormat.TABLE;

    CompareCommand(Supplier<PolicyRegistry> registry, CostBound bound, boolean terminal) {
        this.registry = registry;
        this.bound = bound;
        this.terminal = terminal;
    }

    /** {@code result.json}. */
    record Results(String purser, List<RunRecord> runs) {}

    @Override
    public void run() {
        if (spec == null) {
            throw new IllegalStateException("not run by picocli");
        }
        PrintWriter printed = spec.commandLine().getOut();
        PrintWriter err = spec.commandLine().getErr();
        int atATime = threads.count();
        Experiment experiment = options.experiment(registry.get(), stacks);
        Path target = out == null && format == OutputFormat.TABLE ? Path.of(DIRECTORY) : out;
        ResultDirectory directory = target == null ? null : new ResultDirectory(target);
        if (directory != null) {
            directory.check(List.of(RESULT, REPORT, SETTINGS));
        }
        Stopwatch watch = Stopwatch.createStarted();
        Comparison comparison = new Comparison(experiment, bound);
        ImmutableList<Run> runs;
        try (Progress progress = new Progress(err, terminal, comparison.size());
                RunPool pool = new RunPool(atATime, progress)) {
            runs = comparison.run(pool);
        }
        Results results =
                new Results(Version.number(), runs.stream().map(Run::result).toList());
        if (directory != null) {
            RunSettings settings = RunSettings.of(experiment);
            directory.write(ImmutableMap.of(
                    RESULT, Json.write(results),
                    REPORT, HtmlReport.render(settings.report(runs)),
                    SETTINGS, Json.write(settings)));
        }
        if (format == OutputFormat.JSON) {
            printed.print(Json.write(results));
        } else {
            printed.print(table(runs, experiment.seeds().size() > 1));
        }
        printed.flush();
        if (terminal) {
            err.println(runs.size() + " runs in " + watch);
        }
        if (target != null) {
            err.println("report: " + target.resolve(REPORT));
        }
    }

    private static String table(ImmutableList<Run> runs, boolean severalSeeds) {
        List<String> headers = new ArrayList<>(List.of("stack", "trace"));
        if (severalSeeds) {
            headers.add("seed");
        }
        headers.addAll(List.of(
                "cost $",
                "regret %",
                "violations %",
                "accuracy",
                "p50 ms",
                "p99 ms",
                "VM hours",
                "peak VMs",
                "functions %",
                "cold starts"));
        Table table = new Table(2, headers);
        Map<String, List<Run>> byTrace = new LinkedHashMap<>();
        runs.forEach(run -> byTrace.computeIfAbsent(run.result().trace(), t -> new ArrayList<>())
                .add(run));
        boolean first = true;
        for (List<Run> group : byTrace.values()) {
            if (!first) {
                table.gap();
            }
            first = false;
            group.stream()
                    .sorted(Comparator.comparing((Run run) -> run.result().total()))
                    .forEach(run -> table.row(cells(run, severalSeeds)));
        }
        boolean bounded = runs.stream().anyMatch(Run::isBound);
        return table
                + (bounded
                        ? "\n* a bound, not a stack: the least that anyone could pay who knew all arrivals beforehand\n"
                        : "");
    }

    private static List<String> cells(Run run, boolean severalSeeds) {
        RunRecord result = run.result();
        List<String> cells = new ArrayList<>();
        cells.add(result.stack() + (run.isBound() ? " *" : ""));
        cells.add(result.trace());
        if (severalSeeds) {
            cells.add(Long.toString(result.seed()));
        }
        cells.add(Table.number(result.total().doubleValue(), 4));
        cells.add(result.regret() == null ? "-" : Table.number(100 * result.regret(), 1));
        if (run.isBound()) {
            cells.addAll(List.of("-", "-", "-", "-"));
        } else {
            cells.add(Table.number(100 * result.violationRatio(), 2));
            cells.add(Table.number(result.accuracy().mean(), 4));
            cells.add(Table.number(result.latencyMs().p50(), 0));
            cells.add(Table.number(result.latencyMs().p99(), 0));
        }
        cells.add(Table.number(result.vmHours(), 2));
        cells.add(Table.number(result.peakVms()));
        cells.add(Table.number(100 * run.functionShare(), 1));
        cells.add(run.isBound() ? "-" : Table.number(result.coldStarts()));
        return cells;
    }
}
