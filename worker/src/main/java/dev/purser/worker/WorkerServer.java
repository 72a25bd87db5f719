package dev.purser.worker;

import dev.purser.core.InputException;
import dev.purser.worker.protocol.EncodedMessage;
import dev.purser.worker.protocol.InferRequest;
import dev.purser.worker.protocol.InferResponse;
import dev.purser.worker.protocol.InferenceCodec;
import dev.purser.worker.protocol.MetadataCodec;
import dev.purser.worker.protocol.ProtocolException;
import dev.purser.worker.protocol.RepositoryEntry;
import dev.purser.worker.protocol.RequestedOutput;
import dev.purser.worker.protocol.ServerMetadata;
import dev.purser.worker.protocol.Tensor;
import io.helidon.http.DirectHandler;
import io.helidon.http.Header;
import io.helidon.http.HeaderName;
import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;
import io.helidon.http.Method;
import io.helidon.http.ServerResponseHeaders;
import io.helidon.http.Status;
import io.helidon.webserver.WebServer;
import io.helidon.webserver.WebServerConfig;
import io.helidon.webserver.http.DirectHandlers;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.URLDecoder;
import java.net.UnixDomainSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The Open Inference Protocol over HTTP for one model. Each inference takes a slot; requests beyond the slots wait in
 * order, and those beyond the queue are refused before their body is read, so that what waits stays bounded in number and
 * in memory.
 */
final class WorkerServer implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(WorkerServer.class);

    private static final HeaderName JSON_LENGTH = HeaderNames.create(InferenceCodec.HEADER);

    private static final HeaderName CONTENT_ENCODING = HeaderNames.create("Content-Encoding");

    private static final Header RETRY_SOON = HeaderValues.create("Retry-After", "1");

    private static final String VERSION = "0.1.0";

    private final WorkerConfiguration configuration;
    private final WebServer server;
    private final RequestBody bodies;
    private final Semaphore admitted;
    private final Semaphore slots;
    private volatile @Nullable ServedModel model;
    private volatile boolean draining;

    WorkerServer(WorkerConfiguration configuration) {
        this.configuration = configuration;
        this.admitted = new Semaphore(capacity());
        this.slots = new Semaphore(configuration.slots(), true);
        this.bodies = new RequestBody(
                configuration.maxBodyBytes(),
                configuration.requestTimeout().toNanos(),
                Runtime.getRuntime().maxMemory() / 4);
        WebServerConfig.Builder builder = WebServer.builder();
        Path socket = configuration.socket();
        if (socket == null) {
            builder.host(configuration.host()).port(configuration.port());
        } else {
            builder.bindAddress(UnixDomainSocketAddress.of(socket));
        }
        this.server = builder.shutdownHook(false)
                .featuresDiscoverServices(false)
                .maxTcpConnections(4096)
                .connectionOptions(
                        // an answer goes out in pieces, and must not wait for the first to be acknowledged
                        options ->
                                options.readTimeout(configuration.idleTimeout()).tcpNoDelay(true))
                .idleConnectionTimeout(configuration.idleTimeout())
                .contentEncoding(encodings ->
                        encodings.contentEncodingsDiscoverServices(false).addContentEncoding(new GzipBodies()))
                .directHandlers(jsonErrors())
                .routing(routing -> routing.any(this::handle))
                .build();
    }

    private int capacity() {
        return configuration.slots() + configuration.queue();
    }

    /** Binds the port; until there is a model, the server is live and not ready. */
    void start() {
        server.start();
        if (!server.isRunning()) {
            // the library only logs why
            throw new InputException(
                    configuration.socket() == null
                            ? configuration.host() + ":" + configuration.port()
                            : configuration.host(),
                    "",
                    "cannot be listened on: " + whyNot(),
                    "name another address, or port 0 for any that is free");
        }
    }

    private String whyNot() {
        if (configuration.socket() != null) {
            return "there is such a file already, or its path is too long";
        }
        try (ServerSocket socket = new ServerSocket()) {
            socket.bind(new InetSocketAddress(configuration.host(), configuration.port()));
            return "it was taken a moment ago";
        } catch (IOException e) {
            return String.valueOf(e.getMessage());
        }
    }

    /** The port that it is bound to; null where it is a socket of the file system. */
    @Nullable
    Integer port() {
        return configuration.socket() == null ? server.port() : null;
    }

    /** How many inference requests are in flight, those that wait or are still arriving included. */
    int admitted() {
        return capacity() - admitted.availablePermits();
    }

    /** Makes it ready. */
    void serve(ServedModel loaded) {
        model = loaded;
    }

    /**
     * Takes nothing new, waits for what is in flight, and closes the server.
     *
     * @return whether all was finished within the grace
     */
    boolean stop(Duration grace) {
        draining = true;
        boolean finished = false;
        try {
            finished = admitted.tryAcquire(capacity(), grace.toNanos(), TimeUnit.NANOSECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        server.stop();
        bodies.close();
        return finished;
    }

    @Override
    public void close() {
        stop(Duration.ZERO);
    }

    private void handle(ServerRequest request, ServerResponse response) {
        try {
            route(request, response);
        } catch (ProtocolException e) {
            error(response, e.status(), e.getMessage());
        } catch (UncheckedIOException e) {
            // the client has gone
            throw e;
        } catch (RuntimeException e) {
            LOG.error("request {} failed", request.prologue().uriPath().rawPath(), e);
            error(response, 500, "internal error: " + e);
        }
    }

    /** {@code /v2/...}; an empty last segment does not count. */
    private void route(ServerRequest request, ServerResponse response) {
        String[] path = request.prologue().uriPath().rawPath().split("/", 9);
        int length = path.length > 1 && path[path.length - 1].isEmpty() ? path.length - 1 : path.length;
        if (length < 2 || !path[1].equals("v2")) {
            throw unknownPath(request);
        }
        if (length == 2) {
            require(request, Method.GET);
            json(
                    response,
                    MetadataCodec.write(new ServerMetadata(
                            "purser-worker",
                            VERSION,
                            List.of(ServerMetadata.BINARY_TENSOR_DATA, ServerMetadata.MODEL_REPOSITORY))));
        } else if (length == 4 && path[2].equals("health")) {
            require(request, Method.GET);
            health(request, response, path[3]);
        } else if (length == 4 && path[2].equals("repository") && path[3].equals("index")) {
            require(request, Method.POST);
            boolean ready = model != null && !draining;
            json(
                    response,
                    MetadataCodec.write(List.of(new RepositoryEntry(
                            configuration.model(), configuration.version(), ready ? "READY" : "UNAVAILABLE", null))));
        } else if (length >= 4 && path[2].equals("models")) {
            checkModel(decoded(path[3]));
            int rest = 4;
            if (length >= 6 && path[4].equals("versions")) {
                checkVersion(decoded(path[5]));
                rest = 6;
            }
            model(request, response, length == rest ? "" : length == rest + 1 ? path[rest] : "/");
        } else {
            throw unknownPath(request);
        }
    }

    private void health(ServerRequest request, ServerResponse response, String probe) {
        switch (probe) {
            case "live" -> json(response, "{\"live\":true}".getBytes(StandardCharsets.UTF_8));
            case "ready" -> {
                boolean ready = model != null && !draining;
                response.status(ready ? Status.OK_200 : Status.SERVICE_UNAVAILABLE_503);
                json(response, ("{\"ready\":" + ready + "}").getBytes(StandardCharsets.UTF_8));
            }
            default -> throw unknownPath(request);
        }
    }

    private void model(ServerRequest request, ServerResponse response, String action) {
        switch (action) {
            case "infer" -> {
                require(request, Method.POST);
                infer(request, response);
            }
            case "" -> {
                require(request, Method.GET);
                json(response, MetadataCodec.write(ready().metadata()));
            }
            case "ready" -> {
                require(request, Method.GET);
                boolean ready = model != null && !draining;
                response.status(ready ? Status.OK_200 : Status.SERVICE_UNAVAILABLE_503);
                json(response, MetadataCodec.writeReady(configuration.model(), ready));
            }
            default -> throw unknownPath(request);
        }
    }

    private void checkModel(String name) {
        if (!name.equals(configuration.model())) {
            throw new ProtocolException(
                    404, "there is no model '" + brief(name) + "' here, only '" + configuration.model() + "'");
        }
    }

    private void checkVersion(String version) {
        if (!version.equals(configuration.version())) {
            throw new ProtocolException(
                    404,
                    "model '" + configuration.model() + "' has no version '" + brief(version) + "'"
                            + (configuration.version() == null
                                    ? "; it has none"
                                    : ", only '" + configuration.version() + "'"));
        }
    }

    private ServedModel ready() {
        ServedModel loaded = model;
        if (loaded == null) {
            throw new ProtocolException(503, "model '" + configuration.model() + "' is not loaded yet");
        }
        if (draining) {
            throw new ProtocolException(503, "the worker is about to end and takes nothing new");
        }
        return loaded;
    }

    private void infer(ServerRequest request, ServerResponse response) {
        ServedModel loaded = ready();
        if (!admitted.tryAcquire()) {
            throw new ProtocolException(
                    503,
                    configuration.slots() + " requests run and " + configuration.queue()
                            + " wait, which is all that the worker takes");
        }
        EncodedMessage answer;
        try {
            ready();
            OptionalLong length = request.headers().contentLength();
            bodies.checkLength(length);
            boolean encoded = request.headers().contains(CONTENT_ENCODING);
            try (RequestBody.Held body = bodies.read(request, encoded ? OptionalLong.empty() : length)) {
                String jsonLength = header(request, JSON_LENGTH);
                answer = run(loaded, body.bytes(), jsonLength);
            }
        } finally {
            admitted.release();
        }
        if (answer.jsonLength() < 0) {
            response.header(HeaderValues.CONTENT_TYPE_JSON);
        } else {
            response.header(HeaderValues.CONTENT_TYPE_OCTET_STREAM);
            response.header(JSON_LENGTH, Integer.toString(answer.jsonLength()));
        }
        response.send(answer.body());
    }

    private EncodedMessage run(ServedModel loaded, byte[] body, String jsonLength) {
        try {
            if (!slots.tryAcquire(configuration.requestTimeout().toNanos(), TimeUnit.NANOSECONDS)) {
                throw new ProtocolException(
                        503,
                        "no slot was free within "
                                + configuration.requestTimeout().toMillis() + " ms");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new ProtocolException(503, "the worker is about to end");
        }
        try {
            InferRequest asked = InferenceCodec.readRequest(
                    body, jsonLength.isEmpty() ? -1 : InferenceCodec.jsonLength(jsonLength, body.length));
            List<String> outputs = asked.outputs().isEmpty()
                    ? List.of()
                    : asked.outputs().stream().map(RequestedOutput::name).toList();
            List<Tensor> results = loaded.infer(asked.inputs(), outputs);
            InferResponse answer =
                    new InferResponse(configuration.model(), configuration.version(), asked.id(), Map.of(), results);
            return InferenceCodec.writeResponse(answer, asked::wantsBinary);
        } finally {
            slots.release();
        }
    }

    private static String header(ServerRequest request, HeaderName name) {
        return request.headers().first(name).orElse("");
    }

    private static void require(ServerRequest request, Method method) {
        if (!request.prologue().method().equals(method)) {
            throw new ProtocolException(
                    405, brief(request.prologue().method().text()) + " is not possible here, only " + method.text());
        }
    }

    private static ProtocolException unknownPath(ServerRequest request) {
        return new ProtocolException(
                404,
                "there is nothing at '" + brief(request.prologue().uriPath().rawPath())
                        + "'; the paths are /v2, /v2/health/live, /v2/health/ready, /v2/repository/index, /v2/models/NAME[/versions/VERSION]"
                        + " and that with /ready or /infer");
    }

    private static String decoded(String segment) {
        if (segment.indexOf('%') < 0) {
            return segment;
        }
        try {
            return URLDecoder.decode(segment.replace("+", "%2B"), StandardCharsets.UTF_8);
        } catch (IllegalArgumentException e) {
            throw new ProtocolException(400, "'" + brief(segment) + "' is not percent-encoded");
        }
    }

    private static void json(ServerResponse response, byte[] body) {
        response.header(HeaderValues.CONTENT_TYPE_JSON);
        response.send(body);
    }

    private static void error(ServerResponse response, int status, String message) {
        response.status(Status.create(status));
        if (status == 503) {
            response.header(RETRY_SOON);
        }
        if (status == 413 || status == 408 || status == 415 || status == 503) {
            // the body may not have been read, and what is left of it is not the next request
            response.header(HeaderValues.CONNECTION_CLOSE);
        }
        json(response, MetadataCodec.writeError(message));
    }

    /** What is wrong before a request reaches the routing, in the protocol's form too. */
    private static DirectHandlers jsonErrors() {
        DirectHandler handler = new DirectHandler() {
            @Override
            public TransportResponse handle(
                    TransportRequest request,
                    EventType eventType,
                    Status defaultStatus,
                    ServerResponseHeaders headers,
                    @Nullable String message) {
                return TransportResponse.builder()
                        .status(defaultStatus)
                        .headers(headers)
                        .header(HeaderValues.CONTENT_TYPE_JSON)
                        .keepAlive(false)
                        .entity(MetadataCodec.writeError(
                                message == null || message.isEmpty() ? defaultStatus.reasonPhrase() : message))
                        .build();
            }
        };
        DirectHandlers.Builder handlers = DirectHandlers.builder();
        for (DirectHandler.EventType type : DirectHandler.EventType.values()) {
            handlers.addHandler(type, handler);
        }
        return handlers.build();
    }

    private static String brief(String text) {
        return text.length() <= 100 ? text : text.substring(0, 100) + "...";
    }
}
