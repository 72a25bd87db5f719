package dev.purser.server.report;

import com.google.common.primitives.Doubles;
import dev.purser.core.engine.Metrics;
import dev.purser.core.engine.RunResult;
import dev.purser.core.engine.Timeline;
import dev.purser.core.engine.Timeline.Channel;
import dev.purser.core.policy.ServiceCatalog;
import dev.purser.core.pricing.Bill;
import java.math.BigDecimal;
import java.math.MathContext;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.TreeMap;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/**
 * What the report keeps of one run: a few kilobytes without the series and some 15 kB with them, so that hundreds of runs
 * fit.
 *
 * @param stack the stack's name, or that of the bound
 * @param trace the arrival trace's name
 * @param seed the run's seed
 * @param bound whether this is a bound on what any stack could do rather than a run
 * @param requests how many arrived
 * @param violations how many of them were refused, failed or answered late
 * @param cost what the run cost
 * @param regret how far the cost is above the bound's, as a share of the bound's ({@code (cost - bound) / bound}; 0.35
 *     for 35 % more); null where there is no bound to compare with, and anything that is not finite becomes null
 * @param latency of the answers; null where nothing was answered
 * @param ended how the requests ended
 * @param variants how many requests each variant answered, in the pool's order
 * @param bill the bill's lines
 * @param slos the latency promises, shortest first
 * @param meanAccuracy mean true accuracy of the answers, 0 to 1; null where nothing was answered
 * @param coldStarts requests that waited for a sandbox to start
 * @param vmHours time of the instances from launch to stop, in hours
 * @param peakInstances most instances at the same time
 * @param series what happened over time; null where it was not kept
 */
public record ReportRun(
        String stack,
        String trace,
        long seed,
        boolean bound,
        long requests,
        long violations,
        Cost cost,
        @Nullable Double regret,
        @Nullable Latency latency,
        Ended ended,
        List<VariantCount> variants,
        List<BillLine> bill,
        List<LatencySlo> slos,
        @Nullable Double meanAccuracy,
        long coldStarts,
        double vmHours,
        int peakInstances,
        @Nullable Series series) {

    /** The most points of a series. */
    static final int SERIES_POINTS = 200;

    /** The most points of a latency distribution. */
    static final int LATENCY_POINTS = 60;

    // four digits are more than a chart can show
    private static final MathContext PRECISION = new MathContext(4);

    /** Copies the lists. */
    public ReportRun {
        if (regret != null && !Double.isFinite(regret)) {
            regret = null;
        }
        requireFinite("vmHours", vmHours);
        variants = List.copyOf(variants);
        bill = List.copyOf(bill);
        slos = List.copyOf(slos);
    }

    /**
     * What was paid, in US dollars.
     *
     * @param vm for instances
     * @param function for functions
     * @param storage for the object store
     */
    public record Cost(BigDecimal vm, BigDecimal function, BigDecimal storage) {

        /** All three together. */
        public BigDecimal total() {
            return vm.add(function).add(storage);
        }
    }

    /**
     * The latency of the answers, from arrival to answer, in milliseconds.
     *
     * @param meanMs the mean
     * @param p50Ms the median
     * @param p95Ms the 95th percentile
     * @param p99Ms the 99th percentile
     * @param p999Ms the 99.9th percentile
     * @param maxMs the longest
     * @param ccdfMs latencies, rising in equal steps of their logarithm
     * @param ccdfShare for each of them the share of the answers that took longer, over 0 and below 1
     */
    public record Latency(
            double meanMs,
            double p50Ms,
            double p95Ms,
            double p99Ms,
            double p999Ms,
            double maxMs,
            List<Double> ccdfMs,
            List<Double> ccdfShare) {

        /** Copies the lists. */
        public Latency {
            ccdfMs = compact(ccdfMs);
            ccdfShare = compact(ccdfShare);
            if (ccdfMs.size() != ccdfShare.size()) {
                throw new IllegalArgumentException(ccdfMs.size() + " latencies with " + ccdfShare.size() + " shares");
            }
            for (double value : new double[] {meanMs, p50Ms, p95Ms, p99Ms, p999Ms, maxMs}) {
                requireFinite("latency", value);
            }
        }
    }

    /**
     * How the requests ended.
     *
     * @param onInstances answered by an instance
     * @param onFunctions answered by a function
     * @param refused refused
     * @param failed failed
     */
    public record Ended(long onInstances, long onFunctions, long refused, long failed) {}

    /**
     * The answers of one variant.
     *
     * @param variant its name
     * @param answered how many
     */
    public record VariantCount(String variant, long answered) {}

    /**
     * One line of a bill.
     *
     * @param category what it is for
     * @param item what was used
     * @param quantity how much, with its unit
     * @param usd the price in US dollars
     */
    public record BillLine(Bill.Category category, String item, String quantity, BigDecimal usd) {}

    /**
     * A latency that was promised.
     *
     * @param classes the request classes that have this promise
     * @param ms the promise in milliseconds
     */
    public record LatencySlo(List<String> classes, double ms) {

        /** Copies the list. */
        public LatencySlo {
            requireFinite("ms", ms);
            classes = List.copyOf(classes);
        }
    }

    /**
     * What happened over time, as means over spans of equal length.
     *
     * @param spanSeconds the length of a span
     * @param arrivals requests that arrived, per second
     * @param onInstances requests answered by an instance, per second
     * @param onFunctions requests answered by a function, per second
     * @param violations requests refused, failed or answered late, per second
     * @param readyInstances instances that serve
     * @param pendingInstances instances that are starting
     * @param queued requests that wait
     * @param sandboxes sandboxes, warm or starting
     */
    public record Series(
            double spanSeconds,
            List<Double> arrivals,
            List<Double> onInstances,
            List<Double> onFunctions,
            List<Double> violations,
            List<Double> readyInstances,
            List<Double> pendingInstances,
            List<Double> queued,
            List<Double> sandboxes) {

        /** Copies the lists. */
        public Series {
            requireFinite("spanSeconds", spanSeconds);
            arrivals = compact(arrivals);
            onInstances = compact(onInstances);
            onFunctions = compact(onFunctions);
            violations = compact(violations);
            readyInstances = compact(readyInstances);
            pendingInstances = compact(pendingInstances);
            queued = compact(queued);
            sandboxes = compact(sandboxes);
        }

        private static Series of(Timeline timeline) {
            int spans = timeline.values(Channel.ARRIVALS).length;
            int together = Math.max(1, (spans + SERIES_POINTS - 1) / SERIES_POINTS);
            double seconds = timeline.spanSeconds();
            return new Series(
                    seconds * together,
                    means(timeline.values(Channel.ARRIVALS), together, seconds),
                    means(timeline.values(Channel.ON_INSTANCES), together, seconds),
                    means(timeline.values(Channel.ON_FUNCTIONS), together, seconds),
                    means(timeline.values(Channel.VIOLATIONS), together, seconds),
                    means(timeline.values(Channel.READY_INSTANCES), together, 1),
                    means(timeline.values(Channel.PENDING_INSTANCES), together, 1),
                    means(timeline.values(Channel.QUEUED), together, 1),
                    means(timeline.values(Channel.SANDBOXES), together, 1));
        }
    }

    /**
     * Takes from a run what the report shows.
     *
     * @param stack the stack's name
     * @param trace the arrival trace's name
     * @param seed the run's seed
     * @param catalog what the run was made with
     * @param result what the run came to
     * @param regret see {@link ReportRun}
     * @param keepSeries whether to keep what happened over time: for the first seed of a stack on a trace
     */
    public static ReportRun of(
            String stack,
            String trace,
            long seed,
            ServiceCatalog catalog,
            RunResult result,
            @Nullable Double regret,
            boolean keepSeries) {
        Metrics metrics = result.metrics();
        Bill bill = result.bill();
        List<VariantCount> variants = new ArrayList<>();
        for (int v = 0; v < catalog.variants(); v++) {
            variants.add(new VariantCount(catalog.variantName(v), metrics.answeredBy(v)));
        }
        boolean answered = metrics.answered() > 0;
        return new ReportRun(
                stack,
                trace,
                seed,
                false,
                metrics.arrived(),
                metrics.violations(),
                new Cost(bill.vm(), bill.function(), bill.storage()),
                regret,
                answered ? latency(metrics.latencyMicros()) : null,
                new Ended(metrics.onInstances(), metrics.onFunctions(), metrics.refused(), metrics.failed()),
                variants,
                bill.lines().stream()
                        .map(line -> new BillLine(line.category(), line.item(), line.quantity(), line.usd()))
                        .toList(),
                slos(catalog),
                answered ? metrics.meanAccuracy() : null,
                metrics.coldStarts(),
                metrics.instanceSeconds() / 3600,
                metrics.peakInstances(),
                keepSeries ? Series.of(metrics.timeline()) : null);
    }

    /**
     * A bound on what any stack could do: a cost without a run.
     *
     * @param stack the bound's name
     * @param trace the arrival trace's name
     * @param seed the seed of the arrivals
     * @param requests how many arrived
     * @param vmUsd the cost of instances in US dollars
     * @param functionUsd the cost of functions in US dollars
     */
    public static ReportRun bound(
            String stack, String trace, long seed, long requests, BigDecimal vmUsd, BigDecimal functionUsd) {
        return new ReportRun(
                stack,
                trace,
                seed,
                true,
                requests,
                0,
                new Cost(vmUsd, functionUsd, BigDecimal.ZERO),
                0.0,
                null,
                new Ended(0, 0, 0, 0),
                List.of(),
                List.of(),
                List.of(),
                null,
                0,
                0,
                0,
                null);
    }

    private static Latency latency(Histogram micros) {
        double low = Math.max(1, micros.getMinNonZeroValue());
        double step = Math.pow(micros.getMaxValue() / low, 1.0 / (LATENCY_POINTS - 1));
        double total = micros.getTotalCount();
        List<Double> ms = new ArrayList<>();
        List<Double> share = new ArrayList<>();
        for (int i = 0; i < LATENCY_POINTS; i++) {
            long at = micros.highestEquivalentValue(Math.round(low * Math.pow(step, i)));
            double longer = total - micros.getCountBetweenValues(0, at);
            // a logarithm has no place for the 0 at the end
            if (longer > 0) {
                ms.add(rounded(at / 1000.0));
                share.add(rounded(longer / total));
            }
        }
        return new Latency(
                rounded(micros.getMean() / 1000),
                millis(micros, 50),
                millis(micros, 95),
                millis(micros, 99),
                millis(micros, 99.9),
                rounded(micros.getMaxValue() / 1000.0),
                ms,
                share);
    }

    private static double millis(Histogram micros, double percentile) {
        return rounded(micros.getValueAtPercentile(percentile) / 1000.0);
    }

    private static List<LatencySlo> slos(ServiceCatalog catalog) {
        TreeMap<Long, List<String>> classes = new TreeMap<>();
        for (int c = 0; c < catalog.requestClasses(); c++) {
            if (catalog.maxLatencyNanos(c) != ServiceCatalog.UNBOUNDED) {
                classes.computeIfAbsent(catalog.maxLatencyNanos(c), key -> new ArrayList<>())
                        .add(catalog.className(c));
            }
        }
        return classes.entrySet().stream()
                .map(entry -> new LatencySlo(entry.getValue(), entry.getKey() / 1e6))
                .toList();
    }

    /** The means of groups of neighbours, the last group possibly smaller. */
    private static List<Double> means(double[] values, int together, double divisor) {
        double[] means = new double[(values.length + together - 1) / together];
        for (int i = 0; i < means.length; i++) {
            double[] group = Arrays.copyOfRange(values, i * together, Math.min(values.length, (i + 1) * together));
            means[i] = rounded(Arrays.stream(group).sum() / group.length / divisor);
        }
        return Doubles.asList(means);
    }

    private static double rounded(double value) {
        return new BigDecimal(value).round(PRECISION).doubleValue();
    }

    /** A list that holds primitive numbers, an eighth of the size of boxed ones. */
    private static List<Double> compact(List<Double> values) {
        double[] copy = Doubles.toArray(values);
        for (double value : copy) {
            requireFinite("value", value);
        }
        return Collections.unmodifiableList(Doubles.asList(copy));
    }

    private static void requireFinite(String name, double value) {
        if (!Double.isFinite(value)) {
            throw new IllegalArgumentException(name + " is " + value + ", but it must be finite");
        }
    }
}
