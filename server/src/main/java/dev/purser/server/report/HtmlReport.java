package dev.purser.server.report;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.util.MinimalPrettyPrinter;
import com.google.common.html.HtmlEscapers;
import dev.purser.core.json.Json;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Writes a comparison as one HTML file. The page carries its data, its charts and its styles, and a content security
 * policy that forbids it to load anything else, so that it can be mailed, archived and opened anywhere.
 */
public final class HtmlReport {
    /** The page's own scripts, in the order in which they need each other. */
    private static final List<String> SCRIPTS =
            List.of("format.js", "data.js", "theme.js", "charts.js", "tables.js", "page.js");

    private static final Pattern PLACEHOLDER = Pattern.compile("\\{\\{(\\w+)}}");

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
        Map<String, String> parts = Map.of(
                "title", text(data.title()),
                "version", text(data.version()),
                "sentence", text(sentence(data)),
                "settings", settings(data.settings()),
                "style", resource("report.css"),
                "data", json(data),
                "echarts", resource("echarts/echarts.custom.min.js"),
                "script", SCRIPTS.stream().map(HtmlReport::resource).collect(Collectors.joining("\n")));
        // one pass, so that a placeholder in somebody's text stays what it is
        return PLACEHOLDER
                .matcher(resource("report.html"))
                .replaceAll(match -> Matcher.quoteReplacement(parts.getOrDefault(match.group(1), match.group())));
    }

    /** In JSON a less-than sign can only be part of a text, where the escape means the same and ends no element. */
    private static String json(ReportData data) {
        try {
            return Json.writer()
                    .with(new MinimalPrettyPrinter())
                    .writeValueAsString(data)
                    .replace("<", "\\u003c");
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException("the report's data cannot be written as JSON", e);
        }
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

    private static String settings(Map<String, String> settings) {
        return settings.entrySet().stream()
                .map(entry -> "<tr><th scope=\"row\">" + text(entry.getKey()) + "</th><td>" + text(entry.getValue())
                        + "</td></tr>")
                .collect(Collectors.joining("\n"));
    }

    private static String text(String text) {
        return HtmlEscapers.htmlEscaper().escape(text);
    }

    private static String resource(String name) {
        try (InputStream in = HtmlReport.class.getResourceAsStream(name)) {
            if (in == null) {
                throw new IllegalStateException("the resource " + name + " is missing from this build");
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
