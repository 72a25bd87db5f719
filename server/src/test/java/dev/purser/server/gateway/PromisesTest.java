package dev.purser.server.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.purser.core.json.Json;
import dev.purser.server.gateway.ModelDirectory.Model;
import dev.purser.server.gateway.Promises.Kind;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Map;
import java.util.SplittableRandom;
import org.assertj.core.api.Assertions;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** How what a client asks for becomes a class of requests. */
final class PromisesTest {
    private static final Model APPLICATION = new Model("digits", -1);
    private static final Model LARGE = new Model("large", 1);

    private final TestBackend backend = new TestBackend();
    private final Promises promises = new Promises(backend);

    @AfterEach
    void close() {
        backend.close();
    }

    @Test
    void givesTheFirstDeclaredClassToWhoAsksForNothing() {
        Kind kind = promises.of(APPLICATION, Map.of());
        assertThat(kind.name()).isEqualTo("interactive");
        assertThat(kind.declared()).isTrue();
        assertThat(promises.of(APPLICATION, Map.of("class", "archive")).index()).isEqualTo(1);
    }

    @Test
    void promisesNothingOfAVariantThatIsNamed() {
        Kind kind = promises.of(LARGE, Map.of());
        assertThat(kind.declared()).isFalse();
        assertThat(kind.requestClass().variant()).isEqualTo("large");
        assertThat(kind.requestClass().slo().maxLatency()).isNull();
        assertThat(promises.of(LARGE, Map.of("priority", 3L))).isSameAs(kind);
    }

    @Test
    void takesAClassAsThePromiseOfANamedVariant() {
        Kind kind = promises.of(LARGE, Map.of("class", "interactive"));
        assertThat(kind.requestClass().variant()).isEqualTo("large");
        assertThat(kind.requestClass().slo().maxLatency()).isEqualTo(Duration.ofMillis(100));
        assertThat(kind.declared()).isFalse();
    }

    @Test
    void isStrictWhereALatencyIsAskedForUnlessTold() {
        assertThat(promises.of(APPLICATION, Map.of("max_latency_ms", 50L))
                        .requestClass()
                        .slo()
                        .urgency())
                .hasToString("STRICT");
        assertThat(promises.of(APPLICATION, Map.of("min_accuracy", 0.5))
                        .requestClass()
                        .slo()
                        .urgency())
                .hasToString("RELAXED");
        assertThat(promises.of(APPLICATION, Map.of("max_latency_ms", 50L, "urgency", "relaxed"))
                        .requestClass()
                        .slo()
                        .urgency())
                .hasToString("RELAXED");
    }

    @Test
    void roundsToTheStrictSideSoThatClassesStayFew() {
        Kind kind = promises.of(APPLICATION, Map.of("max_latency_ms", 128.7, "max_cost_usd_per_1k", 0.0129));
        assertThat(kind.requestClass().slo().maxLatency()).isEqualTo(Duration.ofMillis(120));
        assertThat(kind.requestClass().slo().maxCostUsdPer1k()).isEqualTo(0.012);
        assertThat(promises.of(APPLICATION, Map.of("max_latency_ms", 121L, "max_cost_usd_per_1k", 0.01209)))
                .isSameAs(kind);
        assertThat(promises.of(APPLICATION, Map.of("min_accuracy", 0.5611))
                        .requestClass()
                        .slo()
                        .minAccuracy())
                .isEqualTo(0.57);
    }

    @Test
    void doesNotRoundPastAVariantThatIsGoodEnough() {
        assertThat(promises.of(APPLICATION, Map.of("min_accuracy", 0.985))
                        .requestClass()
                        .slo()
                        .minAccuracy())
                .isEqualTo(0.987);
        // large takes 20 ms, and 21 would be 21: but 20.4 rounds to 20 and 2.04 to 2
        assertThat(promises.of(LARGE, Map.of("max_latency_ms", 20.4))
                        .requestClass()
                        .slo()
                        .maxLatency())
                .isEqualTo(Duration.ofMillis(20));
    }

    @Test
    void promisesExactlyWhatIsAskedWhereTheStrictSideIsImpossible() {
        double cheapest = backend.catalog().leastUsdPerRequest(1) * 1000;
        double asked = Math.nextUp(cheapest) * 1.0001;
        Kind kind = promises.of(LARGE, Map.of("max_cost_usd_per_1k", asked));
        assertThat(kind.requestClass().slo().maxCostUsdPer1k()).isEqualTo(asked);
    }

    @Test
    void isNeverLaxerThanWhatIsAskedFor() {
        long seed = System.nanoTime();
        SplittableRandom random = new SplittableRandom(seed);
        for (int i = 0; i < 200; i++) {
            double ms = Math.exp(random.nextDouble(Math.log(25), Math.log(3_600_000)));
            double accuracy = random.nextDouble(0.001, 0.987);
            Kind kind = promises.of(
                    APPLICATION,
                    random.nextBoolean() ? Map.of("max_latency_ms", ms) : Map.of("min_accuracy", accuracy));
            var slo = kind.requestClass().slo();
            if (slo.maxLatency() != null) {
                assertThat(slo.maxLatency().toNanos() / 1e6).as("seed %d", seed).isBetween(ms * 0.9, ms);
            } else {
                assertThat(slo.minAccuracy()).as("seed %d", seed).isBetween(accuracy, accuracy + 0.01);
            }
        }
    }

    @Test
    void hasALimitOnTheClassesThatClientsBringAbout() {
        int made = 0;
        Refusal refusal = null;
        for (int i = 0; refusal == null && i < 1000; i++) {
            // 90 costs that stay as they are, for each latency
            Map<String, Object> asked =
                    Map.of("max_latency_ms", 30L + i / 90, "max_cost_usd_per_1k", (10 + i % 90) / 10.0);
            try {
                promises.of(APPLICATION, asked);
                promises.of(APPLICATION, asked);
                made++;
            } catch (Refusal e) {
                refusal = e;
            }
        }
        assertThat(made).isEqualTo(Promises.MAX_CLASSES);
        assertThat(refusal).isNotNull();
        assertThat(refusal.status()).isEqualTo(429);
        assertThat(refusal.getMessage()).contains("256 different promises").contains("interactive");
        // those that exist go on
        assertThat(promises.of(APPLICATION, Map.of("class", "archive")).index()).isEqualTo(1);
    }

    @Test
    void countsNoClassThatNothingCanKeep() {
        for (int i = 0; i < 2 * Promises.MAX_CLASSES; i++) {
            double asked = 0.01 + i / 1000.0;
            Assertions.assertThatThrownBy(() -> promises.of(APPLICATION, Map.of("max_latency_ms", asked)))
                    .isInstanceOfSatisfying(
                            Refusal.class,
                            refusal -> assertThat(refusal.status()).isEqualTo(422));
        }
        assertThat(promises.of(APPLICATION, Map.of("max_latency_ms", 80L)).declared())
                .isFalse();
    }

    @Test
    void choosesAVariantThatKeepsIt() throws Exception {
        try (TestGateway gateway = new TestGateway()) {
            assertThat(variant(gateway, "\"min_accuracy\": 0.95")).isEqualTo("large");
            assertThat(variant(gateway, "\"max_latency_ms\": 10")).isEqualTo("small");
            assertThat(variant(gateway, "\"class\": \"archive\"")).isEqualTo("large");
        }
    }

    private static String variant(TestGateway gateway, String parameters) throws Exception {
        HttpResponse<String> response =
                gateway.post("/v2/models/digits/infer", TestGateway.json("\"parameters\": {" + parameters + "},"));
        assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
        JsonNode json = Json.parse("response", response.body());
        return json.path("parameters").path("variant").asText();
    }
}
