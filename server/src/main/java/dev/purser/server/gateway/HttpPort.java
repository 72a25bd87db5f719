package dev.purser.server.gateway;

import dev.purser.core.InputException;
import io.helidon.common.buffers.BufferData;
import io.helidon.common.concurrency.limits.Limit;
import io.helidon.common.task.InterruptableTask;
import io.helidon.common.tls.Tls;
import io.helidon.http.HeaderValues;
import io.helidon.http.Headers;
import io.helidon.http.HttpPrologue;
import io.helidon.webserver.CloseConnectionException;
import io.helidon.webserver.ConnectionContext;
import io.helidon.webserver.WebServer;
import io.helidon.webserver.WebServerConfig;
import io.helidon.webserver.http.Handler;
import io.helidon.webserver.http.HttpRouting;
import io.helidon.webserver.http1.Http1Config;
import io.helidon.webserver.http1.Http1ConnectionListener;
import io.helidon.webserver.http1.Http1ConnectionSelector;
import io.helidon.webserver.spi.ServerConnection;
import io.helidon.webserver.spi.ServerConnectionSelector;
import java.io.IOException;
import java.io.Serial;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** One HTTP socket: its limits, and what keeps slow and broken clients from holding it up. */
final class HttpPort implements AutoCloseable {
    /** Longer than clients keep idle connections, so that they end them, and do not send into one that is ending. */
    private static final Duration IDLE = Duration.ofSeconds(75);

    /** How long a client has to see that it was refused before the connection is closed. */
    private static final Duration LINGER = Duration.ofSeconds(1);

    private static final long MOST_UNREAD = 256 << 20;
    private static final int MAX_HEADERS = 16 << 10;
    private static final int MAX_FIRST_LINE = 4 << 10;

    private final WebServer server;
    private final int port;

    private HttpPort(WebServer server) {
        this.server = server;
        port = server.port();
    }

    /**
     * Listens.
     *
     * @param option the option that names the port, for messages
     * @param maxBody the longest body in bytes
     * @param maxConnections the most connections; further ones wait to be accepted
     * @throws InputException if it cannot
     */
    static HttpPort open(
            String option,
            String host,
            int port,
            int maxBody,
            int maxConnections,
            @Nullable Tls tls,
            Patience patience,
            Handler handler) {
        InetAddress address;
        try {
            address = InetAddress.getByName(host);
        } catch (UnknownHostException e) {
            throw new InputException(
                    "--host", "", "there is no host '" + host + "'", "127.0.0.1 is this machine alone");
        }
        Http1Config http = Http1Config.builder()
                .maxHeadersSize(MAX_HEADERS)
                .maxPrologueLength(MAX_FIRST_LINE)
                .continueImmediately(false)
                .addReceiveListener(new HeaderWatch(patience))
                .build();
        WebServerConfig.Builder config = WebServer.builder()
                .shutdownHook(false)
                .featuresDiscoverServices(false)
                .protocolsDiscoverServices(false)
                .concurrencyLimitDiscoverServices(false)
                .address(address)
                .port(port)
                .backlog(1024)
                .maxPayloadSize(maxBody)
                .maxTcpConnections(maxConnections)
                .idleConnectionTimeout(IDLE)
                .idleConnectionPeriod(Duration.ofSeconds(15))
                // of Helidon's two kinds of sockets only the plain ones heed the time limit, which ends those who
                // connect
                // and say nothing; and only the others ask for a client's certificate
                .useNio(tls != null)
                // an answer goes out in pieces, and must not wait for the first to be acknowledged
                .connectionOptions(options -> options.readTimeout(IDLE).tcpNoDelay(true))
                .shutdownGracePeriod(Duration.ofMillis(200))
                .directHandlers(HttpReply.directHandlers(maxBody))
                .addConnectionSelector(new Lingering(
                        Http1ConnectionSelector.builder().config(http).build(), patience))
                .routing(HttpRouting.builder().any(closing(handler)));
        if (tls != null) {
            config.tls(tls);
        }
        requireFree(option, host, address, port);
        WebServer server = config.build();
        server.start();
        if (!server.isRunning()) {
            throw new InputException(
                    option, "", "port " + port + " of " + host + " cannot be listened on", "the log says why");
        }
        return new HttpPort(server);
    }

    /** The server only logs why it cannot listen. */
    private static void requireFree(String option, String host, InetAddress address, int port) {
        try (ServerSocket probe = new ServerSocket(port, 1, address)) {
            probe.setReuseAddress(true);
        } catch (IOException e) {
            throw String.valueOf(e.getMessage()).contains("in use")
                    ? new InputException(
                            option,
                            "",
                            "port " + port + " of " + host + " is taken by another program",
                            option + " 0 takes any that is free")
                    : new InputException(
                            option,
                            "",
                            "port " + port + " of " + host + " cannot be used: " + e.getMessage(),
                            "the host must be an address of this machine; ports below 1024 may need rights");
        }
    }

    /** Ends the connection where either side has said so, which the server leaves to the client otherwise. */
    private static Handler closing(Handler handler) {
        return (request, response) -> {
            handler.handle(request, response);
            if (request.headers().containsToken(HeaderValues.CONNECTION_CLOSE)
                    || response.headers().containsToken(HeaderValues.CONNECTION_CLOSE)) {
                boolean unread =
                        request.content().hasEntity() && !request.content().consumed();
                throw unread ? new Unread() : new CloseConnectionException("answered, and to be closed");
            }
        };
    }

    /** Ends a connection on which the client may still be sending. */
    private static final class Unread extends CloseConnectionException {
        @Serial
        private static final long serialVersionUID = 1L;

        Unread() {
            super("refused, and to be closed");
        }
    }

    int port() {
        return port;
    }

    @Override
    public void close() {
        server.stop();
    }

    /** A client has as much time to send the headers of a request as for its body. */
    private static final class HeaderWatch implements Http1ConnectionListener {
        /** Of the connection, each of which has a thread of its own. */
        private static final ThreadLocal<Patience.@Nullable Wait> WAIT = new ThreadLocal<>();

        private final Patience patience;

        HeaderWatch(Patience patience) {
            this.patience = patience;
        }

        @Override
        public void prologue(ConnectionContext context, HttpPrologue prologue) {
            WAIT.set(patience.begin());
        }

        @Override
        public void headers(ConnectionContext context, Headers headers) {
            end();
        }

        static void end() {
            Patience.Wait wait = WAIT.get();
            if (wait != null) {
                wait.close();
                WAIT.set(null);
            }
        }
    }

    /**
     * Waits a moment before a connection is closed on which the server has refused a request by itself: closing while the
     * client still sends would take away the answer before the client has read it.
     */
    private record Lingering(ServerConnectionSelector selector, Patience patience) implements ServerConnectionSelector {

        @Override
        public int bytesToIdentifyConnection() {
            return selector.bytesToIdentifyConnection();
        }

        @Override
        public Support supports(BufferData data) {
            return selector.supports(data);
        }

        @Override
        public Set<String> supportedApplicationProtocols() {
            return selector.supportedApplicationProtocols();
        }

        @Override
        public ServerConnection connection(ConnectionContext context) {
            return new LingeringConnection(context, selector.connection(context), patience);
        }
    }

    private record LingeringConnection(ConnectionContext context, ServerConnection connection, Patience patience)
            implements ServerConnection, InterruptableTask<Void> {

        @Override
        public void handle(Limit limit) throws InterruptedException {
            try {
                connection.handle(limit);
                linger();
            } catch (Unread e) {
                linger();
                throw e;
            } finally {
                HeaderWatch.end();
            }
        }

        private void linger() {
            HeaderWatch.end();
            try {
                patience.during(LINGER, () -> {
                    long skipped = 0;
                    while (skipped <= MOST_UNREAD) {
                        context.dataReader().ensureAvailable();
                        skipped += context.dataReader().readBuffer().available();
                    }
                });
            } catch (RuntimeException e) {
                // the client has ended the connection, as it should
            }
        }

        @Override
        public Duration idleTime() {
            return connection.idleTime();
        }

        @Override
        public void close(boolean interrupt) {
            connection.close(interrupt);
        }

        /** Between two requests it can, when the server is stopped. */
        @Override
        public boolean canInterrupt() {
            return connection instanceof InterruptableTask<?> task && task.canInterrupt();
        }

        @Override
        public Void call() {
            throw new UnsupportedOperationException("a connection is handled");
        }
    }
}
