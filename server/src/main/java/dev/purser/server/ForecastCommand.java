package dev.purser.server;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.common.base.Splitter;
import com.google.common.base.Stopwatch;
import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ImmutableSortedSet;
import dev.purser.core.InputException;
import dev.purser.core.Names;
import dev.purser.core.json.Durations;
import dev.purser.core.json.Json;
import dev.purser.core.policy.Stateful;
import dev.purser.predictors.RollingOrigin;
import dev.purser.server.Forecasting.GapScore;
import dev.purser.server.Forecasting.Judged;
import dev.purser.server.Forecasting.JudgedGaps;
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
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
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
            "Inter-arrival predictors are judged on the gaps between windows with requests: give sparse traces, such as one"
                    + " function's (--function), or short windows. 'last-gap' is then among them.",
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

    static final String PERSISTENCE = "last-value";
    static final String GAP_PERSISTENCE = "last-gap";

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

    /** The setting that says in what windows gaps are counted. */
    private static final String INTERVAL = "interval";

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
                "Which: load or inter-arrival predictors by name, 'all' for all load predictors, or .json files of names with a predictor each"
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
     * @param gaps of inter-arrival predictors
     */
    record Results(
            String purser,
            Duration bin,
            double train,
            long seed,
            List<Score> results,
            List<Score> steps,
            List<GapScore> gaps) {}

    /** What is judged: load predictors and inter-arrival predictors, by the names that results call them. */
    private record Chosen(Map<String, PolicySpec> load, Map<String, PolicySpec> gaps) {}

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
        Chosen chosen = predictors(policies);
        List<NamedTrace> named = TraceArguments.load(traces, reading.options(), null);
        ImmutableList<Integer> steps = steps();
        Forecasting forecasting =
                new Forecasting(policies, chosen.load(), chosen.gaps(), named, bin, steps, train, seed);
        Path target = out == null && format == Format.TABLE ? Path.of(DIRECTORY) : out;
        ResultDirectory directory = target == null ? null : new ResultDirectory(target);
        if (directory != null) {
            directory.check(List.of(RESULT, PAGE));
        }
        Stopwatch watch = Stopwatch.createStarted();
        ImmutableList<Judged> judged;
        ImmutableList<JudgedGaps> judgedGaps;
        try (Progress progress = new Progress(err, terminal, forecasting.size());
                RunPool pool = new RunPool(atATime, progress)) {
            judged = forecasting.run(pool);
            judgedGaps = forecasting.runGaps(pool);
        }
        ImmutableList<Score> scores = forecasting.scores(judged);
        ImmutableList<GapScore> gaps = judgedGaps.stream().map(GapScore::of).collect(ImmutableList.toImmutableList());
        Results results = new Results(Version.number(), bin, train, seed, scores, forecasting.steps(judged), gaps);
        if (directory != null) {
            Map<String, String> files = new LinkedHashMap<>();
            files.put(RESULT, Json.write(results));
            files.put(PAGE, page(forecasting, judged, named, scores).render());
            judged.forEach(each -> keep(files, each.trace(), each.predictor(), each.result(), each.model()));
            judgedGaps.forEach(each -> keep(files, each.trace(), each.predictor(), each.result(), each.model()));
            directory.write(files);
        }
        ForecastTables tables = new ForecastTables(bin);
        printed.print(
                switch (format) {
                    case JSON -> Json.write(results);
                    case MARKDOWN -> tables.markdown(scores, gaps);
                    case TABLE -> tables.text(scores, gaps);
                });
        printed.flush();
        judged.forEach(each -> sayUntrained(err, each.predictor(), each.trace(), each.result()));
        judgedGaps.forEach(each -> sayUntrained(err, each.predictor(), each.trace(), each.result()));
        if (terminal) {
            err.println(forecasting.size() + " evaluations in " + watch);
        }
        if (target != null) {
            err.println("page: " + target.resolve(PAGE));
        }
    }

    /** Puts what was learned among the files. */
    private static void keep(
            Map<String, String> files,
            String trace,
            String predictor,
            RollingOrigin.Result result,
            Optional<Stateful> model) {
        if (result.untrained().isEmpty()) {
            model.ifPresent(learned ->
                    files.put(fileName(trace) + "." + fileName(predictor) + ".model.json", Forecasting.model(learned)));
        }
    }

    private static void sayUntrained(PrintWriter err, String predictor, String trace, RollingOrigin.Result result) {
        result.untrained()
                .ifPresent(why -> err.println("purser: " + predictor + " was not trained on " + trace + ": " + why));
    }

    private static String fileName(String name) {
        return name.replaceAll("[^\\w.-]+", "_");
    }

    /** The predictors named, persistence first. */
    private Chosen predictors(PolicyRegistry policies) {
        List<String> names = new ArrayList<>();
        predictors.forEach(p ->
                names.addAll(Splitter.on(',').trimResults().omitEmptyStrings().splitToList(p)));
        if (names.isEmpty()) {
            names.addAll(DEFAULT);
        }
        List<String> load = policies.factories(PolicyKind.LOAD_PREDICTOR).stream()
                .map(PolicyFactory::name)
                .toList();
        Map<String, Class<?>> gaps = new LinkedHashMap<>();
        policies.factories(PolicyKind.INTER_ARRIVAL_PREDICTOR)
                .forEach(factory -> gaps.put(factory.name(), factory.settingsType()));
        if (names.remove("all")) {
            names.removeAll(load);
            names.addAll(0, load);
        }
        Chosen chosen = new Chosen(new LinkedHashMap<>(), new LinkedHashMap<>());
        chosen.load().put(PERSISTENCE, PolicySpec.of(PERSISTENCE));
        names.remove(PERSISTENCE);
        names.remove(GAP_PERSISTENCE); // comes by itself with another
        for (String name : names) {
            if (name.endsWith(".json")) {
                Json.read(Path.of(name), JsonNode.class)
                        .properties()
                        .forEach(entry ->
                                add(chosen, gaps, entry.getKey(), Json.read(name, entry.getValue(), PolicySpec.class)));
            } else if (load.contains(name) || gaps.containsKey(name)) {
                add(chosen, gaps, name, PolicySpec.of(name));
            } else {
                List<String> known = new ArrayList<>(load);
                known.addAll(gaps.keySet());
                throw new InputException(
                        "--predictors",
                        "",
                        "there is no load predictor or inter-arrival predictor '" + name + "'",
                        Names.suggest("predictor", known, name));
            }
        }
        // settings that are wrong are said before anything is computed
        chosen.load().forEach((name, spec) -> policies.loadPredictor("predictor '" + name + "'", spec, seed));
        chosen.gaps().forEach((name, spec) -> policies.interArrivalPredictor("predictor '" + name + "'", spec, seed));
        return chosen;
    }

    private void add(Chosen chosen, Map<String, Class<?>> gaps, String name, PolicySpec predictor) {
        Class<?> settings = gaps.get(predictor.policy());
        if (settings != null) {
            chosen.gaps().putIfAbsent(GAP_PERSISTENCE, PolicySpec.of(GAP_PERSISTENCE));
        }
        PolicySpec before = settings == null
                ? chosen.load().putIfAbsent(name, predictor)
                : chosen.gaps().putIfAbsent(name, inWindows(settings, predictor));
        if (before != null) {
            throw new InputException(
                    "--predictors",
                    "",
                    "two predictors are called '" + name + "', so results could not tell them apart",
                    "give each once, or another name in the file");
        }
    }

    /** A predictor that counts gaps in windows of a length has ours, unless it was given one. */
    private PolicySpec inWindows(Class<?> settings, PolicySpec predictor) {
        boolean counts = Arrays.stream(settings.getRecordComponents())
                .anyMatch(component -> component.getName().equals(INTERVAL));
        if (!counts || predictor.settings().has(INTERVAL)) {
            return predictor;
        }
        return new PolicySpec(
                predictor.policy(), predictor.settings().deepCopy().put(INTERVAL, Durations.format(bin)));
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

    private ForecastPage page(
            Forecasting forecasting, List<Judged> judged, List<NamedTrace> named, List<Score> scores) {
        Map<Score, Double> persistence = ForecastTables.persistence(scores);
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
                            double ratio = ForecastTables.ratio(score, persistence);
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
