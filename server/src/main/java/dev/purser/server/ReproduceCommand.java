package dev.purser.server;

import com.google.common.collect.ImmutableList;
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
            "Replays the experiments of a paper in the simulator and prints each published relation, what was measured,"
                    + " and whether it holds. A claim is judged under several settings where the paper leaves open what"
                    + " decides it.",
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  purser reproduce paragon",
            "  purser reproduce paragon --trace wits=wits_1s.csv.gz --trace wiki=wiki.csv.gz",
        })
final class ReproduceCommand implements Runnable {
    private static final String PARAGON = "paragon";

    /** The four traces of the paper, and what stands for each where no file is given. */
    private static final ImmutableMap<String, String> TRACES = ImmutableMap.of(
            "wits", "wits-like", "berkeley", "berkeley-like", "twitter", "twitter-like", "wiki", "wiki-like");

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

    @Parameters(paramLabel = "PAPER", description = "Which paper: paragon.")
    private String paper = "";

    @Option(
            names = "--trace",
            paramLabel = "NAME=TRACE",
            description = {
                "What stands for one of the paper's traces wits, berkeley, twitter and wiki: a file, a built-in trace or a"
                        + " generator.",
                "Default: the built-in traces shaped like them. Example: --trace wits=wits_1s.csv.gz"
            })
    private Map<String, String> given = new LinkedHashMap<>();

    @Option(
            names = "--scale-to-mean",
            paramLabel = "RPS",
            description = {
                "Mean requests per second that each sample is scaled to.",
                "Default: 100. Example: --scale-to-mean 300"
            })
    private double meanRate = 100;

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
    record Claims(String purser, String paper, List<Claim> claims) {}

    @Override
    public void run() {
        if (spec == null) {
            throw new IllegalStateException("not run by picocli");
        }
        if (!paper.equals(PARAGON)) {
            throw new InputException(
                    "reproduce",
                    "",
                    "there is no paper '" + paper + "'",
                    Names.suggest("paper", List.of(PARAGON), paper));
        }
        int atATime = threads.count();
        ParagonReproduction reproduction = new ParagonReproduction(registry.get(), traces(), meanRate);
        ImmutableList<Claim> claims;
        try (Progress progress = new Progress(spec.commandLine().getErr(), terminal, reproduction.size());
                RunPool pool = new RunPool(atATime, progress)) {
            claims = reproduction.run(pool);
        }
        PrintWriter out = spec.commandLine().getOut();
        switch (format) {
            case JSON -> out.print(Json.write(new Claims(Version.number(), PARAGON, claims)));
            case MARKDOWN -> out.print(markdown(claims));
            case TABLE -> out.print(text(claims));
        }
        out.flush();
    }

    private ImmutableMap<String, ArrivalTrace> traces() {
        for (String name : given.keySet()) {
            if (!TRACES.containsKey(name)) {
                throw new InputException(
                        "--trace",
                        "",
                        "the paper has no trace '" + name + "'",
                        Names.suggest("trace", TRACES.keySet(), name));
            }
        }
        ImmutableMap.Builder<String, ArrivalTrace> traces = ImmutableMap.builder();
        TRACES.forEach((name, builtIn) -> traces.put(name, Traces.of(given.getOrDefault(name, builtIn))));
        return traces.buildOrThrow();
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
