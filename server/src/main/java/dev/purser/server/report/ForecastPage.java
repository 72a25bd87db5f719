package dev.purser.server.report;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.google.common.primitives.Doubles;
import java.math.BigDecimal;
import java.math.MathContext;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The page of an evaluation of load predictors: forecast against truth, and the errors. One HTML file that needs nothing
 * else, as the {@link HtmlReport} is.
 *
 * @param title the headline
 * @param version the version of Purser that made the forecasts
 * @param settings how they were made, shown as a table in this order
 * @param binSeconds the length of a window
 * @param traces what was forecast
 * @param scores how well, one for each predictor, trace and horizon
 */
public record ForecastPage(
        String title,
        String version,
        Map<String, String> settings,
        double binSeconds,
        List<Trace> traces,
        List<Score> scores) {
    /** The page's own scripts, in the order in which they need each other. */
    private static final List<String> SCRIPTS = List.of("format.js", "theme.js", "tables.js", "forecast.js");

    // four digits are more than a chart can show
    private static final MathContext PRECISION = new MathContext(4);

    /** Copies the collections. */
    public ForecastPage {
        settings = Collections.unmodifiableMap(new LinkedHashMap<>(settings));
        traces = List.copyOf(traces);
        scores = List.copyOf(scores);
    }

    /**
     * A trace, as far as it is shown.
     *
     * @param name its name
     * @param firstWindow the number of the first window shown, from the trace's start
     * @param windows how many windows were judged in all
     * @param actual what came in each window shown
     * @param lines what was forecast for them
     */
    public record Trace(String name, int firstWindow, int windows, List<Double> actual, List<Line> lines) {
        /** Copies the lists. */
        public Trace {
            actual = rounded(actual);
            lines = List.copyOf(lines);
        }
    }

    /**
     * What a predictor forecast for the windows shown, some windows before.
     *
     * @param predictor its name
     * @param steps how many windows before
     * @param mean the points
     * @param low the 0.05 quantiles; empty where there were none for some window
     * @param high the 0.95 quantiles; empty where there were none for some window
     */
    public record Line(String predictor, int steps, List<Double> mean, List<Double> low, List<Double> high) {
        /** Copies the lists. */
        public Line {
            mean = rounded(mean);
            low = rounded(low);
            high = rounded(high);
        }
    }

    /**
     * How well a predictor did some windows ahead.
     *
     * @param predictor its name
     * @param trace the trace's name
     * @param steps how many windows ahead
     * @param rmse root mean squared error, in requests per window
     * @param overPersistence that error over the last value's, less one; null where the last value made none
     * @param mae mean absolute error
     * @param smape symmetric mean absolute error relative to the size, 0 to 2
     * @param underShare share of forecasts below what came
     * @param overShare share of forecasts above what came
     * @param pinball mean pinball loss of the quantiles; null without quantiles
     * @param coverage90 share of what came within the 0.05 and 0.95 quantiles; null without quantiles
     * @param trainSeconds processor time of training
     * @param microsPerForecast processor time of a forecast
     */
    @JsonInclude(JsonInclude.Include.ALWAYS)
    public record Score(
            String predictor,
            String trace,
            int steps,
            double rmse,
            @Nullable Double overPersistence,
            double mae,
            double smape,
            double underShare,
            double overShare,
            @Nullable Double pinball,
            @Nullable Double coverage90,
            double trainSeconds,
            double microsPerForecast) {}

    /** Makes the page: an HTML document. */
    public String render() {
        return Page.render(
                "forecast.html", title, version, settings, this, SCRIPTS, Map.of("sentence", Page.text(sentence())));
    }

    private String sentence() {
        long predictors = scores.stream().map(Score::predictor).distinct().count();
        long windows = traces.stream().mapToLong(Trace::windows).sum();
        return String.format(
                Locale.ROOT,
                "%,d %s judged on %,d %s: each forecast %,d windows, one after the other, from what came before them.",
                predictors,
                predictors == 1 ? "predictor" : "predictors",
                traces.size(),
                traces.size() == 1 ? "arrival trace" : "arrival traces",
                windows);
    }

    /** A list of primitive numbers with four digits. */
    private static List<Double> rounded(List<Double> values) {
        double[] copy = Doubles.toArray(values);
        for (int i = 0; i < copy.length; i++) {
            copy[i] = new BigDecimal(copy[i]).round(PRECISION).doubleValue();
        }
        return Collections.unmodifiableList(Doubles.asList(copy));
    }
}
