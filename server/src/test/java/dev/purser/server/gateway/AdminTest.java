package dev.purser.server.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.purser.core.json.Json;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What the admin port says of the requests that were served. */
final class AdminTest {
    private static final String INFER = "/v2/models/digits/infer";
    private static final Pattern SAMPLE = Pattern.compile(
            "([a-zA-Z_:][a-zA-Z0-9_:]*)(\\{(?:[a-zA-Z_][a-zA-Z0-9_]*=\"(?:[^\"\\\\\\n]|\\\\[\\\\\"n])*\",?)*})? (\\S+)");

    private final TestGateway gateway = new TestGateway();

    @AfterEach
    void close() {
        gateway.close();
    }

    /** Reads the text format: every sample must belong to a metric that has a type and a help text. */
    private Map<String, Double> scrape() throws Exception {
        HttpResponse<String> response = gateway.admin("/metrics");
        assertThat(response.statusCode()).isEqualTo(200);
        assertThat(response.headers().firstValue("Content-Type").orElseThrow()).startsWith("text/plain; version=0.0.4");
        Map<String, Double> samples = new LinkedHashMap<>();
        Set<String> helped = new HashSet<>();
        Set<String> typed = new HashSet<>();
        for (String line : response.body().split("\n")) {
            if (line.startsWith("# HELP ")) {
                assertThat(line.split(" ", 4)).as(line).hasSize(4);
                helped.add(line.split(" ")[2]);
            } else if (line.startsWith("# TYPE ")) {
                typed.add(line.split(" ")[2]);
            } else {
                Matcher sample = SAMPLE.matcher(line);
                assertThat(sample.matches()).as(line).isTrue();
                String name = sample.group(1);
                String family = typed.contains(name) ? name : name.replaceAll("_(bucket|count|sum)$", "");
                assertThat(typed).as(line).contains(family);
                assertThat(helped).as(line).contains(family);
                double value = sample.group(3).equals("+Inf")
                        ? Double.POSITIVE_INFINITY
                        : sample.group(3).equals("NaN") ? Double.NaN : Double.parseDouble(sample.group(3));
                assertThat(samples.put(line.substring(0, line.lastIndexOf(' ')), value))
                        .as("twice: %s", line)
                        .isNull();
            }
        }
        return samples;
    }

    @Test
    void countsRequestsByHowTheyEnded() throws Exception {
        for (int i = 0; i < 3; i++) {
            gateway.post(INFER, TestGateway.json(""));
        }
        gateway.post(INFER, TestGateway.json("\"parameters\": {\"class\": \"archive\"},"));
        gateway.post(INFER, TestGateway.json("\"parameters\": {\"max_latency_ms\": 77},"));
        gateway.post("/v2/models/nothing/infer", "{}");

        Map<String, Double> samples = scrape();
        assertThat(sum(samples, "purser_requests_total", "class=\"interactive\"", "outcome=\"answered\""))
                .isEqualTo(3);
        assertThat(sum(samples, "purser_requests_total", "class=\"archive\"", "variant=\"large\""))
                .isEqualTo(1);
        assertThat(sum(samples, "purser_requests_total", "class=\"other\"")).isEqualTo(1);
        assertThat(sum(samples, "purser_requests_total", "outcome=\"invalid\"")).isEqualTo(1);
        assertThat(samples)
                .containsEntry("purser_request_duration_seconds_count{class=\"interactive\"}", 3.0)
                .containsEntry("purser_request_duration_seconds_bucket{class=\"interactive\",le=\"+Inf\"}", 3.0)
                .containsEntry("purser_batch_size_count", 5.0)
                .containsEntry("purser_slo_violations_total{class=\"archive\"}", 0.0)
                .containsKey("purser_queue_length{variant=\"small\"}")
                .containsKey("purser_instances{fleet=\"small on c7a.medium\",state=\"ready\"}")
                .containsKey("purser_sandboxes{function=\"small at 1769 MB\"}")
                .containsKey("purser_cold_starts_total")
                .containsKey("process_uptime_seconds");
        assertThat(samples.keySet()).anyMatch(name -> name.startsWith("jvm_memory_used_bytes"));
        TestGateway.await("the cost is known", () -> {
            try {
                return scrape().getOrDefault("purser_cost_usd{item=\"c7a.medium\"}", 0.0) > 0;
            } catch (Exception e) {
                throw new AssertionError(e);
            }
        });
    }

    private static double sum(Map<String, Double> samples, String name, String... labels) {
        return samples.entrySet().stream()
                .filter(sample -> sample.getKey().startsWith(name + "{"))
                .filter(sample -> {
                    for (String label : labels) {
                        if (!sample.getKey().contains(label)) {
                            return false;
                        }
                    }
                    return true;
                })
                .mapToDouble(Map.Entry::getValue)
                .sum();
    }

    @Test
    void gainsNoLabelsFromWhatClientsSend() throws Exception {
        gateway.post(INFER, TestGateway.json(""));
        gateway.post(INFER, TestGateway.json("\"parameters\": {\"max_latency_ms\": 30},"));
        gateway.post("/v2/models/nothing/infer", "{}");
        Set<String> before = new HashSet<>(scrape().keySet());
        for (int i = 0; i < 20; i++) {
            gateway.post(
                    INFER,
                    TestGateway.json("\"id\": \"" + i + "\", \"parameters\": {\"max_latency_ms\": " + (31 + i) + "},"));
            gateway.post("/v2/models/nothing" + i + "/infer", "{}");
        }
        Set<String> after = new HashSet<>(scrape().keySet());
        after.removeAll(before);
        assertThat(after).noneMatch(name -> name.startsWith("purser_request"));
    }

    @Test
    void speaksOpenMetricsToThoseWhoAsk() throws Exception {
        HttpResponse<String> response = gateway.client.send(
                HttpRequest.newBuilder(URI.create(gateway.gateway.adminUrl() + "/metrics"))
                        .header("Accept", "application/openmetrics-text; version=1.0.0")
                        .build(),
                BodyHandlers.ofString());
        assertThat(response.headers().firstValue("Content-Type").orElseThrow())
                .startsWith("application/openmetrics-text");
        assertThat(response.body()).endsWith("# EOF\n");
    }

    @Test
    void tellsTheStateAsOfTheLastSecond() throws Exception {
        for (int i = 0; i < 5; i++) {
            gateway.post(INFER, TestGateway.json(""));
        }
        gateway.post("/v2/models/large/infer", TestGateway.json(""));
        JsonNode[] last = {null};
        TestGateway.await("the state has all six", () -> {
            try {
                last[0] = Json.parse("state", gateway.admin("/api/state").body());
            } catch (Exception e) {
                throw new AssertionError(e);
            }
            int answered = 0;
            for (JsonNode second : last[0].path("seconds").path("answered")) {
                answered += second.asInt();
            }
            return answered == 6 && last[0].path("decisions").size() == 6;
        });
        JsonNode state = last[0];
        assertThat(state.path("status").asText()).isEqualTo("serving");
        assertThat(state.path("about").path("application").asText()).isEqualTo("digits");
        assertThat(state.path("requests").path("answered").asInt()).isEqualTo(6);
        assertThat(state.path("requests").path("kept").asDouble()).isBetween(0.0, 1.0);
        JsonNode interactive = state.path("classes").path(0);
        assertThat(interactive.path("name").asText()).isEqualTo("interactive");
        assertThat(interactive.path("p50Ms").asDouble()).isPositive();
        assertThat(interactive.path("series").path("p50"))
                .hasSameSizeAs(state.path("seconds").path("answered"));
        assertThat(state.path("workers")).isNotEmpty();
        assertThat(state.path("cost").path("usd").asDouble()).isPositive();
        assertThat(state.path("cost").path("usdPerHour").asDouble()).isPositive();
        assertThat(state.path("plans").path(0).path("fleets")).isNotEmpty();
        JsonNode newest = state.path("decisions").path(0);
        assertThat(newest.path("variant").asText()).isEqualTo("large");
        assertThat(newest.path("dispatch").path("words").asText()).isNotEmpty();

        long second = state.path("seconds").path("last").asLong();
        JsonNode later =
                Json.parse("state", gateway.admin("/api/state?since=" + second).body());
        assertThat(later.path("seconds").path("answered"))
                .hasSize((int) (later.path("seconds").path("last").asLong() - second));
        assertThat(gateway.admin("/api/state?since=nonsense").statusCode()).isEqualTo(200);
    }

    @Test
    void hasAPageThatAsksNobodyElse() throws Exception {
        HttpResponse<String> page = gateway.admin("/");
        assertThat(page.statusCode()).isEqualTo(200);
        assertThat(page.headers().firstValue("Content-Security-Policy").orElseThrow())
                .contains("default-src 'none'")
                .contains("connect-src 'self'");
        assertThat(page.body()).contains("<title>Purser</title>").doesNotContain("{{");
        assertThat(Pattern.compile("(?:src|href)=\"(?!data:|#|metrics|api/state)")
                        .matcher(page.body().replaceAll("(?s)<script>.*?</script>", ""))
                        .find())
                .isFalse();
    }

    @Test
    void changesNothing() throws Exception {
        HttpResponse<String> response = gateway.client.send(
                HttpRequest.newBuilder(URI.create(gateway.gateway.adminUrl() + "/metrics"))
                        .POST(HttpRequest.BodyPublishers.ofString("x"))
                        .build(),
                BodyHandlers.ofString());
        assertThat(response.statusCode()).isEqualTo(405);
        assertThat(gateway.admin("/nothing").body()).contains("/api/state");
    }
}
