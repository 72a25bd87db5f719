package dev.purser.server.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What clients say of answers, and the trace that a request belongs to. */
final class FeedbackTest {
    private static final String PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    private final TestGateway gateway = new TestGateway();

    @AfterEach
    void close() {
        gateway.close();
    }

    @Test
    void takesFeedbackByTheIdOfARequestOrByItsVariant() throws Exception {
        gateway.post("/v2/models/digits/infer", TestGateway.json("\"id\": \"the first\","));
        for (String body : new String[] {
            "{\"request_id\": \"the first\", \"correct\": true}",
            "{\"request_id\": \"the first\", \"correct\": false}",
            "{\"variant\": \"large\", \"correct\": false}"
        }) {
            HttpResponse<String> response = gateway.post("/v2/models/digits/feedback", body);
            assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
        }
        assertThat(gateway.post("/v2/models/small/feedback", "{\"request_id\": \"the first\", \"correct\": true}")
                        .statusCode())
                .isEqualTo(200);
    }

    @Test
    void forgetsOldRequests() {
        RecentAnswers recent = new RecentAnswers();
        for (int i = 0; i <= RecentAnswers.CAPACITY; i++) {
            recent.answered("request " + i, i % 3);
        }
        assertThat(recent.variant("request 0")).isNull();
        assertThat(recent.variant("request 1")).isEqualTo(1);
        recent.answered("x".repeat(1000), 1);
        assertThat(recent.variant("x".repeat(1000))).isNull();
    }

    @Test
    void handsTheTraceOn() throws Exception {
        HttpResponse<String> response = gateway.post(
                "/v2/models/digits/infer",
                TestGateway.json(""),
                "traceparent",
                PARENT,
                "tracestate",
                "rojo=00f067aa0ba902b7,congo=t61rcWkgMzE");
        assertThat(response.headers().firstValue("traceparent")).hasValue(PARENT);
        assertThat(response.headers().firstValue("tracestate")).hasValue("rojo=00f067aa0ba902b7,congo=t61rcWkgMzE");
        HttpResponse<String> wrong = gateway.client.send(
                HttpRequest.newBuilder(URI.create(gateway.gateway.url() + "/v2"))
                        .header("traceparent", "not-a-trace")
                        .build(),
                BodyHandlers.ofString());
        assertThat(wrong.statusCode()).isEqualTo(200);
        assertThat(wrong.headers().firstValue("traceparent")).isEmpty();
    }

    @Test
    void takesOnlyTracesThatAreValid() {
        assertThat(TraceContext.of(PARENT, null)).isNotNull();
        assertThat(TraceContext.of(PARENT, null).traceId()).isEqualTo("0af7651916cd43dd8448eb211c80319c");
        // a later version may say more
        assertThat(TraceContext.of("cc" + PARENT.substring(2) + "-what-the-future-holds", null))
                .isNotNull();
        for (String wrong : new String[] {
            "",
            PARENT + "-more",
            PARENT.toUpperCase(java.util.Locale.ROOT),
            "ff" + PARENT.substring(2),
            "00-00000000000000000000000000000000-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
            PARENT.substring(0, 54),
            PARENT.replace('-', '_')
        }) {
            assertThat(TraceContext.of(wrong, "a=b")).as(wrong).isNull();
        }
        assertThat(TraceContext.of(null, "a=b")).isNull();
        assertThat(TraceContext.of(PARENT, "a=b, tenant@vendor=c").state()).isEqualTo("a=b, tenant@vendor=c");
        for (String wrong : new String[] {"", "a", "A=b", "a=b=c", "a=" + "x".repeat(300), "a=b,".repeat(40)}) {
            assertThat(TraceContext.of(PARENT, wrong).state()).as(wrong).isNull();
        }
    }
}
