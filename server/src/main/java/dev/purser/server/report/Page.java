package dev.purser.server.report;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.util.MinimalPrettyPrinter;
import com.google.common.html.HtmlEscapers;
import dev.purser.core.json.Json;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** What all pages share: a template whose placeholders are filled with escaped text, data, styles and scripts. */
final class Page {
    private static final Pattern PLACEHOLDER = Pattern.compile("\\{\\{(\\w+)}}");

    private Page() {}

    /**
     * Fills a template.
     *
     * @param template the name of its resource
     * @param title the headline
     * @param version of Purser
     * @param settings shown as a table in this order
     * @param data what the scripts show
     * @param scripts the page's own, in the order in which they need each other
     * @param more markup for other placeholders
     */
    static String render(
            String template,
            String title,
            String version,
            Map<String, String> settings,
            Object data,
            List<String> scripts,
            Map<String, String> more) {
        Map<String, String> parts = new HashMap<>(more);
        parts.put("title", text(title));
        parts.put("version", text(version));
        parts.put("settings", rows(settings));
        parts.put("style", resource("report.css"));
        parts.put("data", json(data));
        parts.put("echarts", resource("echarts/echarts.custom.min.js"));
        parts.put("script", scripts.stream().map(Page::resource).collect(Collectors.joining("\n")));
        // one pass, so that a placeholder in somebody's text stays what it is
        return PLACEHOLDER
                .matcher(resource(template))
                .replaceAll(match -> Matcher.quoteReplacement(parts.getOrDefault(match.group(1), match.group())));
    }

    /** In JSON a less-than sign can only be part of a text, where the escape means the same and ends no element. */
    private static String json(Object data) {
        try {
            return Json.writer()
                    .with(new MinimalPrettyPrinter())
                    .writeValueAsString(data)
                    .replace("<", "\\u003c");
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException("the page's data cannot be written as JSON", e);
        }
    }

    private static String rows(Map<String, String> settings) {
        return settings.entrySet().stream()
                .map(entry -> "<tr><th scope=\"row\">" + text(entry.getKey()) + "</th><td>" + text(entry.getValue())
                        + "</td></tr>")
                .collect(Collectors.joining("\n"));
    }

    static String text(String text) {
        return HtmlEscapers.htmlEscaper().escape(text);
    }

    private static String resource(String name) {
        try (InputStream in = Page.class.getResourceAsStream(name)) {
            if (in == null) {
                throw new IllegalStateException("the resource " + name + " is missing from this build");
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
