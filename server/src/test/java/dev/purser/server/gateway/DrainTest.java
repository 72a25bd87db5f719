package dev.purser.server.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.purser.core.InputException;
import java.net.ConnectException;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** How a gateway stops, and why it may not start. */
final class DrainTest {
    private static final String INFER = "/v2/models/digits/infer";

    private final TestGateway gateway = new TestGateway();

    @AfterEach
    void close() {
        gateway.close();
    }

    @Test
    void finishesWhatIsOpenAndTakesNothingNew() throws Exception {
        gateway.backend.hold = true;
        List<CompletableFuture<HttpResponse<String>>> open = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            open.add(gateway.client.sendAsync(gateway.request(INFER, TestGateway.json("")), BodyHandlers.ofString()));
        }
        TestGateway.await("they are open", () -> gateway.gateway.openRequests() == 5);
        Thread closing = Thread.ofVirtual().start(gateway.gateway::close);
        TestGateway.await("it drains", () -> {
            try {
                return gateway.get("/v2/health/ready").statusCode() == 503;
            } catch (Exception e) {
                throw new AssertionError(e);
            }
        });

        HttpResponse<String> late = gateway.post(INFER, TestGateway.json(""));
        assertThat(late.statusCode()).isEqualTo(503);
        assertThat(late.headers().firstValue("Connection")).hasValue("close");
        assertThat(late.headers().firstValue("Retry-After")).isPresent();
        assertThat(late.body()).contains("shutting down");
        assertThat(gateway.get("/v2/models/small/ready").statusCode()).isEqualTo(503);
        assertThat(gateway.admin("/api/state").body()).contains("\"status\":\"draining\"");
        assertThat(closing.isAlive()).isTrue();

        gateway.backend.release();
        for (CompletableFuture<HttpResponse<String>> one : open) {
            assertThat(one.get().statusCode()).isEqualTo(200);
        }
        closing.join();
        assertThatThrownBy(() -> new Socket("127.0.0.1", gateway.gateway.port()).close())
                .isInstanceOf(ConnectException.class);
        assertThatThrownBy(() -> new Socket("127.0.0.1", gateway.gateway.adminPort()).close())
                .isInstanceOf(ConnectException.class);
    }

    @Test
    void waitsNoLongerThanTheGrace() throws Exception {
        TestBackend backend = new TestBackend();
        backend.hold = true;
        try (TestGateway hasty = new TestGateway(
                all -> new GatewaySettings(
                        all.host(),
                        0,
                        all.adminHost(),
                        0,
                        all.maxBody(),
                        all.maxOpen(),
                        Duration.ofMillis(200),
                        all.patience(),
                        null,
                        null),
                backend)) {
            CompletableFuture<HttpResponse<String>> open =
                    hasty.client.sendAsync(hasty.request(INFER, TestGateway.json("")), BodyHandlers.ofString());
            TestGateway.await("it is open", () -> hasty.gateway.openRequests() == 1);
            hasty.gateway.close();
            assertThatThrownBy(open::get).hasCauseInstanceOf(java.io.IOException.class);
        }
    }

    @Test
    void saysWhichPortIsTaken() throws Exception {
        try (ServerSocket taken = new ServerSocket(0, 1, java.net.InetAddress.getByName("127.0.0.1"))) {
            int port = taken.getLocalPort();
            assertThatThrownBy(() -> Gateway.start(
                            GatewaySettings.defaults().withPorts(port, 0), gateway.backend, "test", "test"))
                    .isInstanceOf(InputException.class)
                    .hasMessageContaining("--port: port " + port + " of 127.0.0.1 is taken")
                    .hasMessageContaining("--port 0");
            assertThatThrownBy(() -> Gateway.start(
                            GatewaySettings.defaults().withPorts(0, port), gateway.backend, "test", "test"))
                    .isInstanceOf(InputException.class)
                    .hasMessageContaining("--admin-port: port " + port);
        }
    }

    @Test
    void saysThatAHostIsNone() {
        GatewaySettings all = GatewaySettings.defaults();
        for (String host : List.of("no.such.host.invalid", "192.0.2.1")) {
            GatewaySettings elsewhere = new GatewaySettings(
                    host, 0, all.adminHost(), 0, all.maxBody(), all.maxOpen(), all.grace(), all.patience(), null, null);
            assertThatThrownBy(() -> Gateway.start(elsewhere, gateway.backend, "test", "test"))
                    .isInstanceOf(InputException.class)
                    .hasMessageContaining(host);
        }
    }

    @Test
    void isNotReadyBeforeTheFirstWorkersAre() throws Exception {
        gateway.backend.ready = false;
        HttpResponse<String> ready = gateway.get("/v2/health/ready");
        assertThat(ready.statusCode()).isEqualTo(503);
        assertThat(ready.body()).contains("still starting");
        assertThat(gateway.get("/v2/models/digits/ready").statusCode()).isEqualTo(503);
        assertThat(gateway.post("/v2/repository/index", "{\"ready\": true}").body())
                .isEqualTo("[]");
        assertThat(gateway.post("/v2/repository/index", "").body()).contains("UNAVAILABLE");
    }
}
