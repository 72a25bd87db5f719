package dev.purser.benchmarks.serving;

import dev.purser.worker.protocol.EncodedMessage;
import dev.purser.worker.protocol.InferenceCodec;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The load generator wrk: a number of connections, each of which asks again as soon as it has been answered. */
final class Wrk {
    private static final String MARK = "measured";

    /** Says what wrk counted in a form that needs no guesses; its own output rounds. */
    private static final String DONE = """
            function done(summary, latency, requests)
              local e = summary.errors
              io.write(string.format(
                "measured requests=%d micros=%d p50=%d p99=%d connect=%d read=%d write=%d timeout=%d status=%d\\n",
                summary.requests, summary.duration, latency:percentile(50), latency:percentile(99),
                e.connect, e.read, e.write, e.timeout, e.status))
            end
            """;

    private final Path script;

    /**
     * What one run of it gave.
     *
     * @param requests those answered, failures with a status included
     * @param micros how long it took
     * @param p50Micros median latency
     * @param p99Micros latency that one in a hundred exceeds
     * @param errors connections, reads and writes that failed, answers that took over ten seconds or had a status of 400
     *     or more
     */
    record Result(long requests, long micros, long p50Micros, long p99Micros, long errors) {
        double perSecond() {
            return requests * 1e6 / micros;
        }
    }

    /** A load of one request again and again. The scripts are written to a folder. */
    Wrk(EncodedMessage request, Path folder) {
        try {
            Path body = Files.write(folder.resolve("body"), request.body());
            script = Files.writeString(folder.resolve("load.lua"), script(request, body));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static String script(EncodedMessage request, Path body) {
        String header = request.jsonLength() < 0
                ? ""
                : "wrk.headers[\"%s\"] = \"%d\"%n".formatted(InferenceCodec.HEADER, request.jsonLength());
        return """
                local file = assert(io.open([==[%s]==], "rb"))
                wrk.method = "POST"
                wrk.body = file:read("*a")
                wrk.headers["Content-Type"] = "%s"
                %sfile:close()
                %s""".formatted(body, request.contentType(), header, DONE);
    }

    /** Whether the machine has it. */
    static boolean isInstalled() {
        try {
            Process process =
                    new ProcessBuilder("wrk", "-v").redirectErrorStream(true).start();
            process.getInputStream().readAllBytes();
            process.waitFor();
            return true;
        } catch (IOException e) {
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while looking for wrk", e);
        }
    }

    /** Loads a server. */
    Result run(URI target, int connections, Duration duration) {
        List<String> command = List.of(
                "wrk",
                "-t1",
                "-c" + connections,
                "-d" + duration.toSeconds() + "s",
                "--timeout",
                "10s",
                "-s",
                script.toString(),
                target.toString());
        try {
            Process process =
                    new ProcessBuilder(command).redirectErrorStream(true).start();
            String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            int status = process.waitFor();
            if (status != 0) {
                throw new IllegalStateException("wrk ended with status " + status + ":\n" + output);
            }
            return parse(output);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while wrk ran", e);
        }
    }

    static Result parse(String output) {
        String line = output.lines()
                .filter(l -> l.startsWith(MARK + " "))
                .findFirst()
                .orElseThrow(() -> new IllegalStateException("wrk said nothing of what it measured:\n" + output));
        Map<String, Long> values = new HashMap<>();
        for (String pair : line.substring(MARK.length() + 1).split(" ")) {
            int equals = pair.indexOf('=');
            values.put(pair.substring(0, equals), Long.valueOf(pair.substring(equals + 1)));
        }
        long errors = 0;
        for (String kind : List.of("connect", "read", "write", "timeout", "status")) {
            errors += value(values, kind);
        }
        return new Result(
                value(values, "requests"), value(values, "micros"), value(values, "p50"), value(values, "p99"), errors);
    }

    private static long value(Map<String, Long> values, String name) {
        Long value = values.get(name);
        if (value == null) {
            throw new IllegalStateException("wrk did not say '" + name + "'");
        }
        return value;
    }
}
