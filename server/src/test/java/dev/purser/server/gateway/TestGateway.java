package dev.purser.server.gateway;

import dev.purser.worker.protocol.EncodedMessage;
import dev.purser.worker.protocol.InferenceCodec;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.Socket;
import java.net.SocketException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.function.BooleanSupplier;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.assertj.core.api.Assertions;

/** A gateway on free ports in front of the test's backend, and a client of it. */
final class TestGateway implements AutoCloseable {
    static final GatewaySettings SETTINGS = GatewaySettings.defaults().withPorts(0, 0);

    final TestBackend backend;
    final HttpClient client =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    final Gateway gateway;

    TestGateway() {
        this(settings -> settings);
    }

    TestGateway(UnaryOperator<GatewaySettings> settings) {
        this(settings, new TestBackend());
    }

    TestGateway(UnaryOperator<GatewaySettings> settings, TestBackend backend) {
        this.backend = backend;
        gateway = Gateway.start(settings.apply(SETTINGS), backend, "admission", "test");
    }

    /** A request of one row, its first numbers being 0, 1, 2 and so on. */
    static String json(String more) {
        return "{" + more
                + "\"inputs\": [{\"name\": \"input\", \"datatype\": \"FP32\", \"shape\": [1, 784], \"data\": ["
                + IntStream.range(0, 784).mapToObj(String::valueOf).collect(Collectors.joining(",")) + "]}]}";
    }

    HttpResponse<String> get(String path) throws IOException, InterruptedException {
        return client.send(
                HttpRequest.newBuilder(URI.create(gateway.url() + path)).build(), BodyHandlers.ofString());
    }

    HttpResponse<String> admin(String path) throws IOException, InterruptedException {
        return client.send(
                HttpRequest.newBuilder(URI.create(gateway.adminUrl() + path)).build(), BodyHandlers.ofString());
    }

    HttpResponse<String> post(String path, String body, String... headers) throws IOException, InterruptedException {
        return client.send(request(path, body, headers), BodyHandlers.ofString());
    }

    HttpRequest request(String path, String body, String... headers) {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(gateway.url() + path))
                .timeout(Duration.ofSeconds(30))
                .POST(HttpRequest.BodyPublishers.ofString(body));
        if (headers.length > 0) {
            request.headers(headers);
        }
        return request.build();
    }

    HttpResponse<byte[]> binary(String path, EncodedMessage message) throws IOException, InterruptedException {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(gateway.url() + path))
                .header("Content-Type", message.contentType())
                .POST(HttpRequest.BodyPublishers.ofByteArray(message.body()));
        if (message.jsonLength() >= 0) {
            request.header(InferenceCodec.HEADER, Integer.toString(message.jsonLength()));
        }
        return client.send(request.build(), BodyHandlers.ofByteArray());
    }

    /** A socket to the data port, for what no HTTP client would send. */
    Socket socket() throws IOException {
        Socket socket = new Socket("127.0.0.1", gateway.port());
        socket.setSoTimeout(30_000);
        return socket;
    }

    /** Sends bytes, and reads until the server closes or there is a whole response. */
    String raw(String request) throws IOException {
        try (Socket socket = socket()) {
            socket.getOutputStream().write(request.getBytes(StandardCharsets.ISO_8859_1));
            return read(socket);
        }
    }

    /** Reads until the server closes; what has come until then where it resets the connection. */
    static String read(Socket socket) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try {
            socket.getInputStream().transferTo(bytes);
        } catch (SocketException e) {
            // closed with something unread
        }
        return bytes.toString(StandardCharsets.UTF_8);
    }

    /** Waits until something is so, at most half a minute. */
    static void await(String what, BooleanSupplier condition) {
        long until = System.nanoTime() + Duration.ofSeconds(30).toNanos();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() > until) {
                Assertions.fail("not within 30 s: " + what);
            }
            try {
                Thread.sleep(5);
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        }
    }

    @Override
    public void close() {
        client.shutdownNow();
        backend.release();
        gateway.close();
        backend.close();
    }
}
