package dev.purser.server;

import dev.purser.core.json.Durations;
import dev.purser.server.Forecasting.GapScore;
import dev.purser.server.Forecasting.Score;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;

/** The results of {@code forecast} as tables. */
final class ForecastTables {
    private static final List<String> GAP_COLUMNS = List.of(
            "predictor",
            "trace",
            "gaps",
            "RMSE s",
            "persistence %",
            "MAE s",
            "sMAPE %",
            "under %",
            "over %",
            "in span %",
            "train s",
            "us");

    private final Duration bin;

    /** @param bin the length of a window */
    ForecastTables(Duration bin) {
        this.bin = bin;
    }

    /** For a terminal. */
    String text(List<Score> scores, List<GapScore> gaps) {
        return table(scores) + (gaps.isEmpty() ? "" : gapTable(gaps));
    }

    /** For {@code docs/forecasts.md}. */
    String markdown(List<Score> scores, List<GapScore> gaps) {
        return markdown(scores) + (gaps.isEmpty() ? "" : gapMarkdown(gaps));
    }

    private String ahead(int steps) {
        return Durations.format(bin.multipliedBy(steps));
    }

    /** For each result the root mean squared error of persistence at the same place. */
    static Map<Score, Double> persistence(List<Score> scores) {
        Map<String, Double> found = new LinkedHashMap<>();
        scores.stream()
                .filter(score -> score.predictor().equals(ForecastCommand.PERSISTENCE))
                .forEach(score -> found.put(score.horizonSteps() + " " + score.trace(), score.rmse()));
        Map<Score, Double> result = new LinkedHashMap<>();
        scores.forEach(score -> result.put(score, found.getOrDefault(score.horizonSteps() + " " + score.trace(), 0.0)));
        return result;
    }

    static double ratio(Score score, Map<Score, Double> persistence) {
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
                        score.trainSeconds() < 0.05 ? "-" : Table.number(score.trainSeconds(), 1),
                        Table.number(score.microsPerForecast(), 1)));
            });
        }
        return table
                + "\npersistence %: RMSE over that of last-value, less one; in 90 %: what came within the 90 % interval;\n"
                + "us: microseconds of processor time for a forecast and the count that follows it\n";
    }

    private static List<String> gapCells(List<GapScore> gaps, GapScore score) {
        double base = gaps.stream()
                .filter(one ->
                        one.trace().equals(score.trace()) && one.predictor().equals(ForecastCommand.GAP_PERSISTENCE))
                .mapToDouble(GapScore::rmse)
                .findFirst()
                .orElse(0);
        return List.of(
                score.predictor(),
                score.trace(),
                Long.toString(score.gaps()),
                Table.number(score.rmse(), 1),
                base == 0 ? "-" : String.format(Locale.ROOT, "%+.1f", 100 * (score.rmse() / base - 1)),
                Table.number(score.mae(), 1),
                Table.number(100 * score.smape(), 1),
                Table.number(100 * score.underShare(), 1),
                Table.number(100 * score.overShare(), 1),
                Table.number(100 * score.inSpanShare(), 1),
                score.trainSeconds() < 0.05 ? "-" : Table.number(score.trainSeconds(), 1),
                Table.number(score.microsPerForecast(), 1));
    }

    private static String gapTable(List<GapScore> gaps) {
        Table table = new Table(2, GAP_COLUMNS);
        String trace = gaps.getFirst().trace();
        for (GapScore score : gaps) {
            if (!score.trace().equals(trace)) {
                table.gap();
                trace = score.trace();
            }
            table.row(gapCells(gaps, score));
        }
        return "\nGaps between windows with requests\n" + table
                + "\nin span %: gaps within the span in which the predictor says to be ready\n";
    }

    private static String gapMarkdown(List<GapScore> gaps) {
        StringBuilder text = new StringBuilder("### Gaps between windows with requests\n\n| ");
        text.append(String.join(" | ", GAP_COLUMNS)).append(" |\n| --- | --- |");
        text.append(" ---: |".repeat(GAP_COLUMNS.size() - 2)).append('\n');
        gaps.forEach(score -> text.append("| ")
                .append(String.join(" | ", gapCells(gaps, score)))
                .append(" |\n"));
        return text.append('\n').toString();
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
                    score -> score.predictor().equals(ForecastCommand.PERSISTENCE)
                            ? Table.number(score.rmse(), 0)
                            : String.format(Locale.ROOT, "%+.1f", 100 * (ratio(score, persistence) - 1)));
            text.append("Share of windows under-estimated, in per cent.\n\n");
            grid(text, names, columns, scores, steps, score -> Table.number(100 * score.underShare(), 0));
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
                score -> (score.trainSeconds() < 0.05 ? "-" : Table.number(score.trainSeconds(), 1)) + " / "
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
}
