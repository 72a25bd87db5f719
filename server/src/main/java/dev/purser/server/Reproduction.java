package dev.purser.server;

import com.google.common.collect.ImmutableList;
import dev.purser.core.engine.RunResult;
import dev.purser.core.trace.ArrivalTrace;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;
import org.HdrHistogram.Histogram;
import org.HdrHistogram.HistogramIterationValue;

/** A paper's experiments. */
interface Reproduction {

    /** Samples of each trace, spread evenly over it (over its first day, if it is longer). */
    int SAMPLES = 3;

    /** The longest that a sample is. */
    Duration HOUR = Duration.ofHours(1);

    /** The samples of a trace, each scaled to a mean rate in requests per second. */
    static List<ArrivalTrace> samples(ArrivalTrace trace, double meanRate) {
        Duration day = trace.duration().compareTo(Duration.ofDays(1)) < 0 ? trace.duration() : Duration.ofDays(1);
        Duration length = trace.duration().compareTo(HOUR) < 0 ? trace.duration() : HOUR;
        long spacing = day.minus(length).toSeconds() / (SAMPLES - 1);
        return IntStream.range(0, SAMPLES)
                .mapToObj(i ->
                        trace.window(Duration.ofSeconds(i * spacing), length).scaleToMean(meanRate))
                .toList();
    }

    /** Text with numbers as programs and people of all languages read them. */
    static String format(String pattern, Object... values) {
        return String.format(Locale.ROOT, pattern, values);
    }

    /** How many runs {@link #run} makes. */
    int size();

    /** Makes all runs and judges. */
    Findings run(RunPool pool);

    /**
     * What came of a paper's experiments.
     *
     * @param runs those that a table shows; may be empty
     * @param tables what is shown beside them; may be empty
     * @param claims each published relation, held against what was measured
     */
    record Findings(ImmutableList<Measured> runs, ImmutableList<Sheet> tables, ImmutableList<Claim> claims) {

        /** Without further tables. */
        Findings(ImmutableList<Measured> runs, ImmutableList<Claim> claims) {
            this(runs, ImmutableList.of(), claims);
        }
    }

    /**
     * A table that is none of runs.
     *
     * @param title what it shows
     * @param columns what each column holds
     * @param rows a cell for each column
     */
    record Sheet(String title, ImmutableList<String> columns, ImmutableList<ImmutableList<String>> rows) {
        /** A last column of this name holds sentences. */
        static final String WHY = "why";

        /** Without rows. */
        Sheet(String title, List<String> columns) {
            this(title, ImmutableList.copyOf(columns), ImmutableList.of());
        }

        /** The same with one more row. */
        Sheet with(String... cells) {
            if (cells.length != columns.size()) {
                throw new IllegalArgumentException(cells.length + " cells for the columns " + columns);
            }
            return new Sheet(
                    title,
                    columns,
                    ImmutableList.<ImmutableList<String>>builder()
                            .addAll(rows)
                            .add(ImmutableList.copyOf(cells))
                            .build());
        }

        /** Whether a column holds numbers alone, as far as its cells tell. */
        boolean numbers(int column) {
            return rows.stream().allMatch(row -> row.get(column).matches("[-+]?[0-9][0-9,.]*|none|too late"));
        }
    }

    /**
     * What some runs of one stack came to.
     *
     * @param experiment which experiment, and of what
     * @param stack who decided
     * @param requests requests that arrived
     * @param usd what it cost
     * @param violationPercent share of the requests that were refused, failed or late
     * @param functionPercent share of the answers that functions gave
     * @param p50Ms median latency
     * @param p95Ms its 95th percentile
     * @param p98Ms its 98th percentile
     * @param p99Ms its 99th percentile
     * @param latencyCcdf share of the answers that took longer, by latency
     */
    record Measured(
            String experiment,
            String stack,
            long requests,
            double usd,
            double violationPercent,
            double functionPercent,
            double p50Ms,
            double p95Ms,
            double p98Ms,
            double p99Ms,
            List<CcdfPoint> latencyCcdf) {

        /** Sums of runs of one stack. */
        static Measured of(String experiment, String stack, List<RunResult> results) {
            Histogram latency = new Histogram(3);
            latency.setAutoResize(true);
            results.forEach(result -> latency.add(result.metrics().latencyMicros()));
            long requests =
                    results.stream().mapToLong(r -> r.metrics().arrived()).sum();
            long answered =
                    results.stream().mapToLong(r -> r.metrics().answered()).sum();
            return new Measured(
                    experiment,
                    stack,
                    requests,
                    results.stream()
                            .mapToDouble(r -> r.bill().total().doubleValue())
                            .sum(),
                    percent(
                            results.stream()
                                    .mapToLong(r -> r.metrics().violations())
                                    .sum(),
                            requests),
                    percent(
                            results.stream()
                                    .mapToLong(r -> r.metrics().onFunctions())
                                    .sum(),
                            answered),
                    latency.getValueAtPercentile(50) / 1000.0,
                    latency.getValueAtPercentile(95) / 1000.0,
                    latency.getValueAtPercentile(98) / 1000.0,
                    latency.getValueAtPercentile(99) / 1000.0,
                    ccdf(latency));
        }

        private static double percent(long part, long of) {
            return of == 0 ? 0 : 100.0 * part / of;
        }

        /** At latencies a tenth apart, from the least to the greatest. */
        private static List<CcdfPoint> ccdf(Histogram latency) {
            if (latency.getTotalCount() == 0) {
                return List.of();
            }
            ImmutableList.Builder<CcdfPoint> points = ImmutableList.builder();
            for (HistogramIterationValue value :
                    latency.logarithmicBucketValues(Math.max(1, latency.getMinValue()), 1.1)) {
                points.add(new CcdfPoint(
                        value.getValueIteratedTo() / 1000.0,
                        1 - (double) value.getTotalCountToThisValue() / latency.getTotalCount()));
            }
            return points.build();
        }
    }

    /**
     * A point of a complementary cumulative distribution.
     *
     * @param ms a latency
     * @param share of the answers that took longer, 0 to 1
     */
    record CcdfPoint(double ms, double share) {}
}
