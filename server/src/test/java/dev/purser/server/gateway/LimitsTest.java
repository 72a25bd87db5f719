package dev.purser.server.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.purser.core.engine.Outcome;
import dev.purser.local.Answer;
import java.io.ByteArrayInputStream;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Clients that send too much, too slowly, too often, or go away. */
final class LimitsTest {
    private static final String INFER = "/v2/models/digits/infer";
    private static final int MAX_BODY = 64 << 10;

    private TestGateway gateway = new TestGateway(settings -> settings);

    @AfterEach
    void close() {
        gateway.close();
    }

    private void restart(UnaryOperator<GatewaySettings> settings) {
        gateway.close();
        gateway = new TestGateway(settings);
    }

    private static GatewaySettings small(GatewaySettings all, int maxBody, int maxOpen, Duration patience) {
        return new GatewaySettings(
                all.host(),
                0,
                all.adminHost(),
                0,
                maxBody,
                maxOpen,
                Duration.ofSeconds(5),
                patience,
                all.apiKeys(),
                all.tls());
    }

    private void serves() throws Exception {
        assertThat(gateway.post(INFER, TestGateway.json("")).statusCode()).isEqualTo(200);
    }

    @Test
    void refusesABodyOverTheLimit() throws Exception {
        restart(all -> small(all, MAX_BODY, 100, Duration.ofSeconds(30)));
        for (int length : new int[] {MAX_BODY + 1, 3 * MAX_BODY, 100 * MAX_BODY}) {
            HttpResponse<String> response = gateway.post(INFER, " ".repeat(length));
            assertThat(response.statusCode()).isEqualTo(413);
            assertThat(response.body()).contains("65,536 bytes").contains("--max-body");
        }
        // one byte less is read, and found to be no request
        assertThat(gateway.post(INFER, " ".repeat(MAX_BODY)).statusCode()).isEqualTo(400);
        serves();
    }

    @Test
    void refusesAChunkedBodyOverTheLimit() throws Exception {
        restart(all -> small(all, MAX_BODY, 100, Duration.ofSeconds(30)));
        for (int length : new int[] {MAX_BODY + 1, 3 * MAX_BODY, 100 * MAX_BODY}) {
            HttpRequest request = HttpRequest.newBuilder(URI.create(gateway.gateway.url() + INFER))
                    .POST(BodyPublishers.ofInputStream(() -> new ByteArrayInputStream(new byte[length])))
                    .build();
            HttpResponse<String> response = gateway.client.send(request, BodyHandlers.ofString());
            assertThat(response.statusCode()).isEqualTo(413);
            assertThat(response.body()).contains("--max-body");
        }
        serves();
    }

    @Test
    void takesAChunkedBody() throws Exception {
        byte[] body = TestGateway.json("").getBytes(StandardCharsets.UTF_8);
        HttpRequest request = HttpRequest.newBuilder(URI.create(gateway.gateway.url() + INFER))
                .POST(BodyPublishers.ofInputStream(() -> new ByteArrayInputStream(body)))
                .build();
        assertThat(gateway.client.send(request, BodyHandlers.ofString()).statusCode())
                .isEqualTo(200);
    }

    @Test
    void saysBeforehandWhetherABodyIsWanted() throws Exception {
        String head = "POST " + INFER + " HTTP/1.1\r\nHost: a\r\nConnection: close\r\nExpect: 100-continue\r\n";
        assertThat(gateway.raw(head + "Content-Length: 999999999\r\n\r\n"))
                .startsWith("HTTP/1.1 413")
                .doesNotContain("100 Continue");
        assertThat(gateway.raw(head.replace("digits", "nothing") + "Content-Length: 100\r\n\r\n"))
                .startsWith("HTTP/1.1 404")
                .doesNotContain("100 Continue");
        String body = TestGateway.json("");
        assertThat(gateway.raw(head + "Content-Length: " + body.length() + "\r\n\r\n" + body))
                .startsWith("HTTP/1.1 100 Continue")
                .contains("HTTP/1.1 200 OK");
    }

    @Test
    void readsNoChunkThatIsLongerThanTheLimit() throws Exception {
        String answer = gateway.raw(
                "POST " + INFER + " HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" + "7fffffff\r\nabc");
        assertThat(answer).startsWith("HTTP/1.1 413").contains("{\"error\":");
        serves();
    }

    @Test
    void answersWhatIsNoProperHttpInJson() throws Exception {
        for (String request : List.of(
                "GET /v2 HTTP/1.1\r\nHost: a\r\nX: " + "y".repeat(20_000) + "\r\n\r\n",
                "GET /" + "y".repeat(10_000) + " HTTP/1.1\r\nHost: a\r\n\r\n",
                "POST " + INFER + " HTTP/1.1\r\nHost: a\r\nContent-Length: many\r\n\r\n",
                "GET /v2 HTTP/1.1\r\nHost a\r\n\r\n")) {
            assertThat(gateway.raw(request))
                    .startsWith("HTTP/1.1 4")
                    .contains("application/json")
                    .contains("{\"error\":")
                    .contains("Connection: close");
        }
        serves();
    }

    @Test
    void goesOnAfterARequestItRefusedOnTheSameConnection() throws Exception {
        String body = "x".repeat(5000);
        try (Socket socket = gateway.socket()) {
            socket.getOutputStream()
                    .write(("POST /v2/models/nothing/infer HTTP/1.1\r\nHost: a\r\nContent-Length: " + body.length()
                                    + "\r\n\r\n" + body + "GET /v2/health/live HTTP/1.1\r\nHost: a\r\nConnection: close"
                                    + "\r\n\r\n")
                            .getBytes(StandardCharsets.UTF_8));
            assertThat(TestGateway.read(socket)).contains("404 Not Found").contains("{\"live\":true}");
        }
    }

    @Test
    void endsConnectionsOfThoseWhoSendSlowly() throws Exception {
        restart(all -> small(all, MAX_BODY, 100, Duration.ofMillis(400)));
        String head = "POST " + INFER + " HTTP/1.1\r\nHost: a\r\n";
        for (String start : List.of(
                head + "Content-Length: 1000\r\n\r\n{",
                head + "Transfer-Encoding: chunked\r\n\r\n400\r\n{",
                head + "X-More: ")) {
            try (Socket socket = gateway.socket()) {
                socket.getOutputStream().write(start.getBytes(StandardCharsets.UTF_8));
                // it trickles, so that no single read would ever time out
                Thread trickle = Thread.ofVirtual().start(() -> {
                    try {
                        while (true) {
                            Thread.sleep(50);
                            socket.getOutputStream().write('x');
                        }
                    } catch (Exception e) {
                        // the server has had enough
                    }
                });
                assertThat(TestGateway.read(socket)).doesNotContain("200 OK");
                trickle.join();
            }
        }
        TestGateway.await("nothing is open", () -> gateway.gateway.openRequests() == 0);
        serves();
    }

    @Test
    void survivesClientsThatGoAway() throws Exception {
        String body = TestGateway.json("");
        String request =
                "POST " + INFER + " HTTP/1.1\r\nHost: a\r\nContent-Length: " + body.length() + "\r\n\r\n" + body;
        gateway.backend.hold = true;
        for (int i = 0; i < 20; i++) {
            try (Socket socket = gateway.socket()) {
                // half of them in the middle of the body, and half while they wait
                socket.getOutputStream()
                        .write(request.substring(0, i % 2 == 0 ? request.length() / 2 : request.length())
                                .getBytes(StandardCharsets.UTF_8));
            }
        }
        TestGateway.await("those that were sent are served", () -> gateway.backend.heldNow() >= 3);
        gateway.backend.release();
        TestGateway.await("nothing is open", () -> gateway.gateway.openRequests() == 0);
        serves();
        assertThat(gateway.admin("/metrics").body()).contains("purser_request_body_bytes 0.0");
    }

    @Test
    void turnsAwayWhatIsMoreThanMayBeOpen() throws Exception {
        restart(all -> small(all, MAX_BODY, 5, Duration.ofSeconds(30)));
        gateway.backend.hold = true;
        List<CompletableFuture<HttpResponse<String>>> open = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            open.add(gateway.client.sendAsync(gateway.request(INFER, TestGateway.json("")), BodyHandlers.ofString()));
        }
        TestGateway.await("all five are open", () -> gateway.gateway.openRequests() == 5);
        HttpResponse<String> sixth = gateway.post(INFER, TestGateway.json(""));
        assertThat(sixth.statusCode()).isEqualTo(429);
        assertThat(sixth.headers().firstValue("Retry-After")).hasValue("1");
        assertThat(sixth.body()).contains("5 open requests").contains("--max-open");
        // whoever looks after the server is not turned away
        assertThat(gateway.get("/v2/health/live").statusCode()).isEqualTo(200);
        assertThat(gateway.admin("/metrics").body())
                .contains("outcome=\"turned_away\"")
                .contains("purser_requests_open 5.0");
        gateway.backend.release();
        for (CompletableFuture<HttpResponse<String>> one : open) {
            assertThat(one.get().statusCode()).isEqualTo(200);
        }
        serves();
    }

    @Test
    void holdsNoMoreMemoryForBodiesThanItMay() {
        Admission admission = new Admission(10, 1000);
        Admission.Ticket one = admission.enter();
        one.hold(600);
        Admission.Ticket two = admission.enter();
        assertThatThrownBy(() -> two.hold(500)).isInstanceOfSatisfying(Refusal.class, refusal -> {
            assertThat(refusal.status()).isEqualTo(429);
            assertThat(refusal.retryAfter()).isPositive();
        });
        two.hold(400);
        one.hold(100);
        two.hold(900);
        assertThat(admission.bytes()).isEqualTo(1000);
        one.close();
        two.close();
        assertThat(admission.bytes()).isZero();
        assertThat(admission.open()).isZero();
    }

    @Test
    void saysWhyTheEngineRefusedAndWhenToComeBack() throws Exception {
        gateway.backend.last = answer -> end(answer, Outcome.REFUSED, 429, "the queue is full");
        HttpResponse<String> refused = gateway.post(INFER, TestGateway.json(""));
        assertThat(refused.statusCode()).isEqualTo(429);
        assertThat(refused.headers().firstValue("Retry-After")).hasValue("1");
        assertThat(refused.body()).contains("refused (").contains("the queue is full");

        gateway.backend.last = answer -> end(answer, Outcome.FAILED, 503, "no worker could be started");
        HttpResponse<String> unavailable = gateway.post(INFER, TestGateway.json(""));
        assertThat(unavailable.statusCode()).isEqualTo(503);
        assertThat(unavailable.headers().firstValue("Retry-After")).isPresent();
        assertThat(unavailable.body()).isEqualTo("{\"error\":\"no worker could be started\"}");

        gateway.backend.last = answer -> end(answer, Outcome.FAILED, 504, "the batch took too long");
        assertThat(gateway.post(INFER, TestGateway.json("")).statusCode()).isEqualTo(504);
        assertThat(gateway.admin("/api/state").body())
                .contains("\"status\":503")
                .contains("the batch took too long");
    }

    private static Answer end(Answer answer, Outcome outcome, int status, String cause) {
        return new Answer(
                outcome,
                answer.variant(),
                answer.reason(),
                null,
                answer.latencyNanos(),
                answer.queuedNanos(),
                answer.inferenceNanos(),
                null,
                cause,
                status);
    }
}
