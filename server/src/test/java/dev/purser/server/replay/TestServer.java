package dev.purser.server.replay;

import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.purser.worker.protocol.Datatype;
import dev.purser.worker.protocol.EncodedMessage;
import dev.purser.worker.protocol.InferRequest;
import dev.purser.worker.protocol.InferResponse;
import dev.purser.worker.protocol.InferenceCodec;
import dev.purser.worker.protocol.MetadataCodec;
import dev.purser.worker.protocol.ModelMetadata;
import dev.purser.worker.protocol.RepositoryEntry;
import dev.purser.worker.protocol.Tensor;
import dev.purser.worker.protocol.TensorMetadata;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;

/** A server of the protocol on a port of its own, whose inferences the test answers. */
public final class TestServer implements AutoCloseable {
    /** One text in, one number out. */
    public static final ModelMetadata TEXT = new ModelMetadata(
            "texts",
            List.of(),
            ModelMetadata.ONNX,
            List.of(new TensorMetadata("text", Datatype.BYTES, List.of(-1L))),
            List.of(new TensorMetadata("y", Datatype.FP32, List.of(-1L, 1L))));

    private final HttpServer server;
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final List<Received> received = Collections.synchronizedList(new ArrayList<>());
    private final Set<Integer> ports = Collections.synchronizedSet(new HashSet<>());
    private final AtomicInteger number = new AtomicInteger();
    private volatile List<RepositoryEntry> index = List.of(new RepositoryEntry("texts", null, "READY", null));

    /** Answers an inference. */
    @FunctionalInterface
    public interface Answering {
        void answer(Call call) throws Exception;
    }

    /** An inference as it arrived. */
    public record Received(String path, Headers headers, InferRequest request) {}

    /** An inference to be answered. */
    public static final class Call {
        private final HttpExchange exchange;
        private final int number;
        private final InferRequest request;

        private Call(HttpExchange exchange, int number, InferRequest request) {
            this.exchange = exchange;
            this.number = number;
            this.request = request;
        }

        /** In the order of arrival, from 0. */
        public int number() {
            return number;
        }

        public void ok(Map<String, Object> parameters) throws IOException {
            InferResponse response = new InferResponse(
                    "texts", null, null, parameters, List.of(Tensor.floats("y", new long[] {1, 1}, 0.5f)));
            EncodedMessage message = InferenceCodec.writeResponse(response, request::wantsBinary);
            if (message.jsonLength() >= 0) {
                exchange.getResponseHeaders().set(InferenceCodec.HEADER, Integer.toString(message.jsonLength()));
            }
            send(exchange, 200, message.body());
        }

        public void error(int status, String message) throws IOException {
            send(exchange, status, MetadataCodec.writeError(message));
        }

        public void raw(int status, String body) throws IOException {
            send(exchange, status, body.getBytes(StandardCharsets.UTF_8));
        }

        /** Closes the connection without an answer. */
        public void breakOff() {
            exchange.close();
        }
    }

    public TestServer(Answering answering) throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setExecutor(threads);
        server.createContext("/v2/repository/index", exchange -> {
            exchange.getRequestBody().readAllBytes();
            send(exchange, 200, MetadataCodec.write(index));
        });
        server.createContext("/v2/models/", exchange -> {
            byte[] body = exchange.getRequestBody().readAllBytes();
            String path = exchange.getRequestURI().getPath();
            if (!path.endsWith("/infer")) {
                boolean known = path.equals("/v2/models/texts");
                send(
                        exchange,
                        known ? 200 : 404,
                        known ? MetadataCodec.write(TEXT) : MetadataCodec.writeError("there is no such model"));
                return;
            }
            ports.add(exchange.getRemoteAddress().getPort());
            String length = exchange.getRequestHeaders().getFirst(InferenceCodec.HEADER);
            InferRequest request = InferenceCodec.readRequest(body, length == null ? -1 : Integer.parseInt(length));
            received.add(new Received(path, exchange.getRequestHeaders(), request));
            try {
                answering.answer(new Call(exchange, number.getAndIncrement(), request));
            } catch (IOException e) {
                throw e;
            } catch (Exception e) {
                throw new IOException(e);
            }
        });
        server.start();
    }

    private static void send(HttpExchange exchange, int status, byte[] body) throws IOException {
        try (exchange) {
            exchange.sendResponseHeaders(status, body.length == 0 ? -1 : body.length);
            exchange.getResponseBody().write(body);
        }
    }

    public void index(RepositoryEntry... entries) {
        index = List.of(entries);
    }

    public String url() {
        return "http://127.0.0.1:" + server.getAddress().getPort();
    }

    public List<Received> received() {
        synchronized (received) {
            return List.copyOf(received);
        }
    }

    /** From how many connections inferences came. */
    public int connections() {
        return ports.size();
    }

    @Override
    public void close() {
        server.stop(0);
        threads.shutdownNow();
    }
}
