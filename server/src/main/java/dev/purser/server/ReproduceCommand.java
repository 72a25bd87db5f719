package dev.purser.server;

import com.google.common.collect.ImmutableMap;
import dev.purser.core.InputException;
import dev.purser.core.Names;
import dev.purser.core.json.Json;
import dev.purser.core.trace.ArrivalTrace;
import dev.purser.core.trace.Traces;
import dev.purser.spi.PolicyRegistry;
import java.io.PrintWriter;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Replays a paper's experiments and says of each published relation whether it holds here. */
@Command(
        name = "reproduce",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        header = "Replays a paper's experiments, claim by claim.",
        description = {
            "Replays the experiments of a paper, in the simulator or with its planner, and prints each published relation, what was measured,"
                    + " and whether it holds. A claim is judged under several settings where the paper leaves open what"
                    + " decides it.",
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  purser reproduce paragon",
            "  purser reproduce mark --format json",
            "  purser reproduce amps-inf",
            "  purser reproduce paragon --trace wits=wits_1s.csv.gz --trace wiki=wiki.csv.gz",
        })
final class ReproduceCommand implements Runnable {
    /**
     * A paper that can be replayed.
     *
     * @param traces what it names, and what stands for each where no file is given
     * @param meanRate what each sample is scaled to where nothing else is said, in requests per second
     * @param reproduction its experiments
     */
    private record Paper(ImmutableMap<String, String> traces, double meanRate, Make reproduction) {}

    /** Makes a paper's experiments. */
    private interface Make {
        Reproduction of(PolicyRegistry registry, ImmutableMap<String, ArrivalTrace> traces, double meanRate);
    }

    private static final ImmutableMap<String, Paper> PAPERS = ImmutableMap.of(
            "paragon",
            new Paper(
                    ImmutableMap.of(
                            "wits",
                            "wits-like",
                            "berkeley",
                            "berkeley-like",
                            "twitter",
                            "twitter-like",
                            "wiki",
                            "wiki-like"),
                    100,
                    ParagonReproduction::new),
            "mark",
            new Paper(
                    ImmutableMap.of("twitter", "twitter-like", "mmpp", "mmpp:rates=40/140,sojourn=6m/3m,duration=3h"),
                    90,
                    MarkReproduction::new),
            "amps-inf",
            new Paper(ImmutableMap.of(), 0, AmpsReproduction::new));

    /** How the claims are printed. */
    enum Format {
        /** For people. */
        TABLE,
        /** For programs. */
        JSON,
        /** For a page. */
        MARKDOWN
    }

    private final Supplier<PolicyRegistry> registry;
    private final boolean terminal;

    @Spec
    private @Nullable CommandSpec spec;

    @Parameters(paramLabel = "PAPER", description = "Which paper: paragon, mark or amps-inf.")
    private String paper = "";

    @Option(
            names = "--trace",
            paramLabel = "NAME=TRACE",
            description = {
                "What stands for one of the paper's traces (paragon: wits, berkeley, twitter, wiki; mark: twitter, mmpp): a"
                        + " file, a built-in trace or a generator.",
                "Default: the built-in traces shaped like them. Example: --trace wits=wits_1s.csv.gz"
            })
    private Map<String, String> given = new LinkedHashMap<>();

    @Option(
            names = "--scale-to-mean",
            paramLabel = "RPS",
            description = {
                "Mean requests per second that each sample is scaled to.",
                "Default: 100 for paragon, 90 for mark. Example: --scale-to-mean 300"
            })
    private @Nullable Double meanRate;

    @Mixin
    private ThreadOption threads = new ThreadOption();

    @Option(
            names = "--format",
            paramLabel = "table|json|markdown",
            description = {"How to print the claims.", "Default: table. Example: --format markdown"})
    private Format format = Format.TABLE;

    ReproduceCommand(Supplier<PolicyRegistry> registry, boolean terminal) {
        this.registry = registry;
        this.terminal = terminal;
    }

    /** What {@code --format json} prints. */
    record Reproduced(
            String purser,
            String paper,
            List<Reproduction.Measured> runs,
            List<Reproduction.Sheet> tables,
            List<Claim> claims) {}

    @Override
    public void run() {
        if (spec == null) {
            throw new IllegalStateException("not run by picocli");
        }
        Paper chosen = PAPERS.get(paper);
        if (chosen == null) {
            throw new InputException(
                    "reproduce",
                    "",
                    "there is no paper '" + paper + "'",
                    Names.suggest("paper", PAPERS.keySet(), paper));
        }
        if (chosen.traces().isEmpty() && (!given.isEmpty() || meanRate != null)) {
            throw new InputException(
                    given.isEmpty() ? "--scale-to-mean" : "--trace",
                    "",
                    "has no meaning for '" + paper + "', in which nothing arrives",
                    "leave it out");
        }
        int atATime = threads.count();
        Reproduction reproduction = chosen.reproduction()
                .of(registry.get(), traces(chosen.traces()), meanRate == null ? chosen.meanRate() : meanRate);
        Reproduction.Findings findings;
        try (Progress progress = new Progress(spec.commandLine().getErr(), terminal, reproduction.size());
                RunPool pool = new RunPool(atATime, progress)) {
            findings = reproduction.run(pool);
        }
        PrintWriter out = spec.commandLine().getOut();
        switch (format) {
            case JSON ->
                out.print(Json.write(new Reproduced(
                        Version.number(), paper, findings.runs(), findings.tables(), findings.claims())));
            case MARKDOWN ->
                out.print(markdownRuns(findings.runs())
                        + markdownTables(findings.tables())
                        + markdown(findings.claims()));
            case TABLE -> out.print(runs(findings.runs()) + tables(findings.tables()) + text(findings.claims()));
        }
        out.flush();
    }

    private ImmutableMap<String, ArrivalTrace> traces(ImmutableMap<String, String> ofPaper) {
        for (String name : given.keySet()) {
            if (!ofPaper.containsKey(name)) {
                throw new InputException(
                        "--trace",
                        "",
                        "the paper has no trace '" + name + "'",
                        Names.suggest("trace", ofPaper.keySet(), name));
            }
        }
        ImmutableMap.Builder<String, ArrivalTrace> traces = ImmutableMap.builder();
        ofPaper.forEach((name, builtIn) -> traces.put(name, Traces.of(given.getOrDefault(name, builtIn))));
        return traces.buildOrThrow();
    }

    private static final List<String> HEAD = List.of(
            "experiment",
            "stack",
            "requests",
            "cost $",
            "broken %",
            "functions %",
            "p50 ms",
            "p95 ms",
            "p98 ms",
            "p99 ms");

    private static List<String> cells(Reproduction.Measured run) {
        return List.of(
                run.experiment(),
                run.stack(),
                Table.number(run.requests()),
                Table.number(run.usd(), 4),
                Table.number(run.violationPercent(), 2),
                Table.number(run.functionPercent(), 1),
                Table.number(Math.round(run.p50Ms())),
                Table.number(Math.round(run.p95Ms())),
                Table.number(Math.round(run.p98Ms())),
                Table.number(Math.round(run.p99Ms())));
    }

    private static String runs(List<Reproduction.Measured> runs) {
        if (runs.isEmpty()) {
            return "";
        }
        Table table = new Table(2, HEAD);
        runs.forEach(run -> table.row(cells(run)));
        return table + "\n";
    }

    private static String markdownRuns(List<Reproduction.Measured> runs) {
        if (runs.isEmpty()) {
            return "";
        }
        StringBuilder text = new StringBuilder("| " + String.join(" | ", HEAD) + " |\n|" + " --- |".repeat(2)
                + " ---: |".repeat(HEAD.size() - 2) + "\n");
        runs.forEach(
                run -> text.append("| ").append(String.join(" | ", cells(run))).append(" |\n"));
        return text + "\n";
    }

    private static String tables(List<Reproduction.Sheet> sheets) {
        StringBuilder text = new StringBuilder();
        for (Reproduction.Sheet sheet : sheets) {
            int names = 0;
            while (names < sheet.columns().size() && !sheet.numbers(names)) {
                names++;
            }
            boolean words = sheet.columns().getLast().equals(Reproduction.Sheet.WHY);
            int columns = sheet.columns().size() - (words ? 1 : 0);
            Table table = new Table(
                    names,
                    sheet.columns().subList(0, columns),
                    words ? sheet.columns().getLast() : "");
            sheet.rows().forEach(row -> table.row(row.subList(0, columns), words ? row.getLast() : ""));
            text.append(sheet.title()).append('\n').append(table).append('\n');
        }
        return text.toString();
    }

    private static String markdownTables(List<Reproduction.Sheet> sheets) {
        StringBuilder text = new StringBuilder();
        for (Reproduction.Sheet sheet : sheets) {
            text.append(sheet.title())
                    .append("\n\n| ")
                    .append(String.join(" | ", sheet.columns()))
                    .append(" |\n|");
            for (int i = 0; i < sheet.columns().size(); i++) {
                text.append(sheet.numbers(i) ? " ---: |" : " --- |");
            }
            text.append('\n');
            sheet.rows()
                    .forEach(row ->
                            text.append("| ").append(String.join(" | ", row)).append(" |\n"));
            text.append('\n');
        }
        return text.toString();
    }

    private static String text(List<Claim> claims) {
        StringBuilder text = new StringBuilder();
        String last = "";
        for (Claim claim : claims) {
            if (!claim.setting().equals(last)) {
                text.append(last.isEmpty() ? "" : "\n").append(claim.setting()).append('\n');
                last = claim.setting();
            }
            text.append(String.format(
                    Locale.ROOT,
                    "  %-13s  %s%n                 %s%n",
                    claim.verdict().words(),
                    claim.published(),
                    claim.measured()));
        }
        return text + "\n" + summary(claims) + "\n";
    }

    private static String summary(List<Claim> claims) {
        return count(claims, Claim.Verdict.HOLDS) + " hold, " + count(claims, Claim.Verdict.PARTLY) + " hold partly, "
                + count(claims, Claim.Verdict.FAILS) + " do not hold";
    }

    private static long count(List<Claim> claims, Claim.Verdict verdict) {
        return claims.stream().filter(claim -> claim.verdict() == verdict).count();
    }

    private static String markdown(List<Claim> claims) {
        StringBuilder text =
                new StringBuilder("| published | setting | measured | verdict |\n| --- | --- | --- | --- |\n");
        for (Claim claim : claims) {
            text.append(String.format(
                    Locale.ROOT,
                    "| %s | %s | %s | %s |%n",
                    claim.published(),
                    claim.setting(),
                    claim.measured(),
                    claim.verdict().words()));
        }
        return text.toString();
    }
}
