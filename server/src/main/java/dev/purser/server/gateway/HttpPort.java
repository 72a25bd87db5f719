package dev.purser.server.gateway;

import dev.purser.core.InputException;
import io.helidon.common.buffers.BufferData;
import io.helidon.common.concurrency.limits.Limit;
import io.helidon.common.tls.Tls;
import io.helidon.http.Headers;
import io.helidon.http.HttpPrologue;
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
import java.net.BindException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.channels.UnresolvedAddressException;
import java.time.Duration;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** One HTTP socket: its limits, and what keeps slow and broken clients from holding it up. */
final class HttpPort implements AutoCloseable {
    /** Longer than clients keep idle connections, so that they end them, and do not send into one that is ending. */
    private static final Duration IDLE = Duration.ofSeconds(75);

    private static final int MAX_HEADERS = 16 << 10;
    private static final int MAX_FIRST_LINE = 4 << 10;

    private final WebServer server;

    private HttpPort(WebServer server) {
        this.server = server;
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
                .connectionOptions(options -> options.readTimeout(IDLE))
                .shutdownGracePeriod(Duration.ofMillis(200))
                .directHandlers(HttpReply.directHandlers(maxBody))
                .addConnectionSelector(new Lingering(
                        Http1ConnectionSelector.builder().config(http).build(), patience, maxBody))
                .routing(HttpRouting.builder().any(handler));
        if (tls != null) {
            config.tls(tls);
        }
        WebServer server = config.build();
        try {
            server.start();
        } catch (RuntimeException e) {
            server.stop();
            throw explain(e, option, host, port);
        }
        return new HttpPort(server);
    }

    private static RuntimeException explain(RuntimeException e, String option, String host, int port) {
        for (Throwable cause = e; cause != null; cause = cause.getCause()) {
            if (cause instanceof BindException) {
                boolean taken = String.valueOf(cause.getMessage()).contains("in use");
                return taken
                        ? new InputException(
                                option,
                                "",
                                "port " + port + " of " + host + " is taken by another program",
                                option + " 0 takes any that is free")
                        : new InputException(
                                option,
                                "",
                                "port " + port + " of " + host + " cannot be used: " + cause.getMessage(),
                                "the host must be an address of this machine; ports below 1024 may need rights");
            }
            if (cause instanceof UnresolvedAddressException) {
                return new InputException("--host", "", "there is no host '" + host + "'", "");
            }
        }
        return e;
    }

    int port() {
        return server.port();
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
    private record Lingering(ServerConnectionSelector selector, Patience patience, int most)
            implements ServerConnectionSelector {

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
            ServerConnection connection = selector.connection(context);
            return new ServerConnection() {
                @Override
                public void handle(Limit limit) throws InterruptedException {
                    try {
                        connection.handle(limit);
                        linger(context);
                    } finally {
                        HeaderWatch.end();
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
            };
        }

        private void linger(ConnectionContext context) {
            HeaderWatch.end();
            try {
                patience.during(() -> {
                    long skipped = 0;
                    while (skipped <= most) {
                        context.dataReader().ensureAvailable();
                        skipped += context.dataReader().readBuffer().available();
                    }
                });
            } catch (RuntimeException e) {
                // the client has ended the connection, as it should
            }
        }
    }
}
