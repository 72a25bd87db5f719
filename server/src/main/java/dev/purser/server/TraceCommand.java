package dev.purser.server;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.purser.core.json.Durations;
import dev.purser.core.json.Json;
import dev.purser.core.trace.TraceStatistics;
import dev.purser.core.trace.TraceStatistics.Bins;
import dev.purser.core.trace.Traces;
import dev.purser.server.TraceArguments.NamedTrace;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Looks at arrival traces and makes them. */
@Command(
        name = "trace",
        mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "COMMAND",
        description = "Says what an arrival trace is like, and makes trace files.")
final class TraceCommand implements Runnable {
    @Spec
    private @Nullable CommandSpec spec;

    private CommandLine commandLine() {
        if (spec == null) {
            throw new IllegalStateException("not run by picocli");
        }
        return spec.commandLine();
    }

    @Override
    public void run() {
        throw new ParameterException(commandLine(), "trace needs a command: describe or generate");
    }

    /** What {@code describe} prints of a trace. */
    record Description(String name, double seconds, long requests, double meanRps, List<Bin> bins) {
        static Description of(String name, TraceStatistics statistics) {
            double seconds = statistics.duration().toNanos() / 1e9;
            return new Description(
                    name,
                    seconds,
                    statistics.requests(),
                    statistics.requests() / seconds,
                    statistics.bins().stream().map(Bin::of).toList());
        }
    }

    /** One bin size; counts are requests per bin, a ratio without a divisor is null. */
    record Bin(
            Duration size,
            long number,
            double mean,
            double median,
            long peak,

            @JsonInclude(JsonInclude.Include.ALWAYS) @Nullable
            Double peakToMedian,

            @JsonInclude(JsonInclude.Include.ALWAYS) @Nullable
            Double dispersion) {
        static Bin of(Bins bins) {
            return new Bin(
                    bins.size(),
                    bins.number(),
                    bins.mean(),
                    bins.median(),
                    bins.peak(),
                    finite(bins.peakToMedian()),
                    finite(bins.indexOfDispersion()));
        }

        private static @Nullable Double finite(double value) {
            return Double.isFinite(value) ? value : null;
        }
    }

    @Command(
            name = "describe",
            mixinStandardHelpOptions = true,
            sortOptions = false,
            header = "Shows how much arrives, and how unevenly.",
            description = {
                "Shows how long a trace is, how much arrives, and how unevenly: the median, the peak, the peak over the"
                        + " median, and the index of dispersion (variance over mean: 1 for a Poisson process of constant"
                        + " rate) of the counts in bins of 1 s, 10 s and 1 min."
            },
            footerHeading = "%nExamples:%n",
            footer = {
                "  purser trace describe wits-like twitter-like",
                "  purser trace describe mine.csv.gz --format json",
                "  purser trace describe mmpp:rates=40/255,sojourn=60s/20s,duration=1h --seed 7",
            })
    int describe(
            @Parameters(
                            paramLabel = "TRACE",
                            arity = "1..*",
                            description = "Files, built-in traces or generator expressions. Example: wits-like")
                    List<String> traces,
            @Mixin TraceReadOptions reading,
            @Option(
                            names = "--seed",
                            paramLabel = "N",
                            defaultValue = "1",
                            description = "For traces that are drawn. Default: 1. Example: --seed 7")
                    long seed,
            @Option(
                            names = "--format",
                            paramLabel = "table|json",
                            defaultValue = "table",
                            description = "What to print. Default: table. Example: --format json")
                    OutputFormat format) {
        List<Description> descriptions = TraceArguments.load(traces, reading.options(), null).stream()
                .map(trace -> describe(trace, seed))
                .toList();
        commandLine().getOut().print(format == OutputFormat.JSON ? Json.write(descriptions) : table(descriptions));
        return 0;
    }

    private static Description describe(NamedTrace trace, long seed) {
        return Description.of(trace.name(), TraceStatistics.of(trace.arrivals(), seed));
    }

    private static Table table(List<Description> descriptions) {
        Table table = new Table(
                1,
                List.of(
                        "trace",
                        "length",
                        "requests",
                        "mean rps",
                        "bin",
                        "median",
                        "peak",
                        "peak/median",
                        "dispersion"));
        for (Description trace : descriptions) {
            boolean first = true;
            for (Bin bin : trace.bins()) {
                table.row(List.of(
                        first ? trace.name() : "",
                        first ? Table.time((long) (trace.seconds() * 1e9)).replaceFirst("\\.000$", "") : "",
                        first ? Table.number(trace.requests()) : "",
                        first ? Table.number(trace.meanRps(), 2) : "",
                        Durations.format(bin.size()),
                        Table.number(bin.median(), 1),
                        Table.number(bin.peak()),
                        bin.peakToMedian() == null ? "-" : Table.number(bin.peakToMedian(), 2),
                        bin.dispersion() == null ? "-" : Table.number(bin.dispersion(), 2)));
                first = false;
            }
        }
        return table;
    }

    @Command(
            name = "generate",
            mixinStandardHelpOptions = true,
            sortOptions = false,
            header = "Writes a trace file.",
            description = {
                "Writes a generated trace (or any other) as a file of counts, with the header 'second,requests', that"
                        + " every command reads back.",
                "Generators: constant, diurnal, flash-crowd, mmpp and more; a wrong one is answered with what is right."
            },
            footerHeading = "%nExamples:%n",
            footer = {
                "  purser trace generate diurnal:mean=100,amplitude=0.3,duration=24h --out day.csv.gz --step 1m",
                "  purser trace generate flash-crowd:base=50,factor=10,start=20m,ramp=30s,decay=5m,duration=1h --out"
                        + " crowd.csv",
            })
    int generate(
            @Parameters(
                            paramLabel = "EXPRESSION|TRACE",
                            description = "A generator expression, a built-in trace or a file. Example:"
                                    + " constant:rate=100,duration=10m")
                    String trace,
            @Option(
                            names = "--out",
                            paramLabel = "FILE",
                            required = true,
                            description = "The file to write, gzipped where its name ends in .gz; must be given (no"
                                    + " default). Example: --out day.csv.gz")
                    Path out,
            @Option(
                            names = "--step",
                            paramLabel = "TIME",
                            defaultValue = "1s",
                            description = "The time that each count stands for. Default: 1s. Example: --step 1m")
                    Duration step,
            @Option(
                            names = "--seed",
                            paramLabel = "N",
                            defaultValue = "1",
                            description = "What is drawn. Default: 1. Example: --seed 7")
                    long seed) {
        Traces.of(trace).writeCounts(out, step, seed);
        return 0;
    }
}
