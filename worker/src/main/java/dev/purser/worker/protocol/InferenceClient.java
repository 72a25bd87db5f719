package dev.purser.worker.protocol;

import io.helidon.common.buffers.DataReader;
import io.helidon.common.media.type.MediaType;
import io.helidon.common.media.type.MediaTypes;
import io.helidon.http.HeaderName;
import io.helidon.http.HeaderNames;
import io.helidon.webclient.http1.Http1Client;
import io.helidon.webclient.http1.Http1ClientConfig;
import io.helidon.webclient.http1.Http1ClientRequest;
import io.helidon.webclient.http1.Http1ClientResponse;
import java.io.IOException;
import java.io.InputStream;
import java.net.ConnectException;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.AsynchronousCloseException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * A client of one Open Inference Protocol server. Its calls block, may be made from any number of threads (virtual ones
 * best), and reuse connections.
 *
 * <p>Every call throws an {@link IOException} when the server cannot be reached, breaks the connection, or lets a timeout
 * pass without sending a byte; and a {@link ProtocolException} with the server's status and message when it answers with
 * an error.
 */
public final class InferenceClient implements AutoCloseable {
    private static final HeaderName JSON_LENGTH = HeaderNames.create(InferenceCodec.HEADER);

    private static final Duration CONNECT = Duration.ofSeconds(5);

    private final URI server;
    private final @Nullable UnixDomainSocketAddress socket;
    private final Http1Client http;
    private final int connections;
    private final int maxResponseBytes;

    private InferenceClient(
            URI server, @Nullable UnixDomainSocketAddress socket, int connections, int maxResponseBytes) {
        this.server = server;
        this.socket = socket;
        this.connections = connections;
        this.maxResponseBytes = maxResponseBytes;
        Http1ClientConfig.Builder builder = Http1Client.builder();
        if (!"https".equalsIgnoreCase(server.getScheme())) {
            // else the keys and authorities of TLS are loaded, which takes longer than all the rest
            builder.tls(tls -> tls.enabled(false));
        }
        this.http = builder.baseUri(server)
                .connectTimeout(CONNECT)
                .connectionCacheSize(connections)
                .shareConnectionCache(false)
                .followRedirects(false)
                .servicesDiscoverServices(false)
                .sendExpectContinue(false)
                .socketOptions(options -> options.tcpNoDelay(true))
                .build();
    }

    /** Ends what takes too long over sockets of the file system, which have no timeouts of their own. */
    private static final class Deadlines {
        static final ReadDeadlines ALL = new ReadDeadlines(20);
    }

    /**
     * A client that keeps at most 256 idle connections and takes responses of up to 256 MiB.
     *
     * @param server where the server is, e.g. {@code http://127.0.0.1:8000}
     * @return a client; it connects with the first call
     */
    public static InferenceClient of(URI server) {
        return of(server, 256, 256 << 20);
    }

    /**
     * A client with limits of its own.
     *
     * @param server where the server is
     * @param connections the most idle connections to keep, 1 or more
     * @param maxResponseBytes the largest response to take; a larger one is an IOException
     * @return a client; it connects with the first call
     */
    public static InferenceClient of(URI server, int connections, int maxResponseBytes) {
        checkLimits(connections, maxResponseBytes);
        return new InferenceClient(server, null, connections, maxResponseBytes);
    }

    /**
     * A client of a server that listens on a socket of the file system.
     *
     * @param socket the socket's path
     * @param connections the most idle connections to keep, 1 or more
     * @param maxResponseBytes the largest response to take; a larger one is an IOException
     * @return a client; it connects with the first call
     */
    public static InferenceClient of(Path socket, int connections, int maxResponseBytes) {
        checkLimits(connections, maxResponseBytes);
        return new InferenceClient(
                URI.create("http://localhost"), UnixDomainSocketAddress.of(socket), connections, maxResponseBytes);
    }

    private static void checkLimits(int connections, int maxResponseBytes) {
        if (connections < 1 || maxResponseBytes < 1) {
            throw new IllegalArgumentException("connections (" + connections + ") and maxResponseBytes ("
                    + maxResponseBytes + ") must be 1 or more");
        }
    }

    /**
     * Runs a model. The inputs go in binary.
     *
     * @param model its name
     * @param request what to run it on
     * @param timeout how long to wait for the response; above 0
     * @return the response
     * @throws IOException when no whole response came
     */
    public InferResponse infer(String model, InferRequest request, Duration timeout) throws IOException {
        EncodedMessage message = InferenceCodec.writeRequest(request, true);
        EncodedMessage body = send(inferPath(model), message, timeout);
        return InferenceCodec.readResponse(body.body(), body.jsonLength());
    }

    /**
     * Sends a body that is encoded already, and returns the response's as it is.
     *
     * @param path the path and query, e.g. {@code /v2/models/m/infer}
     * @param message the body
     * @param timeout how long to wait for the response; above 0
     * @return the response
     * @throws IOException when no whole response came
     */
    public EncodedMessage post(String path, EncodedMessage message, Duration timeout) throws IOException {
        return send(path, message, timeout);
    }

    /**
     * The path that a model's inferences are posted to.
     *
     * @param model its name
     * @return the path, encoded as an address needs it
     */
    public String inferPath(String model) {
        return path(model) + "/infer";
    }

    /**
     * Whether the server runs.
     *
     * @param timeout how long to wait for the response; above 0
     * @return false when it says that it does not
     * @throws IOException when no whole response came
     */
    public boolean isLive(Duration timeout) throws IOException {
        return isSo("/v2/health/live", timeout);
    }

    /**
     * Whether the server and all its models are ready.
     *
     * @param timeout how long to wait for the response; above 0
     * @return false when it says that they are not
     * @throws IOException when no whole response came
     */
    public boolean isReady(Duration timeout) throws IOException {
        return isSo("/v2/health/ready", timeout);
    }

    /**
     * Whether a model is ready.
     *
     * @param model its name
     * @param timeout how long to wait for the response; above 0
     * @return false when the server says that it is not, or that it has no such model
     * @throws IOException when no whole response came
     */
    public boolean isReady(String model, Duration timeout) throws IOException {
        return isSo(path(model) + "/ready", timeout);
    }

    /**
     * A model's metadata.
     *
     * @param model its name
     * @param timeout how long to wait for the response; above 0
     * @return the metadata
     * @throws IOException when no whole response came
     */
    public ModelMetadata metadata(String model, Duration timeout) throws IOException {
        return MetadataCodec.readModel(send(path(model), null, timeout).body());
    }

    /**
     * The server's metadata.
     *
     * @param timeout how long to wait for the response; above 0
     * @return the metadata
     * @throws IOException when no whole response came
     */
    public ServerMetadata metadata(Duration timeout) throws IOException {
        return MetadataCodec.readServer(send("/v2", null, timeout).body());
    }

    /**
     * The server's models.
     *
     * @param timeout how long to wait for the response; above 0
     * @return a line each
     * @throws IOException when no whole response came
     */
    public List<RepositoryEntry> index(Duration timeout) throws IOException {
        EncodedMessage empty = new EncodedMessage("{}".getBytes(StandardCharsets.UTF_8), -1);
        return MetadataCodec.readIndex(
                send("/v2/repository/index", empty, timeout).body());
    }

    /** Closes the idle connections. */
    @Override
    public void close() {
        http.closeResource();
    }

    private boolean isSo(String path, Duration timeout) throws IOException {
        try {
            send(path, null, timeout);
            return true;
        } catch (ProtocolException e) {
            return false;
        }
    }

    private static String path(String model) {
        return "/v2/models/" + URLEncoder.encode(model, StandardCharsets.UTF_8).replace("+", "%20");
    }

    private EncodedMessage send(String path, @Nullable EncodedMessage message, Duration timeout) throws IOException {
        if (socket == null) {
            return exchange(path, message, timeout);
        }
        ReadDeadlines.Read read = Deadlines.ALL.begin(timeout.toNanos());
        try (read) {
            return exchange(path, message, timeout);
        } catch (IOException e) {
            if (read.isExpired()) {
                SocketTimeoutException late =
                        new SocketTimeoutException("no answer within " + timeout.toMillis() + " ms");
                late.initCause(e);
                throw late;
            }
            throw e;
        }
    }

    private EncodedMessage exchange(String path, @Nullable EncodedMessage message, Duration timeout)
            throws IOException {
        try (Http1ClientResponse response = submit(path, message, timeout)) {
            byte[] bytes = read(response);
            int status = response.status().code();
            if (status >= 400 && status <= 599) {
                throw new ProtocolException(status, MetadataCodec.readError(bytes));
            }
            if (status != 200) {
                throw new IOException(server + " answered with status " + status + " where 200 was expected");
            }
            int jsonLength = response.headers().contains(JSON_LENGTH)
                    ? InferenceCodec.jsonLength(
                            response.headers().get(JSON_LENGTH).get(), bytes.length)
                    : -1;
            return new EncodedMessage(bytes, jsonLength);
        } catch (ProtocolException e) {
            throw e;
        } catch (RuntimeException e) {
            // what the HTTP library throws for a connection that breaks, or a response that is cut off or not HTTP
            throw new IOException(server + ": " + e, e);
        }
    }

    /**
     * Sends a request, on a new connection once more where the first turns out to be closed: a server may close one that
     * was idle at the very moment at which it is used again. An inference changes nothing, so it may be sent twice.
     */
    private Http1ClientResponse submit(String path, @Nullable EncodedMessage message, Duration timeout) {
        for (int kept = 0; ; kept++) {
            try {
                // over a socket of the file system the library opens a connection only where it may keep it, so that
                // those
                // that are kept are tried until none is left
                return submit(path, message, timeout, kept == 0 || socket != null);
            } catch (RuntimeException e) {
                if (!isBroken(e) || kept == (socket == null ? 1 : connections)) {
                    throw e;
                }
            }
        }
    }

    private Http1ClientResponse submit(
            String path, @Nullable EncodedMessage message, Duration timeout, boolean keepAlive) {
        Http1ClientRequest request = message == null ? http.get() : http.post();
        request.skipUriEncoding(true).path(path).readTimeout(timeout).keepAlive(keepAlive);
        if (socket != null) {
            request.address(socket);
        }
        if (message == null) {
            return request.request();
        }
        MediaType type = message.jsonLength() < 0 ? MediaTypes.APPLICATION_JSON : MediaTypes.APPLICATION_OCTET_STREAM;
        request.contentType(type);
        if (message.jsonLength() >= 0) {
            request.header(JSON_LENGTH, Integer.toString(message.jsonLength()));
        }
        return request.submit(message.body());
    }

    /** Whether a connection that there was has been closed, rather than that there is no server or it is slow. */
    private static boolean isBroken(Throwable e) {
        for (Throwable t = e; t != null; t = t.getCause()) {
            if (t instanceof ConnectException
                    || t instanceof SocketTimeoutException
                    || t instanceof AsynchronousCloseException) {
                return false;
            }
            if (t instanceof DataReader.InsufficientDataAvailableException || t instanceof IOException) {
                return true;
            }
        }
        return false;
    }

    private byte[] read(Http1ClientResponse response) throws IOException {
        OptionalLong length = response.headers().contentLength();
        if (length.isPresent() && length.getAsLong() > maxResponseBytes) {
            throw tooLarge(length.getAsLong());
        }
        if (!response.entity().hasEntity()) {
            return new byte[0];
        }
        try (InputStream in = response.inputStream()) {
            if (length.isPresent()) {
                byte[] bytes = new byte[(int) length.getAsLong()];
                int read = in.readNBytes(bytes, 0, bytes.length);
                if (read < bytes.length) {
                    throw new IOException(
                            server + " closed the connection after " + read + " of " + bytes.length + " bytes");
                }
                return bytes;
            }
            byte[] bytes = in.readNBytes(maxResponseBytes);
            if (bytes.length == maxResponseBytes && in.read() >= 0) {
                throw tooLarge(bytes.length + 1L);
            }
            return bytes;
        }
    }

    private IOException tooLarge(long length) {
        return new IOException(
                server + " answered with " + length + " bytes or more, but at most " + maxResponseBytes + " are taken");
    }
}
