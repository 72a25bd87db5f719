package dev.purser.server.gateway;

import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * How a gateway listens and what it takes.
 *
 * @param host name or address to bind the data port to
 * @param port for inference, 0 to 65535; 0 for any that is free
 * @param adminHost name or address to bind the admin port to
 * @param adminPort for metrics and the live page, 0 to 65535; 0 for any that is free
 * @param maxBody the longest body of a request in bytes, 1 KiB to 1 GiB
 * @param maxOpen the most requests that may be open, 1 to 1,000,000
 * @param grace how long {@link Gateway#close} waits for open requests to end, at least 0
 * @param patience how long a client may take to send a request, and again to take the response, over 0
 * @param apiKeys file of the keys of which requests must carry one, one a line; null where none is needed
 * @param tls what the data port speaks TLS with; null for plain HTTP
 */
public record GatewaySettings(
        String host,
        int port,
        String adminHost,
        int adminPort,
        int maxBody,
        int maxOpen,
        Duration grace,
        Duration patience,
        @Nullable Path apiKeys,
        @Nullable Tls tls) {
    private static final int KIB = 1 << 10;
    private static final int GIB = 1 << 30;

    /**
     * Files in PEM form.
     *
     * @param certificate the server's certificate and those between it and its root
     * @param key its private key, PKCS#8
     * @param clientCa the certificates that sign clients' certificates, which are then needed; null where clients need
     *     none
     */
    public record Tls(Path certificate, Path key, @Nullable Path clientCa) {}

    public GatewaySettings {
        range("port", port, 0, 65_535);
        range("adminPort", adminPort, 0, 65_535);
        range("maxBody", maxBody, KIB, GIB);
        range("maxOpen", maxOpen, 1, 1_000_000);
        if (grace.isNegative()) {
            throw new IllegalArgumentException("grace is " + grace + ", but it must be at least 0");
        }
        if (patience.isNegative() || patience.isZero()) {
            throw new IllegalArgumentException("patience is " + patience + ", but it must be over 0");
        }
    }

    /**
     * On the loopback interface, ports 8080 and 9090, bodies of at most 16 MiB, at most 10,000 open requests, 10 s of
     * grace, 30 s of patience, no keys and no TLS.
     */
    public static GatewaySettings defaults() {
        return new GatewaySettings(
                "127.0.0.1",
                8080,
                "127.0.0.1",
                9090,
                16 * KIB * KIB,
                10_000,
                Duration.ofSeconds(10),
                Duration.ofSeconds(30),
                null,
                null);
    }

    /** The same on other ports. */
    public GatewaySettings withPorts(int data, int admin) {
        return new GatewaySettings(host, data, adminHost, admin, maxBody, maxOpen, grace, patience, apiKeys, tls);
    }

    private static void range(String name, int value, int least, int most) {
        if (value < least || value > most) {
            throw new IllegalArgumentException(name + " is " + value + ", but it must be " + least + " to " + most);
        }
    }
}
