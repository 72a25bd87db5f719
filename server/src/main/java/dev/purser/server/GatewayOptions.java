package dev.purser.server;

import dev.purser.core.InputException;
import dev.purser.server.gateway.GatewaySettings;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The options that say where a gateway listens, and what it takes. */
final class GatewayOptions {
    private static final GatewaySettings DEFAULTS = GatewaySettings.defaults();
    private static final Pattern SIZE = Pattern.compile("(\\d{1,10})\\s*(?:([kmg])(?:i?b)?|b)?");

    @Option(
            names = "--host",
            paramLabel = "ADDRESS",
            description = {
                "The address to listen on: 127.0.0.1 is this machine alone, 0.0.0.0 every network it is in.",
                "Default: 127.0.0.1. Example: --host 0.0.0.0 --api-key-file keys.txt"
            })
    private String host = DEFAULTS.host();

    @Option(
            names = "--port",
            paramLabel = "PORT",
            description = {"The port for inference; 0 for any that is free.", "Default: 8080. Example: --port 8000"})
    private int port = DEFAULTS.port();

    @Option(
            names = "--admin-port",
            paramLabel = "PORT",
            description = {
                "The port for the live page and metrics, which need no key; 0 for any that is free.",
                "Default: 9090. Example: --admin-port 9100"
            })
    private int adminPort = DEFAULTS.adminPort();

    @Option(
            names = "--admin-host",
            paramLabel = "ADDRESS",
            description = {
                "The address that the admin port listens on.",
                "Default: 127.0.0.1, this machine alone, whatever --host is. Example: --admin-host 0.0.0.0"
            })
    private String adminHost = GatewaySettings.defaults().adminHost();

    @Option(
            names = "--max-body",
            paramLabel = "SIZE",
            description = {
                "The longest body of a request, in bytes or with k, m or g.",
                "Default: 16m. Example: --max-body 64m"
            })
    private String maxBody = "16m";

    @Option(
            names = "--max-open",
            paramLabel = "N",
            description = {
                "How many requests may be open; further ones are turned away with status 429.",
                "Default: 10000. Example: --max-open 1000"
            })
    private int maxOpen = DEFAULTS.maxOpen();

    @Option(
            names = "--grace",
            paramLabel = "TIME",
            description = {
                "How long open requests may take to end when the server is stopped.",
                "Default: 10s. Example: --grace 30s"
            })
    private Duration grace = DEFAULTS.grace();

    @Option(
            names = "--patience",
            paramLabel = "TIME",
            description = {
                "How long a client may take to send a request, and to take the answer.",
                "Default: 30s. Example: --patience 5s"
            })
    private Duration patience = DEFAULTS.patience();

    @Option(
            names = "--api-key-file",
            paramLabel = "FILE",
            description = {
                "Ask for a key on the inference port, as 'Authorization: Bearer KEY' or 'X-API-Key: KEY'. The file has"
                        + " one key a line; lines that begin with # are skipped.",
                "Default: no key is asked for. Example: --api-key-file keys.txt"
            })
    private @Nullable Path apiKeyFile;

    @Option(
            names = "--tls-certificate",
            paramLabel = "FILE",
            description = {
                "Speak TLS on the inference port, with this certificate (PEM, with those between it and its root).",
                "Default: plain HTTP. Example: --tls-certificate server.pem --tls-key server.key"
            })
    private @Nullable Path tlsCertificate;

    @Option(
            names = "--tls-key",
            paramLabel = "FILE",
            description = {
                "The certificate's private key (PEM, PKCS#8).",
                "Default: plain HTTP. Example: --tls-certificate server.pem --tls-key server.key"
            })
    private @Nullable Path tlsKey;

    @Option(
            names = "--client-ca",
            paramLabel = "FILE",
            description = {
                "Ask clients for a certificate, signed by one of these (PEM).",
                "Default: clients need none. Example: --tls-certificate server.pem --tls-key server.key --client-ca"
                        + " ca.pem"
            })
    private @Nullable Path clientCa;

    /** @throws InputException if an option is out of its range, or goes with one that is missing */
    GatewaySettings settings() {
        if ((tlsCertificate == null) != (tlsKey == null)) {
            throw new InputException(
                    tlsKey == null ? "--tls-certificate" : "--tls-key",
                    "",
                    "a certificate and its key go together",
                    "give " + (tlsKey == null ? "--tls-key" : "--tls-certificate") + " too");
        }
        if (clientCa != null && tlsKey == null) {
            throw new InputException("--client-ca", "", "needs TLS", "give --tls-certificate and --tls-key too");
        }
        try {
            return new GatewaySettings(
                    host,
                    port,
                    adminHost,
                    adminPort,
                    bytes(maxBody),
                    maxOpen,
                    grace,
                    patience,
                    apiKeyFile,
                    tlsCertificate == null || tlsKey == null
                            ? null
                            : new GatewaySettings.Tls(tlsCertificate, tlsKey, clientCa));
        } catch (IllegalArgumentException e) {
            throw new InputException(option(String.valueOf(e.getMessage())), "", String.valueOf(e.getMessage()), "");
        }
    }

    /** The option of a setting that a message begins with. */
    private static String option(String message) {
        String setting = message.substring(0, message.indexOf(' '));
        return "--" + setting.replaceAll("([A-Z])", "-$1").toLowerCase(Locale.ROOT);
    }

    /** A size such as 16m or 16 MiB in bytes. */
    static int bytes(String text) {
        Matcher form = SIZE.matcher(text.strip().toLowerCase(Locale.ROOT));
        if (!form.matches()) {
            throw new InputException("--max-body", "", "'" + text + "' is not a size", "write 16m or 16777216");
        }
        int shift = switch (form.group(2) == null ? "" : form.group(2)) {
            case "k" -> 10;
            case "m" -> 20;
            case "g" -> 30;
            default -> 0;
        };
        return (int) Math.min(Integer.MAX_VALUE, Long.parseLong(form.group(1)) << shift);
    }

    /** What is open to others although nothing guards it; empty where nothing is. */
    static String warning(GatewaySettings settings) {
        boolean guarded = settings.apiKeys() != null
                || (settings.tls() != null && settings.tls().clientCa() != null);
        if (!guarded && !isLoopback(settings.host())) {
            return "whoever reaches " + settings.host()
                    + " can use the models: give --api-key-file, or --client-ca with" + " TLS";
        }
        if (!isLoopback(settings.adminHost())) {
            return "whoever reaches " + settings.adminHost()
                    + " can see the live page and the metrics: --admin-host 127.0.0.1 keeps them to this machine";
        }
        return "";
    }

    private static boolean isLoopback(String host) {
        try {
            return InetAddress.getByName(host).isLoopbackAddress();
        } catch (UnknownHostException e) {
            // said when the gateway tries to listen there
            return true;
        }
    }
}
