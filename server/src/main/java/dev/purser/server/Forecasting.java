package dev.purser.server;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.google.common.collect.ImmutableList;
import dev.purser.core.InputException;
import dev.purser.core.json.Durations;
import dev.purser.core.json.Json;
import dev.purser.core.policy.InterArrivalPredictor;
import dev.purser.core.policy.LoadPredictor;
import dev.purser.core.policy.StateExchange;
import dev.purser.core.policy.Stateful;
import dev.purser.core.policy.Trainable;
import dev.purser.core.trace.ArrivalTrace;
import dev.purser.predictors.RollingOrigin;
import dev.purser.predictors.StepErrors;
import dev.purser.server.TraceArguments.NamedTrace;
import dev.purser.server.report.ForecastPage;
import dev.purser.spi.PolicyRegistry;
import dev.purser.spi.PolicySpec;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Future;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/** Judges load predictors on traces, and keeps what the table, the JSON and the page show of it. */
final class Forecasting {
    /** Windows of a trace that the page shows: the last ones. */
    private static final int SHOWN = 600;

    /** Windows after which the compiler knows a predictor's ways, so that measured times are not its own. */
    private static final int WARM_UP = 1000;

    private final PolicyRegistry registry;
    private final Map<String, PolicySpec> predictors;
    private final Map<String, PolicySpec> gapPredictors;
    private final Duration bin;
    private final ImmutableList<Integer> horizons;
    private final double trainShare;
    private final long seed;
    private final ImmutableList<Series> series;
    private final Set<String> warm = ConcurrentHashMap.newKeySet();

    /**
     * @param predictors by the names that results call them
     * @param gapPredictors inter-arrival predictors, likewise
     * @param bin the length of a window
     * @param horizons how many windows ahead, rising
     * @param trainShare the share of each trace that is history
     * @param seed for traces and predictors that draw lots
     * @throws InputException if a trace cannot be cut so, or is too short
     */
    Forecasting(
            PolicyRegistry registry,
            Map<String, PolicySpec> predictors,
            Map<String, PolicySpec> gapPredictors,
            List<NamedTrace> traces,
            Duration bin,
            List<Integer> horizons,
            double trainShare,
            long seed) {
        this.registry = registry;
        this.predictors = predictors;
        this.gapPredictors = gapPredictors;
        this.bin = bin;
        this.horizons = ImmutableList.copyOf(horizons);
        this.trainShare = trainShare;
        this.seed = seed;
        series = traces.stream().map(this::series).collect(ImmutableList.toImmutableList());
    }

    /** The counts of a trace, of which the first are history. */
    @SuppressWarnings("ArrayRecordComponent") // never compared, never leaves the class
    private record Series(String name, double[] counts, int history) {}

    private Series series(NamedTrace trace) {
        ArrivalTrace arrivals = trace.arrivals();
        Duration resolution = arrivals.resolution().orElse(Duration.ZERO);
        if (bin.compareTo(resolution) < 0) {
            throw new InputException(
                    "--bin",
                    "",
                    Durations.format(bin) + " is finer than trace '" + trace.name() + "', which has counts of "
                            + Durations.format(resolution),
                    "take windows of " + Durations.format(resolution) + " or more");
        }
        long whole = arrivals.duration().dividedBy(bin);
        int farthest = horizons.getLast();
        // one for persistence to begin with, and one to judge the farthest step by
        if (whole * (1 - trainShare) < farthest + 1 || whole * trainShare < 1) {
            throw new InputException(
                    "--trace",
                    "",
                    "'" + trace.name() + "' has " + whole + " windows of " + Durations.format(bin)
                            + ", too few to learn from " + Math.round(100 * trainShare) + " % and be judged " + farthest
                            + " windows ahead on the rest",
                    "give a longer trace, shorter windows (--bin) or a nearer --horizon");
        }
        long[] counts = arrivals.counts(bin, seed); // a shorter window at the end is left out
        double[] numbers = Arrays.stream(counts).limit(whole).asDoubleStream().toArray();
        return new Series(trace.name(), numbers, (int) (whole * trainShare));
    }

    /** How many evaluations there are. */
    int size() {
        return series.size() * (predictors.size() + gapPredictors.size());
    }

    /**
     * One predictor on one trace.
     *
     * @param predictor its name
     * @param trace the trace's name
     * @param result how well it did
     * @param lines what it forecast for the windows that the page shows
     * @param model what it learned
     */
    record Judged(
            String predictor,
            String trace,
            RollingOrigin.Result result,
            List<ForecastPage.Line> lines,
            Optional<Stateful> model) {}

    /** Makes all evaluations: for each trace each predictor, in their order. */
    ImmutableList<Judged> run(RunPool pool) {
        List<Future<Judged>> pending = new ArrayList<>();
        for (Series each : series) {
            predictors.forEach((name, spec) -> pending.add(pool.submit(() -> judge(name, spec, each))));
        }
        return pending.stream().map(RunPool::await).collect(ImmutableList.toImmutableList());
    }

    /**
     * One inter-arrival predictor on one trace.
     *
     * @param predictor its name
     * @param trace the trace's name
     * @param result how well it did
     * @param model what it learned
     */
    record JudgedGaps(String predictor, String trace, RollingOrigin.Result result, Optional<Stateful> model) {}

    /**
     * Makes the evaluations of inter-arrival predictors: for each trace each predictor, in their order.
     *
     * @throws InputException if nothing arrives in the part of a trace that is judged
     */
    ImmutableList<JudgedGaps> runGaps(RunPool pool) {
        List<Future<JudgedGaps>> pending = new ArrayList<>();
        for (Series each : series) {
            gapPredictors.forEach((name, spec) -> pending.add(pool.submit(() -> judgeGaps(name, spec, each))));
        }
        return pending.stream().map(RunPool::await).collect(ImmutableList.toImmutableList());
    }

    private JudgedGaps judgeGaps(String name, PolicySpec spec, Series trace) {
        InterArrivalPredictor predictor = registry.interArrivalPredictor("--predictors", spec, seed);
        RollingOrigin.Result result =
                RollingOrigin.judge(predictor, trace.counts(), bin.toNanos() / 1e9, trace.history(), processorTime());
        if (result.steps().getFirst().pairs() == 0) {
            throw new InputException(
                    "--trace",
                    "",
                    "'" + trace.name() + "' has no two windows of " + Durations.format(bin)
                            + " with requests of which the last is in the part that is judged, so there is no gap to"
                            + " forecast",
                    "give a longer trace, or a greater part to judge (--train)");
        }
        return new JudgedGaps(name, trace.name(), result, learned(predictor));
    }

    private static Optional<Stateful> learned(Object predictor) {
        return predictor instanceof Trainable trainable ? trainable.learned() : Optional.empty();
    }

    private Judged judge(String name, PolicySpec spec, Series trace) {
        if (warm.add(name)) {
            warmUp(registry.loadPredictor("--predictors", spec, seed), trace);
        }
        LoadPredictor predictor = registry.loadPredictor("--predictors", spec, seed);
        int first = firstShown(trace);
        int shown = trace.counts().length - first;
        List<double[]> means = new ArrayList<>();
        List<double[]> lows = new ArrayList<>();
        List<double[]> highs = new ArrayList<>();
        for (int h = 0; h < horizons.size(); h++) {
            means.add(new double[shown]);
            lows.add(new double[shown]);
            highs.add(new double[shown]);
        }
        boolean[] known = new boolean[horizons.size()];
        Arrays.fill(known, true);
        RollingOrigin.Result result = RollingOrigin.judge(
                predictor, trace.counts(), trace.history(), horizons.getLast(), processorTime(), (from, forecast) -> {
                    for (int h = 0; h < horizons.size(); h++) {
                        int at = from + horizons.get(h) - 1 - first;
                        if (at >= 0 && at < shown) {
                            means.get(h)[at] = forecast.mean(horizons.get(h));
                            lows.get(h)[at] = forecast.quantile(horizons.get(h), 0.05);
                            highs.get(h)[at] = forecast.quantile(horizons.get(h), 0.95);
                            known[h] &= forecast.hasQuantiles();
                        }
                    }
                });
        List<ForecastPage.Line> lines = new ArrayList<>();
        for (int h = 0; h < horizons.size(); h++) {
            lines.add(new ForecastPage.Line(
                    name,
                    horizons.get(h),
                    boxed(means.get(h)),
                    known[h] ? boxed(lows.get(h)) : List.of(),
                    known[h] ? boxed(highs.get(h)) : List.of()));
        }
        return new Judged(name, trace.name(), result, lines, learned(predictor));
    }

    private void warmUp(LoadPredictor predictor, Series trace) {
        for (int i = 0; i < WARM_UP; i++) {
            predictor.forecast(horizons.getLast());
            predictor.observe(trace.counts()[i % trace.history()]);
        }
    }

    /** Windows before the farthest forecast's first are forecast by none. */
    private int firstShown(Series trace) {
        return Math.max(trace.history() + horizons.getLast() - 1, trace.counts().length - SHOWN);
    }

    private static List<Double> boxed(double[] values) {
        return Arrays.stream(values).boxed().toList();
    }

    /** Time that this thread has worked, so that what else the machine does is not measured. */
    private static LongSupplier processorTime() {
        ThreadMXBean threads = ManagementFactory.getThreadMXBean();
        return threads.isCurrentThreadCpuTimeSupported() ? threads::getCurrentThreadCpuTime : System::nanoTime;
    }

    /** A result, as in JSON; what nobody can say is null. */
    @JsonInclude(JsonInclude.Include.ALWAYS)
    record Score(
            String predictor,
            String trace,
            int horizonSteps,
            double rmse,
            double mae,
            double smape,
            double underShare,
            double overShare,
            @Nullable Double pinball,
            @Nullable Double coverage90,
            double trainSeconds,
            double microsPerForecast) {
        static Score of(Judged judged, int steps) {
            StepErrors errors = judged.result().steps().get(steps - 1);
            return new Score(
                    judged.predictor(),
                    judged.trace(),
                    steps,
                    errors.rmse(),
                    errors.mae(),
                    errors.smape(),
                    errors.underShare(),
                    errors.overShare(),
                    finite(errors.pinball()),
                    finite(errors.coverage90()),
                    judged.result().trainSeconds(),
                    judged.result().microsPerForecast());
        }
    }

    private static @Nullable Double finite(double value) {
        return Double.isFinite(value) ? value : null;
    }

    /**
     * A result of an inter-arrival predictor, as in JSON.
     *
     * @param gaps how many were judged
     * @param rmse in seconds, as is {@code mae}
     * @param inSpanShare share of gaps within the span that was forecast
     */
    record GapScore(
            String predictor,
            String trace,
            long gaps,
            double rmse,
            double mae,
            double smape,
            double underShare,
            double overShare,
            double inSpanShare,
            double trainSeconds,
            double microsPerForecast) {
        static GapScore of(JudgedGaps judged) {
            StepErrors errors = judged.result().steps().getFirst();
            return new GapScore(
                    judged.predictor(),
                    judged.trace(),
                    errors.pairs(),
                    errors.rmse(),
                    errors.mae(),
                    errors.smape(),
                    errors.underShare(),
                    errors.overShare(),
                    errors.coverage90(),
                    judged.result().trainSeconds(),
                    judged.result().microsPerForecast());
        }
    }

    /** The results at the horizons asked for. */
    ImmutableList<Score> scores(List<Judged> judged) {
        return judged.stream()
                .flatMap(each -> horizons.stream().map(steps -> Score.of(each, steps)))
                .collect(ImmutableList.toImmutableList());
    }

    /** The results at every step up to the farthest horizon. */
    ImmutableList<Score> steps(List<Judged> judged) {
        ImmutableList.Builder<Score> all = ImmutableList.builder();
        for (Judged each : judged) {
            for (int step = 1; step <= horizons.getLast(); step++) {
                all.add(Score.of(each, step));
            }
        }
        return all.build();
    }

    /** The page's part that is about traces. */
    ImmutableList<ForecastPage.Trace> shown(List<Judged> judged) {
        return series.stream()
                .map(each -> new ForecastPage.Trace(
                        each.name(),
                        firstShown(each),
                        each.counts().length - each.history(),
                        boxed(Arrays.copyOfRange(each.counts(), firstShown(each), each.counts().length)),
                        judged.stream()
                                .filter(one -> one.trace().equals(each.name()))
                                .flatMap(one -> one.lines().stream())
                                .toList()))
                .collect(ImmutableList.toImmutableList());
    }

    /** What was learned, as the content of a file. */
    static String model(Stateful learned) {
        return Json.write(StateExchange.save(learned));
    }
}
