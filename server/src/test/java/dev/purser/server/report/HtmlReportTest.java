package dev.purser.server.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import dev.purser.core.engine.RunResult;
import dev.purser.core.json.Json;
import dev.purser.core.policy.ServiceCatalog;
import dev.purser.core.pricing.Bill;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HtmlReportTest {
    private static final Pattern DATA =
            Pattern.compile("<script type=\"application/json\" id=\"report-data\">(.*?)</script>", Pattern.DOTALL);

    private static final String HOSTILE =
            "</script><script>alert('x')</script><img src=x onerror=alert(1)> & \"{{data}}\" $1";

    private static final ReportData COMPARISON = ExampleRuns.compare(3, 2, 2, Duration.ofMinutes(5), "spock-single");

    @TempDir
    private Path directory;

    @Test
    void showsOneRun() {
        ReportRun run = COMPARISON.runs().get(0);
        String html = HtmlReport.render(new ReportData("One", "0.1.0", Map.of(), List.of(run)));

        assertThat(html).startsWith("<!DOCTYPE html>").contains("<h1>One</h1>", "Made by Purser 0.1.0.");
        assertThat(sentence(html))
                .isEqualTo(
                        "1 stack compared on 1 arrival trace: 1 run, %,d requests in all.".formatted(run.requests()));
    }

    @Test
    void saysWhatWasComparedWithoutCountingTheBound() {
        long requests = COMPARISON.runs().stream()
                .filter(run -> !run.bound())
                .mapToLong(ReportRun::requests)
                .sum();

        assertThat(sentence(HtmlReport.render(COMPARISON)))
                .isEqualTo("3 stacks compared on 2 arrival traces with 2 seeds: 12 runs, %,d requests in all."
                        .formatted(requests));
    }

    @Test
    void carriesItsDataWithoutLoss() {
        assertThat(data(HtmlReport.render(COMPARISON))).isEqualTo(COMPARISON);
    }

    @Test
    void leavesNoPlaceholderUnfilled() {
        assertThat(HtmlReport.render(COMPARISON)).doesNotContainPattern("\\{\\{\\w+}}");
    }

    @Test
    void listsTheSettingsInTheirOrder() {
        Map<String, String> settings = new LinkedHashMap<>();
        settings.put("zone", "b");
        settings.put("area", "a < c");

        assertThat(HtmlReport.render(new ReportData("t", "v", settings, List.of())))
                .containsSubsequence(
                        "<tr><th scope=\"row\">zone</th><td>b</td></tr>",
                        "<tr><th scope=\"row\">area</th><td>a &lt; c</td></tr>");
    }

    @Test
    void loadsNothing() {
        String html = HtmlReport.render(COMPARISON);

        assertThat(html)
                .contains("default-src 'none'")
                .doesNotContainPattern("(?i)\\b(src|href|action|data|poster|srcset)\\s*=\\s*[\"']?\\s*(https?:)?//")
                .doesNotContainPattern("(?i)<(iframe|object|embed|base|script[^>]*\\ssrc)\\b")
                .doesNotContainPattern("(?i)url\\(\\s*[\"']?\\s*(https?:)?//")
                .doesNotContainPattern(
                        "@import|\\bimport\\s*\\(|\\bfetch\\s*\\(|XMLHttpRequest|WebSocket\\s*\\(|sendBeacon");
        // what is left are the names of XML namespaces, which nothing loads
        assertThat(Pattern.compile("https?://[\\w./-]*").matcher(html).results().map(match -> match.group()))
                .allMatch(address -> address.startsWith("http://www.w3.org/"), "is an XML namespace");
        assertThat(Pattern.compile("<link\\b[^>]*>").matcher(html).results().map(match -> match.group()))
                .containsExactly("<link rel=\"icon\" href=\"data:,\">");
    }

    @Test
    void hostileTextStaysText() {
        ReportRun run = COMPARISON.runs().get(0);
        ReportRun hostile = new ReportRun(
                HOSTILE,
                HOSTILE,
                1,
                false,
                run.requests(),
                run.violations(),
                run.cost(),
                run.regret(),
                run.latency(),
                run.ended(),
                List.of(new ReportRun.VariantCount(HOSTILE, 1)),
                List.of(new ReportRun.BillLine(Bill.Category.VM, HOSTILE, HOSTILE, BigDecimal.ONE)),
                List.of(new ReportRun.LatencySlo(List.of(HOSTILE), 100)),
                run.meanAccuracy(),
                0,
                1,
                1,
                null);
        ReportData data = new ReportData(HOSTILE, HOSTILE, Map.of(HOSTILE, HOSTILE), List.of(hostile));
        String html = HtmlReport.render(data);

        assertThat(html).doesNotContain("<script>alert", "<img");
        assertThat(html).contains("<h1>&lt;/script&gt;&lt;script&gt;alert(&#39;x&#39;)");
        assertThat(html.split("</script>", -1))
                .as("as many scripts as in any other report")
                .hasSameSizeAs(HtmlReport.render(COMPARISON).split("</script>", -1));
        assertThat(data(html)).isEqualTo(data);
    }

    @Test
    void bundledScriptsEndNoElement() {
        assertThat(Stream.of(
                                "format.js",
                                "data.js",
                                "theme.js",
                                "charts.js",
                                "tables.js",
                                "page.js",
                                "echarts/echarts.custom.min.js")
                        .map(HtmlReportTest::resource))
                .noneMatch(script -> script.contains("</script") || script.contains("<!--"));
    }

    @Test
    void numbersThatDoNotExistAreLeftOut() {
        ServiceCatalog catalog = ExampleRuns.catalog("spock-single");
        RunResult result = ExampleRuns.run(catalog, 0, ExampleRuns.trace("nothing", t -> 1e-9), 1);
        List<ReportRun> runs = Stream.of(Double.NaN, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY, null)
                .map(regret -> ReportRun.of("idle", "nothing", 1, catalog, result, regret, true))
                .toList();

        assertThat(runs).allSatisfy(run -> {
            assertThat(run.requests()).isZero();
            assertThat(run.violations()).isZero();
            assertThat(run.regret()).isNull();
            assertThat(run.latency()).isNull();
            assertThat(run.meanAccuracy()).isNull();
        });
        Matcher json = DATA.matcher(HtmlReport.render(new ReportData("t", "v", Map.of(), runs)));
        assertThat(json.find()).isTrue();
        assertThat(json.group(1)).doesNotContain("NaN", "Infinity", "null");
    }

    @Test
    void refusesNumbersThatNoChartCanPlace() {
        assertThatThrownBy(() -> new ReportRun.LatencySlo(List.of("c"), Double.NaN))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("ms is NaN, but it must be finite");
        assertThatThrownBy(() -> new ReportRun.Latency(1, 1, 1, 1, 1, 1, List.of(1.0), List.of()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("1 latencies with 0 shares");
    }

    @Test
    void takesFromARunWhatItCounted() {
        ServiceCatalog catalog = ExampleRuns.catalog("spock-single");
        RunResult result = ExampleRuns.run(catalog, 3, ExampleRuns.TRACES.get(0), 7);
        ReportRun run = ReportRun.of("hybrid", "steady", 7, catalog, result, 0.25, true);

        assertThat(run.requests()).isEqualTo(result.metrics().arrived());
        assertThat(run.cost().total()).isEqualByComparingTo(result.bill().total());
        assertThat(run.bill().stream().map(ReportRun.BillLine::usd).reduce(BigDecimal.ZERO, BigDecimal::add))
                .isEqualByComparingTo(run.cost().total());
        assertThat(run.ended().onInstances()
                        + run.ended().onFunctions()
                        + run.ended().refused()
                        + run.ended().failed())
                .isEqualTo(run.requests());
        assertThat(run.slos()).containsExactly(new ReportRun.LatencySlo(List.of("strict"), 1000));
        assertThat(run.latency().p99Ms())
                .isCloseTo(result.metrics().latencyMicros().getValueAtPercentile(99) / 1000.0, within(1.0));
        // one hour in spans of 10 s, two of which become one point
        ReportRun.Series series = run.series();
        assertThat(series.arrivals()).hasSize(180);
        assertThat(series.spanSeconds()).isEqualTo(20);
        assertThat(series.arrivals().stream().mapToDouble(rate -> rate * 20).sum())
                .as("arrivals are neither lost nor doubled")
                .isCloseTo(run.requests(), within(run.requests() * 0.002));
    }

    @Test
    void latencyDistributionFallsAndAgreesWithItsQuantiles() {
        ReportRun.Latency latency = COMPARISON.runs().get(0).latency();

        assertThat(latency.ccdfMs())
                .hasSizeBetween(20, ReportRun.LATENCY_POINTS)
                .isSorted();
        assertThat(latency.ccdfShare()).isSortedAccordingTo(Collections.reverseOrder());
        assertThat(latency.ccdfShare()).allMatch(share -> share > 0 && share < 1);
        for (int i = 0; i < latency.ccdfMs().size(); i++) {
            if (latency.ccdfMs().get(i) > latency.p99Ms() * 1.01) {
                assertThat(latency.ccdfShare().get(i)).isLessThanOrEqualTo(0.0101);
            }
        }
    }

    @Test
    void aBoundHasACostAndNothingElse() {
        ReportRun bound =
                ReportRun.bound("clairvoyant", "steady", 1, 100, new BigDecimal("1.25"), new BigDecimal("0.50"));

        assertThat(bound.bound()).isTrue();
        assertThat(bound.cost().total()).isEqualByComparingTo("1.75");
        assertThat(bound.regret()).isZero();
        assertThat(bound.latency()).isNull();
        assertThat(HtmlReport.render(new ReportData("t", "v", Map.of(), List.of(bound))))
                .contains("0 stacks compared");
    }

    @Test
    void hundredsOfRunsStaySmall() {
        ServiceCatalog catalog = ExampleRuns.catalog("paragon-workload-1");
        RunResult result = ExampleRuns.run(catalog, 3, ExampleRuns.TRACES.get(1), 1);
        List<ReportRun> runs = new ArrayList<>();
        for (int i = 0; i < 240; i++) {
            // the worst case: as many stacks as runs, all with their series
            runs.add(ReportRun.of("stack-" + i, "daily", 1, catalog, result, 0.5, true));
        }
        ReportData data = new ReportData("t", "v", Map.of(), runs);

        assertThat(HtmlReport.render(data).getBytes(StandardCharsets.UTF_8)).hasSizeLessThan(6_000_000);
        assertThat(runs.get(0).series().sandboxes()).hasSizeLessThanOrEqualTo(ReportRun.SERIES_POINTS);
    }

    @Test
    void writesAFileAndSaysWhereItCannot() throws Exception {
        Path file = directory.resolve("report.html");
        HtmlReport.write(file, COMPARISON);

        assertThat(Files.readString(file)).isEqualTo(HtmlReport.render(COMPARISON));
        Path nowhere = directory.resolve("missing").resolve("report.html");
        assertThatThrownBy(() -> HtmlReport.write(nowhere, COMPARISON))
                .isInstanceOf(UncheckedIOException.class)
                .hasMessageContaining(nowhere.toString());
    }

    private static String sentence(String html) {
        Matcher lead = Pattern.compile("<p class=\"lead\">(.*?)</p>").matcher(html);
        assertThat(lead.find()).isTrue();
        return lead.group(1);
    }

    private static ReportData data(String html) {
        Matcher json = DATA.matcher(html);
        assertThat(json.find()).isTrue();
        JsonNode tree = Json.parse("the report", json.group(1));
        return Json.read("the report", tree, ReportData.class);
    }

    private static String resource(String name) {
        try (var in = HtmlReport.class.getResourceAsStream(name)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (java.io.IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
