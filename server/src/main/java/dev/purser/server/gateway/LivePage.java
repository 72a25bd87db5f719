package dev.purser.server.gateway;

import dev.purser.server.report.HtmlReport;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The live page: one HTML file that carries its styles, its scripts and its charts, and asks only its own server. */
final class LivePage {
    private static final Pattern PLACEHOLDER = Pattern.compile("\\{\\{(\\w+)}}");

    private LivePage() {}

    static byte[] render(String version) {
        Map<String, String> parts = Map.of(
                "version", version,
                "style", resource(HtmlReport.class, "report.css") + resource(LivePage.class, "live.css"),
                "echarts", resource(HtmlReport.class, "echarts/echarts.custom.min.js"),
                "format", resource(HtmlReport.class, "format.js"),
                "theme", resource(HtmlReport.class, "theme.js"),
                "script", resource(LivePage.class, "live.js"));
        return PLACEHOLDER
                .matcher(resource(LivePage.class, "live.html"))
                .replaceAll(match -> Matcher.quoteReplacement(parts.getOrDefault(match.group(1), match.group())))
                .getBytes(StandardCharsets.UTF_8);
    }

    private static String resource(Class<?> anchor, String name) {
        try (InputStream in = anchor.getResourceAsStream(name)) {
            if (in == null) {
                throw new IllegalStateException("the resource " + name + " is missing from this build");
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
