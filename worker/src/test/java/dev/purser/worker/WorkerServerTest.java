package dev.purser.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.purser.worker.protocol.EncodedMessage;
import dev.purser.worker.protocol.InferRequest;
import dev.purser.worker.protocol.InferResponse;
import dev.purser.worker.protocol.InferenceClient;
import dev.purser.worker.protocol.InferenceCodec;
import dev.purser.worker.protocol.ProtocolException;
import dev.purser.worker.protocol.RepositoryEntry;
import dev.purser.worker.protocol.RequestedOutput;
import dev.purser.worker.protocol.Tensor;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Timeout(60)
class WorkerServerTest {
    private static final Duration TIMEOUT = Duration.ofSeconds(20);

    private static final String ONE =
            "{\"inputs\":[{\"name\":\"x\",\"shape\":[1],\"datatype\":\"FP32\",\"data\":[1]}]}";

    private final HttpClient http = HttpClient.newHttpClient();
    private WorkerServer server;
    private InferenceClient client;

    private void serve(WorkerConfiguration configuration, ServedModel model) {
        server = new WorkerServer(configuration);
        server.start();
        if (model != null) {
            server.serve(model);
        }
        client = InferenceClient.of(URI.create("http://127.0.0.1:" + server.port()));
    }

    private static WorkerConfiguration configuration(String settings) {
        return WorkerConfiguration.read(
                "test", "{\"model\":\"m\",\"version\":\"1\",\"source\":{\"onnx\":\"none\"}" + settings + "}");
    }

    @AfterEach
    void stop() {
        client.close();
        server.close();
        http.close();
    }

    private HttpResponse<String> get(String path) throws Exception {
        return http.send(request(path).GET().build(), BodyHandlers.ofString());
    }

    private HttpResponse<String> post(String path, String body) throws Exception {
        return http.send(request(path).POST(BodyPublishers.ofString(body)).build(), BodyHandlers.ofString());
    }

    private HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + server.port() + path))
                .timeout(TIMEOUT);
    }

    private static InferRequest input(float value) {
        return InferRequest.of(Tensor.floats("x", new long[] {1}, value));
    }

    @Test
    void answersWhatTheProtocolAsksOfAServer() throws Exception {
        serve(configuration(""), new GatedModel(99));

        assertThat(client.isLive(TIMEOUT)).isTrue();
        assertThat(client.isReady(TIMEOUT)).isTrue();
        assertThat(client.isReady("m", TIMEOUT)).isTrue();
        assertThat(client.isReady("n", TIMEOUT)).isFalse();
        assertThat(client.metadata(TIMEOUT).extensions()).contains("binary_tensor_data", "model_repository");
        assertThat(client.metadata("m", TIMEOUT)).isEqualTo(new GatedModel(0).metadata());
        assertThat(client.index(TIMEOUT)).containsExactly(new RepositoryEntry("m", "1", "READY", null));
        assertThat(get("/v2/models/m/versions/1").statusCode()).isEqualTo(200);
        assertThat(get("/v2/models/m/versions/1/ready").body()).isEqualTo("{\"name\":\"m\",\"ready\":true}");
        assertThat(get("/v2/").statusCode()).isEqualTo(200);
    }

    @Test
    void infersFromJsonAndBinary() throws Exception {
        serve(configuration(""), new GatedModel(99));
        Tensor x = Tensor.floats("x", new long[] {3}, 1.5f, -0f, 3e38f);

        InferResponse binary = client.infer("m", InferRequest.of(x), TIMEOUT);
        InferRequest asJson =
                new InferRequest("7", Map.of(), List.of(x), List.of(new RequestedOutput("x", null)), false);
        EncodedMessage json =
                client.post("/v2/models/m/versions/1/infer", InferenceCodec.writeRequest(asJson, false), TIMEOUT);

        assertThat(binary).isEqualTo(new InferResponse("m", "1", null, Map.of(), List.of(x)));
        assertThat(json.jsonLength()).isEqualTo(-1);
        assertThat(new String(json.body(), StandardCharsets.UTF_8))
                .isEqualTo("{\"model_name\":\"m\",\"model_version\":\"1\",\"id\":\"7\",\"outputs\":[{\"name\":\"x\","
                        + "\"datatype\":\"FP32\",\"shape\":[3],\"data\":[1.5,-0.0,3.0E38]}]}");
    }

    @Test
    void namesAreDecoded() throws Exception {
        serve(
                WorkerConfiguration.read("test", "{\"model\":\"a b/c+ü\",\"source\":{\"onnx\":\"none\"}}"),
                new GatedModel(99));

        assertThat(client.infer("a b/c+ü", input(1), TIMEOUT).modelName()).isEqualTo("a b/c+ü");
        assertThat(raw("GET /v2/models/%zz HTTP/1.1\r\nHost: x\r\n\r\n")).contains(" 400 ");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "GET | /v2/models/n | 404 | there is no model 'n' here, only 'm'",
                "POST | /v2/models/n/infer | 404 | there is no model 'n' here",
                "POST | /v2/models/m/versions/2/infer | 404 | has no version '2', only '1'",
                "GET | /v2/models/m/infer | 405 | only POST",
                "POST | /v2/models/m/ready | 405 | only GET",
                "PUT | /v2 | 405 | only GET",
                "GET | /v2/repository/index | 405 | only POST",
                "GET | / | 404 | there is nothing at '/'; the paths are /v2",
                "GET | /v1/models/m | 404 | there is nothing at",
                "GET | /v2/models | 404 | there is nothing at",
                "GET | /v2/models/m/explain | 404 | there is nothing at",
                "GET | /v2/models/m/versions/1/infer/x | 404 | there is nothing at",
                "GET | /v2/health/well | 404 | there is nothing at"
            })
    void saysWhatThereIs(String method, String path, int status, String message) throws Exception {
        serve(configuration(""), new GatedModel(99));

        HttpResponse<String> response =
                http.send(request(path).method(method, BodyPublishers.noBody()).build(), BodyHandlers.ofString());

        assertThat(response.statusCode()).isEqualTo(status);
        assertThat(response.body()).startsWith("{\"error\":\"").contains(message);
        assertThat(response.headers().firstValue("content-type")).hasValue("application/json");
    }

    @Test
    void saysWhatIsWrongWithARequest() throws Exception {
        serve(configuration(""), new GatedModel(99));

        HttpResponse<String> response = post("/v2/models/m/infer", "{\"inputs\":[}");

        assertThat(response.statusCode()).isEqualTo(400);
        assertThat(response.body()).contains("the body is not JSON at line 1");
        assertThat(post("/v2/models/m/infer", "").body()).contains("the body is empty");
        HttpRequest header = request("/v2/models/m/infer")
                .header("Inference-Header-Content-Length", "many")
                .POST(BodyPublishers.ofString(ONE))
                .build();
        assertThat(http.send(header, BodyHandlers.ofString()).body()).contains("it must be the length of the JSON");
    }

    @Test
    void aFaultOfTheModelIsAnErrorOfTheServer() throws Exception {
        serve(configuration(""), new GatedModel(99));

        assertThatThrownBy(() -> client.infer("m", input(-1), TIMEOUT))
                .isInstanceOfSatisfying(
                        ProtocolException.class, e -> assertThat(e.status()).isEqualTo(500))
                .hasMessageContaining("a fault of the model");
        assertThat(client.infer("m", input(1), TIMEOUT).outputs()).hasSize(1);
    }

    @Test
    void isLiveBeforeItIsReady() throws Exception {
        serve(configuration(""), null);

        assertThat(client.isLive(TIMEOUT)).isTrue();
        assertThat(client.isReady(TIMEOUT)).isFalse();
        assertThat(client.isReady("m", TIMEOUT)).isFalse();
        assertThat(client.index(TIMEOUT)).extracting(RepositoryEntry::state).containsExactly("UNAVAILABLE");
        assertThatThrownBy(() -> client.infer("m", input(1), TIMEOUT)).hasMessage("model 'm' is not loaded yet");
    }

    @Test
    void runsAsManyAsThereAreSlotsAndRefusesWhatTheQueueCannotHold() throws Exception {
        GatedModel model = new GatedModel(0);
        serve(configuration(",\"slots\":2,\"queue\":3"), model);
        try (ExecutorService callers = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<InferResponse>> answers = new ArrayList<>();
            for (int i = 0; i < 5; i++) {
                float value = i;
                answers.add(callers.submit(() -> client.infer("m", input(value), TIMEOUT)));
            }
            Await.until("five are admitted", () -> server.admitted() == 5);

            HttpResponse<String> refused = post("/v2/models/m/infer", ONE);

            assertThat(refused.statusCode()).isEqualTo(503);
            assertThat(refused.headers().firstValue("retry-after")).hasValue("1");
            assertThat(refused.body()).contains("2 requests run and 3 wait");
            assertThat(client.isReady(TIMEOUT)).isTrue();
            model.gate.release(5);
            for (int i = 0; i < 5; i++) {
                assertThat(answers.get(i).get().outputs().get(0).floats()).containsExactly(i);
            }
            assertThat(model.most).hasValue(2);
            model.gate.release(1);
            assertThat(post("/v2/models/m/infer", ONE).statusCode()).isEqualTo(200);
        }
    }

    @Test
    void aRequestWaitsForASlotNoLongerThanItsTimeout() throws Exception {
        GatedModel model = new GatedModel(0);
        serve(configuration(",\"requestTimeout\":\"50ms\""), model);
        try (ExecutorService callers = Executors.newVirtualThreadPerTaskExecutor()) {
            Future<InferResponse> first = callers.submit(() -> client.infer("m", input(1), TIMEOUT));
            Await.until("the first runs", () -> model.running.get() == 1);

            assertThatThrownBy(() -> client.infer("m", input(1), TIMEOUT))
                    .hasMessageContaining("no slot was free within 50 ms");
            model.gate.release();
            assertThat(first.get().outputs()).hasSize(1);
        }
    }

    @Test
    void bodiesHaveALimit() throws Exception {
        serve(configuration(",\"maxBodyBytes\":4096"), new GatedModel(99));
        String padded = ONE + " ".repeat(4096 - ONE.length());
        HttpRequest chunked = request("/v2/models/m/infer")
                .POST(BodyPublishers.ofInputStream(() -> new Endless(1_000_000)))
                .build();

        assertThat(post("/v2/models/m/infer", padded).statusCode()).isEqualTo(200);
        HttpResponse<String> tooLarge = post("/v2/models/m/infer", padded + " ");
        assertThat(tooLarge.statusCode()).isEqualTo(413);
        assertThat(tooLarge.body()).contains("the body has 4097 bytes, but at most 4096 are taken");
        assertThat(raw("POST /v2/models/m/infer HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999\r\n\r\n"))
                .contains(" 413 ");
        try {
            assertThat(http.send(chunked, BodyHandlers.ofString()).statusCode()).isEqualTo(413);
        } catch (IOException e) {
            // the server may close the connection while the client still writes
            assertThat(e).hasMessageMatching("(?s).*");
        }
        assertThat(client.infer("m", input(1), TIMEOUT).outputs()).hasSize(1);
    }

    @Test
    void takesGzipWithinTheSameLimit() throws Exception {
        serve(configuration(",\"maxBodyBytes\":4096"), new GatedModel(99));

        assertThat(sendGzip("gzip", ONE.getBytes(StandardCharsets.UTF_8)).body())
                .contains("\"data\":[1.0]");
        assertThat(sendGzip("gzip", new byte[10_000_000]).statusCode()).isEqualTo(413);
        assertThat(sendGzip("br", new byte[10]).statusCode()).isBetween(400, 415);
        HttpRequest broken = request("/v2/models/m/infer")
                .header("Content-Encoding", "gzip")
                .POST(BodyPublishers.ofString(ONE))
                .build();
        assertThat(http.send(broken, BodyHandlers.ofString()).body()).contains("not whole gzip");
    }

    private HttpResponse<String> sendGzip(String encoding, byte[] body) throws Exception {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (OutputStream gzip = new GZIPOutputStream(bytes)) {
            gzip.write(body);
        }
        HttpRequest request = request("/v2/models/m/infer")
                .header("Content-Encoding", encoding)
                .POST(BodyPublishers.ofByteArray(bytes.toByteArray()))
                .build();
        return http.send(request, BodyHandlers.ofString());
    }

    @Test
    void aClientThatSendsSlowlyIsCutOffAndHoldsUpNoOne() throws Exception {
        serve(configuration(",\"requestTimeout\":\"300ms\",\"slots\":1,\"queue\":1"), new GatedModel(99));
        try (Socket slow = new Socket("127.0.0.1", server.port())) {
            OutputStream out = slow.getOutputStream();
            out.write("POST /v2/models/m/infer HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n{"
                    .getBytes(StandardCharsets.US_ASCII));
            Await.until("the slow request is admitted", () -> server.admitted() == 1);

            assertThat(client.infer("m", input(1), TIMEOUT).outputs()).hasSize(1);
            Await.until("the slow request is given up", () -> {
                try {
                    out.write(' ');
                } catch (IOException e) {
                    return true;
                }
                return server.admitted() == 0;
            });
        }
    }

    @Test
    void aClientThatSendsNothingMoreIsCutOff() throws Exception {
        serve(configuration(",\"requestTimeout\":\"200ms\""), new GatedModel(99));
        try (Socket slow = new Socket("127.0.0.1", server.port())) {
            slow.getOutputStream()
                    .write("POST /v2/models/m/infer HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n{"
                            .getBytes(StandardCharsets.US_ASCII));

            slow.setSoTimeout(20_000);
            assertThat(isClosed(slow)).isTrue();
        }
        Await.until("its place is free again", () -> server.admitted() == 0);
    }

    /** Waits until the server has closed a connection. */
    private static boolean isClosed(Socket socket) throws IOException {
        try {
            socket.getInputStream().readAllBytes();
            return true;
        } catch (SocketTimeoutException e) {
            return false;
        } catch (SocketException e) {
            return true;
        }
    }

    @Test
    void aClientThatDisconnectsLeavesNothingBehind() throws Exception {
        GatedModel model = new GatedModel(0);
        serve(configuration(""), model);
        try (Socket socket = new Socket("127.0.0.1", server.port())) {
            String head = "POST /v2/models/m/infer HTTP/1.1\r\nHost: x\r\nContent-Length: " + ONE.length() + "\r\n\r\n";
            socket.getOutputStream().write((head + ONE).getBytes(StandardCharsets.US_ASCII));
            Await.until("it runs", () -> model.running.get() == 1);
        }
        try (Socket half = new Socket("127.0.0.1", server.port())) {
            half.getOutputStream()
                    .write("POST /v2/models/m/infer HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n{"
                            .getBytes(StandardCharsets.US_ASCII));
            Await.until("it is admitted", () -> server.admitted() == 2);
        }
        model.gate.release(2);

        Await.until("both places are free again", () -> server.admitted() == 0);
        assertThat(client.infer("m", input(1), TIMEOUT).outputs()).hasSize(1);
    }

    @Test
    void whatIsNotHttpIsRefused() throws Exception {
        serve(configuration(""), new GatedModel(99));

        assertThat(raw("nonsense\r\n\r\n")).contains(" 400 ");
        assertThat(raw("GET /" + "x".repeat(100_000) + " HTTP/1.1\r\nHost: x\r\n\r\n"))
                .containsPattern(" 4\\d\\d ");
        assertThat(client.isLive(TIMEOUT)).isTrue();
    }

    private String raw(String request) throws IOException {
        try (Socket socket = new Socket("127.0.0.1", server.port())) {
            socket.setSoTimeout(20_000);
            socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
            byte[] start = new byte[200];
            int read = socket.getInputStream().read(start);
            return read < 0 ? "" : new String(start, 0, read, StandardCharsets.US_ASCII);
        }
    }

    @Test
    void whatIsInFlightFinishesWithinTheGraceAndNothingNewIsTaken() throws Exception {
        GatedModel model = new GatedModel(0);
        serve(configuration(""), model);
        try (ExecutorService callers = Executors.newVirtualThreadPerTaskExecutor()) {
            Future<InferResponse> running = callers.submit(() -> client.infer("m", input(1), TIMEOUT));
            Await.until("it runs", () -> model.running.get() == 1);
            Future<Boolean> stopped = callers.submit(() -> server.stop(TIMEOUT));
            Await.until("nothing new is taken", () -> !client.isReady(TIMEOUT));

            assertThatThrownBy(() -> client.infer("m", input(1), TIMEOUT)).hasMessageContaining("takes nothing new");
            model.gate.release();
            assertThat(running.get().outputs()).hasSize(1);
            assertThat(stopped.get()).isTrue();
        }
        assertThatThrownBy(() -> client.isLive(TIMEOUT)).isInstanceOf(IOException.class);
    }

    @Test
    void theGraceHasAnEnd() throws Exception {
        GatedModel model = new GatedModel(0);
        serve(configuration(""), model);
        try (ExecutorService callers = Executors.newVirtualThreadPerTaskExecutor()) {
            Future<InferResponse> running = callers.submit(() -> client.infer("m", input(1), TIMEOUT));
            Await.until("it runs", () -> model.running.get() == 1);

            assertThat(server.stop(Duration.ofMillis(20))).isFalse();
            model.gate.release();
            assertThatThrownBy(running::get).hasCauseInstanceOf(IOException.class);
        }
    }

    /** So many spaces. */
    private static final class Endless extends InputStream {
        private int left;

        Endless(int count) {
            left = count;
        }

        @Override
        public int read() {
            return left-- > 0 ? ' ' : -1;
        }
    }
}
