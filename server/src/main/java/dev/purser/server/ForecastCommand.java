package dev.purser.server;

import com.google.common.base.Splitter;
import com.google.common.base.Stopwatch;
import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ImmutableSortedSet;
import dev.purser.core.InputException;
import dev.purser.core.Names;
import dev.purser.core.json.Durations;
import dev.purser.core.json.Json;
import dev.purser.server.Forecasting.Judged;
import dev.purser.server.Forecasting.Score;
import dev.purser.server.TraceArguments.NamedTrace;
import dev.purser.server.report.ForecastPage;
import dev.purser.spi.PolicyFactory;
import dev.purser.spi.PolicyKind;
import dev.purser.spi.PolicyRegistry;
import dev.purser.spi.PolicySpec;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Ranks load predictors on arrival traces. */
@Command(
        name = "forecast",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        header = "Shows how well each load predictor forecasts arrival traces, and how sure it is.",
        description = {
            "Judges load predictors by rolling-origin evaluation: each is trained on the first part of a trace and fed with"
                    + " it; then, before each further window, it forecasts those to come from what came before, and is held"
                    + " against what comes. 'last-value' (persistence) is always among them.",
            "A predictor that learns is trained with PyTorch; where that is absent its shipped model is judged.",
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  purser forecast",
            "  purser forecast --trace mine.csv.gz --bin 1m --horizon 1m,6m,50m --predictors all",
            "  purser forecast --trace twitter-like --bin 10s --horizon 12 --predictors ensemble,arima,mine.json",
        })
final class ForecastCommand implements Runnable {
    /** Further ahead no predictor says how sure it is. */
    private static final int FARTHEST = 256;

    private static final String PERSISTENCE = "last-value";

    /** Those that are judged where none are named: all that need no training. */
    private static final List<String> DEFAULT = List.of(
            PERSISTENCE,
            "moving-average",
            "ewma",
            "linear-regression",
            "sticky-maximum",
            "holt-winters",
            "seasonal-naive",
            "arima",
            "fourier",
            "ensemble");

    private static final String DIRECTORY = "purser-forecast";
    private static final String RESULT = "forecast.json";
    private static final String PAGE = "forecast.html";

    private final Supplier<PolicyRegistry> registry;
    private final boolean terminal;

    @Spec
    private @Nullable CommandSpec spec;

    @Option(
            names = "--trace",
            paramLabel = "TRACE",
            description = {
                "What arrived: a file (counts or requests, .csv or .csv.gz), a built-in trace, or a generator expression."
                        + " May be given several times, or as a list with commas.",
                "Default: the built-in traces, whole. Example: --trace wits-like,mine.csv"
            })
    private List<String> traces = List.of();

    @Mixin
    private TraceReadOptions reading = new TraceReadOptions();

    @Option(
            names = "--bin",
            paramLabel = "TIME",
            defaultValue = "1m",
            description = "The length of a window. Default: 1m. Example: --bin 10s")
    private Duration bin = Duration.ofMinutes(1);

    @Option(
            names = "--horizon",
            paramLabel = "TIMES|STEPS",
            description = {
                "How far ahead: times, or numbers of windows, as a list with commas. One is judged at each.",
                "Default: 6, the sixth window from now. Example: --horizon 1m,6m,50m"
            })
    private List<String> horizons = List.of("6");

    @Option(
            names = "--predictors",
            paramLabel = "PREDICTOR",
            description = {
                "Which: load predictors by name, 'all', or .json files of names with a predictor each"
                        + " ({\"slow\": {\"policy\": \"ewma\", \"alpha\": 0.05}}), as a list with commas.",
                "Default: all that need no training. Example: --predictors ensemble,mark-lstm"
            })
    private List<String> predictors = List.of();

    @Option(
            names = "--train",
            paramLabel = "SHARE",
            defaultValue = "0.5",
            description = {
                "The share of each trace that predictors learn from before they are judged on the rest.",
                "Default: 0.5. Example: --train 0.7"
            })
    private double train = 0.5;

    @Option(
            names = "--seed",
            paramLabel = "N",
            defaultValue = "1",
            description = "For what is drawn: generated traces, training. Default: 1. Example: --seed 7")
    private long seed = 1;

    @Mixin
    private ThreadOption threads = new ThreadOption();

    @Option(
            names = "--out",
            paramLabel = "DIR",
            description = {
                "Write forecast.json, forecast.html and the models that were trained (TRACE.PREDICTOR.model.json) into this"
                        + " directory; files of those names are replaced.",
                "Default: purser-forecast; with --format json or markdown nothing is written. Example: --out result"
            })
    private @Nullable Path out;

    /** What is printed. */
    enum Format {
        TABLE,
        JSON,
        MARKDOWN
    }

    @Option(
            names = "--format",
            paramLabel = "table|json|markdown",
            description = {"What to print.", "Default: table. Example: --format markdown"})
    private Format format = Format.TABLE;

    ForecastCommand(Supplier<PolicyRegistry> registry, boolean terminal) {
        this.registry = registry;
        this.terminal = terminal;
    }

    /**
     * {@code forecast.json}.
     *
     * @param purser the version
     * @param bin the length of a window
     * @param train the share of each trace that was learned from
     * @param seed what was drawn
     * @param results at the horizons asked for
     * @param steps at every step up to the farthest
     */
    record Results(String purser, Duration bin, double train, long seed, List<Score> results, List<Score> steps) {}

    @Override
    public void run() {
        if (spec == null) {
            throw new IllegalStateException("not run by picocli");
        }
        PrintWriter printed = spec.commandLine().getOut();
        PrintWriter err = spec.commandLine().getErr();
        int atATime = threads.count();
        if (bin.isZero()) {
            throw new InputException("--bin", "", "is 0s, but a window has a length", "1m is a start");
        }
        if (!(train > 0 && train < 1)) {
            throw new InputException("--train", "", "is " + train + ", but it must lie between 0 and 1", "");
        }
        PolicyRegistry policies = registry.get();
        Map<String, PolicySpec> chosen = predictors(policies);
        List<NamedTrace> named = TraceArguments.load(traces, reading.options(), null);
        ImmutableList<Integer> steps = steps();
        Forecasting forecasting = new Forecasting(policies, chosen, named, bin, steps, train, seed);
        Path target = out == null && format == Format.TABLE ? Path.of(DIRECTORY) : out;
        ResultDirectory directory = target == null ? null : new ResultDirectory(target);
        if (directory != null) {
            directory.check(List.of(RESULT, PAGE));
        }
        Stopwatch watch = Stopwatch.createStarted();
        ImmutableList<Judged> judged;
        try (Progress progress = new Progress(err, terminal, forecasting.size());
                RunPool pool = new RunPool(atATime, progress)) {
            judged = forecasting.run(pool);
        }
        ImmutableList<Score> scores = forecasting.scores(judged);
        Results results = new Results(Version.number(), bin, train, seed, scores, forecasting.steps(judged));
        if (directory != null) {
            Map<String, String> files = new LinkedHashMap<>();
            files.put(RESULT, Json.write(results));
            files.put(PAGE, page(forecasting, judged, named, scores).render());
            for (Judged each : judged) {
                if (each.result().untrained().isEmpty()) {
                    each.model()
                            .ifPresent(learned -> files.put(
                                    fileName(each.trace()) + "." + fileName(each.predictor()) + ".model.json",
                                    Forecasting.model(learned)));
                }
            }
            directory.write(files);
        }
        printed.print(
                switch (format) {
                    case JSON -> Json.write(results);
                    case MARKDOWN -> markdown(scores);
                    case TABLE -> table(scores);
                });
        printed.flush();
        for (Judged each : judged) {
            each.result()
                    .untrained()
                    .ifPresent(why -> err.println(
                            "purser: " + each.predictor() + " was not trained on " + each.trace() + ": " + why));
        }
        if (terminal) {
            err.println(judged.size() + " evaluations in " + watch);
        }
        if (target != null) {
            err.println("page: " + target.resolve(PAGE));
        }
    }

    private static String fileName(String name) {
        return name.replaceAll("[^\\w.-]+", "_");
    }

    /** The predictors named, persistence first. */
    private Map<String, PolicySpec> predictors(PolicyRegistry policies) {
        List<String> names = new ArrayList<>();
        predictors.forEach(p ->
                names.addAll(Splitter.on(',').trimResults().omitEmptyStrings().splitToList(p)));
        if (names.isEmpty()) {
            names.addAll(DEFAULT);
        }
        List<String> known = policies.factories(PolicyKind.LOAD_PREDICTOR).stream()
                .map(PolicyFactory::name)
                .toList();
        if (names.remove("all")) {
            names.removeAll(known);
            names.addAll(0, known);
        }
        Map<String, PolicySpec> chosen = new LinkedHashMap<>();
        chosen.put(PERSISTENCE, PolicySpec.of(PERSISTENCE));
        names.remove(PERSISTENCE);
        for (String name : names) {
            if (name.endsWith(".json")) {
                Json.read(Path.of(name), com.fasterxml.jackson.databind.JsonNode.class)
                        .properties()
                        .forEach(entry ->
                                add(chosen, entry.getKey(), Json.read(name, entry.getValue(), PolicySpec.class)));
            } else if (known.contains(name)) {
                add(chosen, name, PolicySpec.of(name));
            } else {
                throw new InputException(
                        "--predictors",
                        "",
                        "there is no load predictor '" + name + "'",
                        Names.suggest("load predictor", known, name));
            }
        }
        // settings that are wrong are said before anything is computed
        chosen.forEach((name, predictor) -> policies.loadPredictor("predictor '" + name + "'", predictor, seed));
        return chosen;
    }

    private static void add(Map<String, PolicySpec> chosen, String name, PolicySpec predictor) {
        if (chosen.putIfAbsent(name, predictor) != null) {
            throw new InputException(
                    "--predictors",
                    "",
                    "two predictors are called '" + name + "', so results could not tell them apart",
                    "give each once, or another name in the file");
        }
    }

    /** The horizons in windows, rising. */
    private ImmutableList<Integer> steps() {
        ImmutableSortedSet.Builder<Integer> steps = ImmutableSortedSet.naturalOrder();
        for (String value : horizons) {
            for (String piece :
                    Splitter.on(',').trimResults().omitEmptyStrings().split(value)) {
                steps.add(step(piece));
            }
        }
        ImmutableList<Integer> sorted = steps.build().asList();
        if (sorted.isEmpty()) {
            throw new InputException("--horizon", "", "is empty", "6 is the sixth window from now");
        }
        return sorted;
    }

    private int step(String piece) {
        long windows;
        if (piece.matches("\\d{1,9}")) {
            windows = Long.parseLong(piece);
        } else {
            Duration time = RunOptions.duration(piece);
            windows = time.dividedBy(bin);
            if (!bin.multipliedBy(windows).equals(time)) {
                throw new InputException(
                        "--horizon",
                        "",
                        piece + " is no whole number of windows of " + Durations.format(bin),
                        "choose another --bin");
            }
        }
        if (windows < 1 || windows > FARTHEST) {
            throw new InputException(
                    "--horizon",
                    "",
                    piece + " is " + windows + " windows, but it must be between 1 and " + FARTHEST,
                    "choose another --bin");
        }
        return (int) windows;
    }

    private String ahead(int steps) {
        return Durations.format(bin.multipliedBy(steps));
    }

    /** For each result the root mean squared error of persistence at the same place. */
    private static Map<Score, Double> persistence(List<Score> scores) {
        Map<String, Double> found = new LinkedHashMap<>();
        scores.stream()
                .filter(score -> score.predictor().equals(PERSISTENCE))
                .forEach(score -> found.put(score.horizonSteps() + " " + score.trace(), score.rmse()));
        Map<Score, Double> result = new LinkedHashMap<>();
        scores.forEach(score -> result.put(score, found.getOrDefault(score.horizonSteps() + " " + score.trace(), 0.0)));
        return result;
    }

    private static double ratio(Score score, Map<Score, Double> persistence) {
        double base = persistence.getOrDefault(score, 0.0);
        return base == 0 ? Double.NaN : score.rmse() / base;
    }

    private String table(List<Score> scores) {
        Map<Score, Double> persistence = persistence(scores);
        Table table = new Table(
                2,
                List.of(
                        "predictor",
                        "trace",
                        "ahead",
                        "RMSE",
                        "persistence %",
                        "MAE",
                        "sMAPE %",
                        "under %",
                        "over %",
                        "pinball",
                        "in 90 %",
                        "train s",
                        "us"));
        Map<String, List<Score>> groups = new LinkedHashMap<>();
        scores.forEach(
                score -> groups.computeIfAbsent(score.trace() + " " + score.horizonSteps(), key -> new ArrayList<>())
                        .add(score));
        boolean first = true;
        for (List<Score> group : groups.values()) {
            if (!first) {
                table.gap();
            }
            first = false;
            group.stream().sorted(Comparator.comparingDouble(Score::rmse)).forEach(score -> {
                double ratio = ratio(score, persistence);
                table.row(List.of(
                        score.predictor(),
                        score.trace(),
                        ahead(score.horizonSteps()),
                        Table.number(score.rmse(), score.rmse() < 100 ? 2 : 0),
                        Double.isNaN(ratio) ? "-" : String.format(Locale.ROOT, "%+.1f", 100 * (ratio - 1)),
                        Table.number(score.mae(), score.mae() < 100 ? 2 : 0),
                        Table.number(100 * score.smape(), 1),
                        Table.number(100 * score.underShare(), 1),
                        Table.number(100 * score.overShare(), 1),
                        score.pinball() == null ? "-" : Table.number(score.pinball(), score.pinball() < 100 ? 2 : 0),
                        score.coverage90() == null ? "-" : Table.number(100 * score.coverage90(), 1),
                        Table.number(score.trainSeconds(), 1),
                        Table.number(score.microsPerForecast(), 1)));
            });
        }
        return table
                + "\npersistence %: RMSE over that of last-value, less one; in 90 %: what came within the 90 % interval;\n"
                + "us: microseconds of processor time for a forecast and the count that follows it\n";
    }

    /** Tables of predictors by traces, as {@code docs/forecasts.md} has them. */
    private String markdown(List<Score> scores) {
        Map<Score, Double> persistence = persistence(scores);
        List<String> names = scores.stream().map(Score::predictor).distinct().toList();
        List<String> columns = scores.stream().map(Score::trace).distinct().toList();
        StringBuilder text = new StringBuilder();
        for (int steps : scores.stream().map(Score::horizonSteps).distinct().toList()) {
            text.append("### ").append(ahead(steps)).append(" ahead\n\n");
            text.append(
                    "RMSE over that of persistence, less one, in per cent; persistence: RMSE in requests per window.\n\n");
            grid(
                    text,
                    names,
                    columns,
                    scores,
                    steps,
                    score -> score.predictor().equals(PERSISTENCE)
                            ? Table.number(score.rmse(), 0)
                            : String.format(Locale.ROOT, "%+.1f", 100 * (ratio(score, persistence) - 1)));
            text.append("Share within the 90 % interval, in per cent.\n\n");
            grid(text, names, columns, scores, steps, score -> {
                Double coverage = score.coverage90();
                return coverage == null ? "-" : Table.number(100 * coverage, 1);
            });
        }
        int farthest = scores.stream().mapToInt(Score::horizonSteps).max().orElse(1);
        text.append("### Time\n\nSeconds of training / microseconds for a forecast of ")
                .append(farthest)
                .append(" windows with its quantiles and the count that follows, of processor time.\n\n");
        grid(
                text,
                names,
                columns,
                scores,
                farthest,
                score -> (score.trainSeconds() == 0 ? "-" : Table.number(score.trainSeconds(), 1)) + " / "
                        + Table.number(score.microsPerForecast(), 0));
        return text.toString();
    }

    private static void grid(
            StringBuilder text,
            List<String> names,
            List<String> columns,
            List<Score> scores,
            int steps,
            Function<Score, String> cell) {
        text.append("| | ").append(String.join(" | ", columns)).append(" |\n");
        text.append("| --- |").append(" ---: |".repeat(columns.size())).append('\n');
        for (String name : names) {
            text.append("| ").append(name);
            for (String column : columns) {
                text.append(" | ")
                        .append(scores.stream()
                                .filter(score -> score.horizonSteps() == steps
                                        && score.predictor().equals(name)
                                        && score.trace().equals(column))
                                .map(cell)
                                .findFirst()
                                .orElse("-"));
            }
            text.append(" |\n");
        }
        text.append('\n');
    }

    private ForecastPage page(
            Forecasting forecasting, List<Judged> judged, List<NamedTrace> named, List<Score> scores) {
        Map<Score, Double> persistence = persistence(scores);
        Map<String, String> settings = ImmutableMap.of(
                "Traces",
                named.stream()
                        .map(trace -> trace.name() + " ("
                                + Durations.format(trace.arrivals().duration()) + ")")
                        .collect(Collectors.joining(", ")),
                "Window",
                Durations.format(bin),
                "History",
                "the first " + Math.round(100 * train) + " % of each trace",
                "Seed",
                Long.toString(seed));
        return new ForecastPage(
                "Load forecasts",
                Version.number(),
                settings,
                bin.toNanos() / 1e9,
                forecasting.shown(judged),
                scores.stream()
                        .map(score -> {
                            double ratio = ratio(score, persistence);
                            return new ForecastPage.Score(
                                    score.predictor(),
                                    score.trace(),
                                    score.horizonSteps(),
                                    score.rmse(),
                                    Double.isNaN(ratio) ? null : ratio - 1,
                                    score.mae(),
                                    score.smape(),
                                    score.underShare(),
                                    score.overShare(),
                                    score.pinball(),
                                    score.coverage90(),
                                    score.trainSeconds(),
                                    score.microsPerForecast());
                        })
                        .toList());
    }
}
