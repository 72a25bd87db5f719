package dev.purser.worker.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The client against servers that do what they should not. */
@Timeout(60)
class InferenceClientTest {
    private static final Duration TIMEOUT = Duration.ofSeconds(20);

    private static final InferRequest REQUEST = InferRequest.of(Tensor.ints("x", new long[] {1}, 1));

    /** A server that answers each request with the same bytes, and closes the connection after so many. */
    private static final class Scripted implements AutoCloseable {
        private final ServerSocket socket;
        private final byte[] answer;
        private final int requestsPerConnection;
        private final AtomicInteger connections = new AtomicInteger();
        private final Semaphore closed = new Semaphore(0);

        Scripted(int port, String answer, int requestsPerConnection) throws IOException {
            this.socket = new ServerSocket();
            socket.setReuseAddress(true);
            socket.bind(new java.net.InetSocketAddress(InetAddress.getLoopbackAddress(), port));
            this.answer = answer.getBytes(StandardCharsets.ISO_8859_1);
            this.requestsPerConnection = requestsPerConnection;
            Thread.ofVirtual().start(this::accept);
        }

        private void accept() {
            try {
                while (true) {
                    Socket connection = socket.accept();
                    connections.incrementAndGet();
                    Thread.ofVirtual().start(() -> serve(connection));
                }
            } catch (IOException e) {
                // closed
            }
        }

        private void serve(Socket connection) {
            try (connection) {
                InputStream in = connection.getInputStream();
                OutputStream out = connection.getOutputStream();
                for (int i = 0; i < requestsPerConnection && readRequest(in); i++) {
                    out.write(answer);
                    out.flush();
                }
            } catch (IOException e) {
                // the client has gone
            } finally {
                closed.release();
            }
        }

        /** Waits until another connection has been closed. */
        void awaitClosed() throws InterruptedException {
            assertThat(closed.tryAcquire(20, TimeUnit.SECONDS)).isTrue();
        }

        private static boolean readRequest(InputStream in) throws IOException {
            int length = 0;
            for (String line = line(in); line != null; line = line(in)) {
                if (line.isEmpty()) {
                    in.skipNBytes(length);
                    return true;
                }
                if (line.regionMatches(true, 0, "content-length:", 0, 15)) {
                    length = Integer.parseInt(line.substring(15).strip());
                }
            }
            return false;
        }

        private static String line(InputStream in) throws IOException {
            StringBuilder line = new StringBuilder();
            for (int c = in.read(); c >= 0; c = in.read()) {
                if (c == '\n') {
                    return line.toString().strip();
                }
                line.append((char) c);
            }
            return null;
        }

        InferenceClient client() {
            return InferenceClient.of(URI.create("http://127.0.0.1:" + socket.getLocalPort()), 4, 100_000);
        }

        @Override
        public void close() throws IOException {
            socket.close();
        }
    }

    private static String http(String status, String body) {
        return "HTTP/1.1 " + status + "\r\nContent-Type: application/json\r\nContent-Length: " + body.length()
                + "\r\n\r\n" + body;
    }

    private static final String ANSWER = http(
            "200 OK",
            "{\"model_name\":\"m\",\"outputs\":[{\"name\":\"y\",\"datatype\":\"INT32\",\"shape\":[1],\"data\":[7]}]}");

    @Test
    void reusesItsConnections() throws Exception {
        try (Scripted server = new Scripted(0, ANSWER, 100);
                InferenceClient client = server.client()) {
            for (int i = 0; i < 50; i++) {
                assertThat(client.infer("m", REQUEST, TIMEOUT).output("y").longs())
                        .containsExactly(7);
            }
            assertThat(server.connections).hasValue(1);
        }
    }

    @Test
    void anErrorOfTheServerKeepsStatusAndMessage() throws Exception {
        try (Scripted server = new Scripted(0, http("429 Too Many Requests", "{\"error\":\"not now\"}"), 9);
                InferenceClient client = server.client()) {
            assertThatThrownBy(() -> client.infer("m", REQUEST, TIMEOUT))
                    .isInstanceOfSatisfying(
                            ProtocolException.class, e -> assertThat(e.status()).isEqualTo(429))
                    .hasMessage("not now");
            assertThat(client.isReady(TIMEOUT)).isFalse();
        }
    }

    @Test
    void anAnswerThatIsCutOffIsAnIOException() throws Exception {
        String[] answers = {
            "",
            "HTTP/1.1 200",
            "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"model",
            "nonsense\r\n\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{\"m"
        };
        for (String answer : answers) {
            try (Scripted server = new Scripted(0, answer, 1);
                    InferenceClient client = server.client()) {
                assertThatThrownBy(() -> client.infer("m", REQUEST, TIMEOUT))
                        .as(answer)
                        .isInstanceOf(IOException.class)
                        .hasMessageContaining("127.0.0.1");
            }
        }
    }

    @Test
    void aServerThatSaysNothingIsGivenUp() throws Exception {
        try (ServerSocket silent = new ServerSocket(0, 5, InetAddress.getLoopbackAddress());
                InferenceClient client = InferenceClient.of(URI.create("http://127.0.0.1:" + silent.getLocalPort()))) {
            assertThatThrownBy(() -> client.infer("m", REQUEST, Duration.ofMillis(100)))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("imed out");
        }
    }

    @Test
    void aServerThatIsNotThereIsAnIOException() throws Exception {
        int port;
        try (ServerSocket gone = new ServerSocket(0, 5, InetAddress.getLoopbackAddress())) {
            port = gone.getLocalPort();
        }
        try (InferenceClient client = InferenceClient.of(URI.create("http://127.0.0.1:" + port))) {
            assertThatThrownBy(() -> client.isLive(TIMEOUT))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("refused");
        }
    }

    @Test
    void anAnswerHasALimit() throws Exception {
        String chunks = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                + ("4000\r\n" + " ".repeat(0x4000) + "\r\n").repeat(10) + "0\r\n\r\n";
        for (String answer : new String[] {http("200 OK", " ".repeat(100_001)), chunks}) {
            try (Scripted server = new Scripted(0, answer, 1);
                    InferenceClient client = server.client()) {
                assertThatThrownBy(() -> client.infer("m", REQUEST, TIMEOUT))
                        .isInstanceOf(IOException.class)
                        .hasMessageContaining("at most 100000 are taken");
            }
        }
        assertThatThrownBy(() -> InferenceClient.of(URI.create("http://x"), 0, 1))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void anAnswerOfAnotherKindIsAnIOException() throws Exception {
        try (Scripted server = new Scripted(0, http("302 Found", ""), 1);
                InferenceClient client = server.client()) {
            assertThatThrownBy(() -> client.infer("m", REQUEST, TIMEOUT))
                    .hasMessageContaining("status 302 where 200 was expected");
        }
    }

    /** As when a worker closes a connection that was idle for long. */
    @Test
    void aConnectionThatTheServerClosedMeanwhileIsNotUsedAgain() throws Exception {
        try (Scripted server = new Scripted(0, ANSWER, 1);
                InferenceClient client = server.client()) {
            for (int i = 0; i < 5; i++) {
                assertThat(client.infer("m", REQUEST, TIMEOUT).output("y").longs())
                        .containsExactly(7);
                server.awaitClosed();
            }
            assertThat(server.connections).hasValue(5);
        }
    }
}
