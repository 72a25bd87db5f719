package dev.purser.worker;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.PrettyPrinter;
import dev.purser.core.InputException;
import dev.purser.core.json.Json;
import dev.purser.core.model.ModelSource;
import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What a worker process serves, and how. Only {@code model} and {@code source} must be given.
 *
 * @param model the name that the model is served under
 * @param version its version; null where it has none
 * @param source where its network is; relative paths start from the worker's working directory
 * @param threads threads of one inference, 1 to 256
 * @param slots inferences at once, 1 to 256; further requests wait
 * @param queue how many requests may wait, 0 to 65536; those beyond are refused with 503
 * @param maxBatch the most rows of one inference
 * @param optimization how much the graph is optimised when it is loaded
 * @param arena as in {@link RuntimeSettings}
 * @param host the address to listen on; or {@code unix:} and the path of a socket in a folder, which whoever may enter that
 *     folder can connect to, and no one else
 * @param port the port, 0 for any that is free
 * @param maxBodyBytes the largest request body, after decompression, 1 KiB to 1 GiB
 * @param requestTimeout how long a request's body may take to arrive, and how long it may wait for a slot; above 0
 * @param idleTimeout how long a connection may stay without a request; above 0
 * @param grace how long requests in flight may take to finish once the process is told to end; 0 or more
 * @param cacheDirectory where native libraries and models from jars are kept; null for the user's cache
 * @param parentWatch whether the process ends when its standard input does, so that it never outlives its parent
 */
public record WorkerConfiguration(
        String model,
        @Nullable String version,
        ModelSource source,
        @JsonProperty(defaultValue = "1") int threads,
        @JsonProperty(defaultValue = "1") int slots,
        @JsonProperty(defaultValue = "64") int queue,
        @JsonProperty(defaultValue = "64") int maxBatch,
        @JsonProperty(defaultValue = "\"all\"") RuntimeSettings.Optimization optimization,
        @JsonProperty(defaultValue = "true") boolean arena,
        @JsonProperty(defaultValue = "\"127.0.0.1\"") String host,
        @JsonProperty(defaultValue = "0") int port,
        @JsonProperty(defaultValue = "16777216") int maxBodyBytes,
        @JsonProperty(defaultValue = "30s") Duration requestTimeout,
        @JsonProperty(defaultValue = "10m") Duration idleTimeout,
        @JsonProperty(defaultValue = "10s") Duration grace,
        @Nullable String cacheDirectory,
        @JsonProperty(defaultValue = "false") boolean parentWatch) {

    /** What a host begins with that is a socket. */
    private static final String SOCKET = "unix:";

    public WorkerConfiguration {
        if (model.isBlank() || model.length() > 256) {
            throw new IllegalArgumentException(
                    "model is '" + model + "', but it must be a name of 1 to 256 characters");
        }
        if (queue < 0 || queue > 65_536) {
            throw new IllegalArgumentException("queue is " + queue + ", but it must be 0 to 65536");
        }
        if (host.isBlank()) {
            throw new IllegalArgumentException("host is blank");
        }
        if (port < 0 || port > 65_535) {
            throw new IllegalArgumentException("port is " + port + ", but it must be 0 to 65535 (0: any that is free)");
        }
        if (maxBodyBytes < 1024 || maxBodyBytes > 1 << 30) {
            throw new IllegalArgumentException(
                    "maxBodyBytes is " + maxBodyBytes + ", but it must be 1024 to " + (1 << 30));
        }
        requirePositive("requestTimeout", requestTimeout);
        requirePositive("idleTimeout", idleTimeout);
        if (grace.isNegative()) {
            throw new IllegalArgumentException("grace is " + grace + ", but it must be 0 or more");
        }
        // says what is wrong with its part of these
        new RuntimeSettings(threads, slots, false, optimization, maxBatch, arena);
    }

    private static void requirePositive(String field, Duration value) {
        if (value.isNegative() || value.isZero() || value.compareTo(Duration.ofDays(1)) > 0) {
            throw new IllegalArgumentException(field + " is " + value + ", but it must be above 0 and at most a day");
        }
    }

    /**
     * A configuration with defaults for all else, as the local platform starts from: on loopback, any port, with the
     * parent watch.
     *
     * @param model the name that the model is served under
     * @param version its version; null where it has none
     * @param source where its network is
     * @param threads threads of one inference
     * @param slots inferences at once
     * @return a configuration
     */
    public static WorkerConfiguration of(
            String model, @Nullable String version, ModelSource source, int threads, int slots) {
        return new WorkerConfiguration(
                model,
                version,
                source,
                threads,
                slots,
                64,
                64,
                RuntimeSettings.Optimization.ALL,
                true,
                "127.0.0.1",
                0,
                16 << 20,
                Duration.ofSeconds(30),
                Duration.ofMinutes(10),
                Duration.ofSeconds(10),
                null,
                true);
    }

    /**
     * Reads a configuration.
     *
     * @param where the file or option that it came from, for messages
     * @param json JSON
     * @return the configuration
     * @throws InputException when it is not one
     */
    public static WorkerConfiguration read(String where, String json) {
        return Json.read(where, Json.parse(where, json), WorkerConfiguration.class);
    }

    /** This configuration as a line of JSON, as a worker reads it from its standard input; without the line's end. */
    public String toLine() {
        return line(this);
    }

    /** The socket of the file system to listen on; null where it is an address and a port. */
    public @Nullable Path socket() {
        return host.startsWith(SOCKET) ? Path.of(host.substring(SOCKET.length())) : null;
    }

    /**
     * This configuration with another socket.
     *
     * @param path a path of at most 100 bytes in a folder that no one else can enter; there must be no such file
     * @return a configuration
     */
    public WorkerConfiguration withSocket(Path path) {
        return new WorkerConfiguration(
                model,
                version,
                source,
                threads,
                slots,
                queue,
                maxBatch,
                optimization,
                arena,
                SOCKET + path,
                0,
                maxBodyBytes,
                requestTimeout,
                idleTimeout,
                grace,
                cacheDirectory,
                parentWatch);
    }

    /** How the model is run. */
    public RuntimeSettings runtime() {
        return new RuntimeSettings(threads, slots, false, optimization, maxBatch, arena);
    }

    /** Where files from jars are kept. */
    public ModelFiles files() {
        return cacheDirectory == null ? ModelFiles.inUserCache() : ModelFiles.in(Path.of(cacheDirectory));
    }

    static String line(Object value) {
        try {
            return Json.writer().with((PrettyPrinter) null).writeValueAsString(value);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }
}
