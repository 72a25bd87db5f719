package dev.purser.server.replay;

import com.google.common.base.Throwables;
import dev.purser.worker.protocol.EncodedMessage;
import dev.purser.worker.protocol.InferenceCodec;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.Iterator;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.locks.LockSupport;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.SSLSocketFactory;
import org.apache.hc.core5.http.ClassicHttpResponse;
import org.apache.hc.core5.http.ContentType;
import org.apache.hc.core5.http.Header;
import org.apache.hc.core5.http.HttpEntity;
import org.apache.hc.core5.http.HttpException;
import org.apache.hc.core5.http.NoHttpResponseException;
import org.apache.hc.core5.http.impl.DefaultConnectionReuseStrategy;
import org.apache.hc.core5.http.impl.io.DefaultBHttpClientConnection;
import org.apache.hc.core5.http.impl.io.DefaultBHttpClientConnectionFactory;
import org.apache.hc.core5.http.impl.io.HttpRequestExecutor;
import org.apache.hc.core5.http.io.entity.ByteArrayEntity;
import org.apache.hc.core5.http.message.BasicClassicHttpRequest;
import org.apache.hc.core5.http.protocol.HttpCoreContext;
import org.apache.hc.core5.io.CloseMode;
import org.jspecify.annotations.Nullable;

/**
 * HTTP connections to one server, kept open and used again, the one used last first. A connection carries one request at
 * a time, and a request is never sent twice: what a broken connection lost is a failure, which a load generator must not
 * hide. Built on the blocking core of Apache HttpComponents, because a generator shares the machine with what it
 * measures: a request costs half the processor time that the JDK's client or Helidon's needs. Safe for use by several
 * threads, which wait while their request is under way.
 */
final class Connections implements AutoCloseable {
    /** Servers close what lies idle, some after 5 s; to send on such a connection would fail for no fault of theirs. */
    private static final Duration IDLE = Duration.ofSeconds(4);

    private static final long SCAN_NANOS = Duration.ofMillis(20).toNanos();

    /** The longest body of a response that is read. */
    static final int MAX_BODY_BYTES = 64 << 20;

    private static final byte[] NOTHING = {};

    private final URI server;
    private final String host;
    private final int port;
    private final boolean secure;
    private final @Nullable String apiKey;
    private final Duration timeout;
    private final ConcurrentLinkedDeque<Connection> idle = new ConcurrentLinkedDeque<>();
    private final Set<Exchange> open = ConcurrentHashMap.newKeySet();
    private final DefaultBHttpClientConnectionFactory factory = new DefaultBHttpClientConnectionFactory();
    private final HttpRequestExecutor executor = new HttpRequestExecutor();
    private final Thread watch;
    private volatile boolean closed;

    /**
     * @param server where it is; a path is put before that of each request
     * @param apiKey sent as a bearer token with each request; null for none
     * @param timeout from the beginning of a request until its whole answer is there
     */
    Connections(URI server, @Nullable String apiKey, Duration timeout) {
        this.server = server;
        this.apiKey = apiKey;
        this.timeout = timeout;
        host = server.getHost();
        secure = server.getScheme().equals("https");
        port = server.getPort() >= 0 ? server.getPort() : secure ? 443 : 80;
        watch = Thread.ofPlatform().daemon().name("replay-timeouts").start(this::endLateExchanges);
    }

    /**
     * What a server answered.
     *
     * @param status the HTTP status
     * @param body the whole body
     * @param jsonLength how much of it is JSON; -1 for all
     */
    @SuppressWarnings("ArrayRecordComponent")
    record Answer(int status, byte[] body, int jsonLength) {}

    private record Connection(Socket socket, DefaultBHttpClientConnection http, long usedNanos) {
        void abort() {
            http.close(CloseMode.IMMEDIATE);
        }
    }

    /** A request under way; the watch ends it by closing its socket. */
    private static final class Exchange {
        private final long deadline;
        private @Nullable Socket socket;
        private boolean ended;
        private boolean timedOut;

        Exchange(long deadline) {
            this.deadline = deadline;
        }

        synchronized void on(Socket newSocket) throws IOException {
            socket = newSocket;
            if (timedOut) {
                newSocket.close();
            }
        }

        /** True where the watch has not ended it. */
        synchronized boolean end() {
            ended = true;
            return !timedOut;
        }

        synchronized void abort() {
            if (!ended) {
                timedOut = true;
                if (socket != null) {
                    try {
                        socket.close();
                    } catch (IOException e) {
                        // as good as closed
                    }
                }
            }
        }
    }

    /**
     * Sends a request, and waits for the answer.
     *
     * @param method the HTTP method
     * @param path below the server's, beginning with a slash
     * @param message the body; null for none
     * @throws IOException when there was no whole answer; the message is meant for people
     */
    Answer send(String method, String path, @Nullable EncodedMessage message) throws IOException {
        Exchange exchange = new Exchange(System.nanoTime() + timeout.toNanos());
        open.add(exchange);
        Connection connection = null;
        try {
            connection = connection(exchange);
            BasicClassicHttpRequest request = request(method, path, message);
            HttpCoreContext context = HttpCoreContext.create();
            ClassicHttpResponse response = executor.execute(request, connection.http(), context);
            Answer answer = answer(response);
            boolean keep = DefaultConnectionReuseStrategy.INSTANCE.keepAlive(request, response, context);
            if (exchange.end() && keep && !closed) {
                idle.addFirst(new Connection(connection.socket(), connection.http(), System.nanoTime()));
            } else {
                connection.abort();
            }
            return answer;
        } catch (IOException | HttpException | RuntimeException e) {
            boolean inTime = exchange.end();
            if (connection != null) {
                connection.abort();
            }
            throw inTime ? new IOException(describe(e), e) : lateness();
        } finally {
            open.remove(exchange);
        }
    }

    private IOException lateness() {
        return closed
                ? new IOException("the replay was ended before an answer came")
                : new SocketTimeoutException("no answer within " + dev.purser.core.json.Durations.format(timeout));
    }

    private static String describe(Exception e) {
        return switch (e) {
            case NoHttpResponseException n -> "the server closed the connection without an answer";
            case UnknownHostException u -> "the host " + u.getMessage() + " is not known";
            default -> {
                Throwable root = Throwables.getRootCause(e);
                yield root.getMessage() == null ? root.toString() : root.getMessage();
            }
        };
    }

    private Connection connection(Exchange exchange) throws IOException {
        Connection used;
        while ((used = idle.pollFirst()) != null) {
            if (System.nanoTime() - used.usedNanos() < IDLE.toNanos()) {
                exchange.on(used.socket());
                return used;
            }
            used.abort();
        }
        Socket plain = new Socket();
        exchange.on(plain);
        plain.setTcpNoDelay(true);
        // resolved each time, as a name may come to stand for another address
        plain.connect(new InetSocketAddress(host, port), Math.toIntExact(Math.min(timeout.toMillis() + 1, 1 << 30)));
        if (!secure) {
            return new Connection(plain, factory.createConnection(plain), 0);
        }
        SSLSocket tls =
                (SSLSocket) ((SSLSocketFactory) SSLSocketFactory.getDefault()).createSocket(plain, host, port, true);
        SSLParameters parameters = tls.getSSLParameters();
        parameters.setEndpointIdentificationAlgorithm("HTTPS");
        tls.setSSLParameters(parameters);
        tls.startHandshake();
        return new Connection(plain, factory.createConnection(tls, plain), 0);
    }

    private BasicClassicHttpRequest request(String method, String path, @Nullable EncodedMessage message) {
        String prefix = server.getRawPath() == null ? "" : server.getRawPath().replaceFirst("/+$", "");
        BasicClassicHttpRequest request = new BasicClassicHttpRequest(method, prefix + path);
        request.setHeader("Host", server.getPort() >= 0 ? host + ":" + port : host);
        if (apiKey != null) {
            request.setHeader("Authorization", "Bearer " + apiKey);
        }
        if (message != null) {
            request.setHeader("Content-Length", message.body().length);
            request.setHeader("Content-Type", message.contentType());
            if (message.jsonLength() >= 0) {
                request.setHeader(InferenceCodec.HEADER, message.jsonLength());
            }
            request.setEntity(new ByteArrayEntity(message.body(), ContentType.parse(message.contentType())));
        }
        return request;
    }

    private static Answer answer(ClassicHttpResponse response) throws IOException {
        HttpEntity entity = response.getEntity();
        byte[] body = NOTHING;
        if (entity != null) {
            long length = entity.getContentLength();
            if (length > MAX_BODY_BYTES) {
                throw tooLong();
            }
            try (InputStream in = entity.getContent()) {
                body = in.readNBytes(length >= 0 ? (int) length : MAX_BODY_BYTES);
                if (in.read() >= 0) {
                    throw tooLong();
                }
            }
        }
        Header binary = response.getFirstHeader(InferenceCodec.HEADER);
        return new Answer(
                response.getCode(),
                body,
                binary == null ? -1 : InferenceCodec.jsonLength(binary.getValue(), body.length));
    }

    private static IOException tooLong() {
        return new IOException("the answer is longer than " + (MAX_BODY_BYTES >> 20) + " MiB");
    }

    private void endLateExchanges() {
        while (!closed) {
            long now = System.nanoTime();
            open.stream().filter(exchange -> exchange.deadline - now < 0).forEach(Exchange::abort);
            LockSupport.parkNanos(this, SCAN_NANOS);
        }
    }

    /** Closes all connections; requests under way fail. */
    @Override
    public void close() {
        closed = true;
        LockSupport.unpark(watch);
        open.forEach(Exchange::abort);
        for (Iterator<Connection> it = idle.iterator(); it.hasNext(); ) {
            Connection connection = it.next();
            it.remove();
            connection.abort();
        }
    }
}
