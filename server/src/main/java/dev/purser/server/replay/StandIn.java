package dev.purser.server.replay;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * A server within the generator, which answers everything with the same response. The first seconds of a Java program
 * are slow, and a request that the generator itself holds up by a tenth of a second would be charged to the server: it
 * rehearses with this one before it begins.
 */
final class StandIn implements AutoCloseable {
    /** The rate of a rehearsal. */
    static final double REQUESTS_PER_SECOND = 3000;

    /** The connections of a rehearsal. */
    static final int CONNECTIONS = 32;

    private static final byte[] RESPONSE =
            ("{\"model_name\": \"stand-in\", \"parameters\": {\"variant\": \"stand-in\"},"
                            + " \"outputs\": [{\"name\": \"y\", \"datatype\": \"FP32\", \"shape\": [1, 64], \"data\": ["
                            + String.join(", ", Collections.nCopies(64, "0.123456")) + "]}]}")
                    .getBytes(StandardCharsets.UTF_8);

    private final HttpServer server;
    private final ExecutorService threads;

    private StandIn(HttpServer server, ExecutorService threads) {
        this.server = server;
        this.threads = threads;
    }

    static StandIn start() {
        try {
            HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
            ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
            server.setExecutor(threads);
            server.createContext("/", exchange -> {
                try (InputStream in = exchange.getRequestBody();
                        OutputStream out = exchange.getResponseBody()) {
                    in.readAllBytes();
                    exchange.sendResponseHeaders(200, RESPONSE.length);
                    out.write(RESPONSE);
                }
            });
            server.start();
            return new StandIn(server, threads);
        } catch (IOException e) {
            throw new UncheckedIOException("the rehearsal cannot listen on the loopback interface", e);
        }
    }

    URI uri() {
        return URI.create("http://" + server.getAddress().getAddress().getHostAddress() + ":"
                + server.getAddress().getPort());
    }

    @Override
    public void close() {
        server.stop(0);
        threads.shutdownNow();
    }
}
