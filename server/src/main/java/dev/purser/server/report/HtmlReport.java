package dev.purser.server.report;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;

/**
 * Writes a comparison as one HTML file. The page carries its data, its charts and its styles, and a content security
 * policy that forbids it to load anything else, so that it can be mailed, archived and opened anywhere.
 */
public final class HtmlReport {
    /** The page's own scripts, in the order in which they need each other. */
    private static final List<String> SCRIPTS =
            List.of("format.js", "data.js", "theme.js", "charts.js", "tables.js", "page.js");

    private HtmlReport() {}

    /**
     * Writes the report to a file; what was there is replaced.
     *
     * @param file where to
     * @param data what to show
     * @throws UncheckedIOException when the file cannot be written
     */
    public static void write(Path file, ReportData data) {
        try {
            Files.writeString(file, render(data));
        } catch (IOException e) {
            throw new UncheckedIOException("the report cannot be written to " + file, e);
        }
    }

    /**
     * Makes the report.
     *
     * @param data what to show
     * @return an HTML document
     */
    public static String render(ReportData data) {
        return Page.render(
                "report.html",
                data.title(),
                data.version(),
                data.settings(),
                data,
                SCRIPTS,
                Map.of("sentence", Page.text(sentence(data))));
    }

    private static String sentence(ReportData data) {
        List<ReportRun> runs = data.runs().stream().filter(run -> !run.bound()).toList();
        long requests = runs.stream().mapToLong(ReportRun::requests).sum();
        long seeds = distinct(runs, ReportRun::seed);
        return String.format(
                Locale.ROOT,
                "%s compared on %s%s: %s, %s in all.",
                count(distinct(runs, ReportRun::stack), "stack"),
                count(distinct(runs, ReportRun::trace), "arrival trace"),
                seeds > 1 ? " with " + seeds + " seeds" : "",
                count(runs.size(), "run"),
                count(requests, "request"));
    }

    private static <T> long distinct(List<ReportRun> runs, Function<ReportRun, T> property) {
        return runs.stream().map(property).distinct().count();
    }

    private static String count(long number, String noun) {
        return String.format(Locale.ROOT, "%,d %s%s", number, noun, number == 1 ? "" : "s");
    }
}
