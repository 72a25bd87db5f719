package dev.purser.server.replay;

import de.siegmar.fastcsv.writer.CsvWriter;
import dev.purser.core.workload.RequestClass;
import java.io.IOException;
import java.io.OutputStreamWriter;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.PriorityQueue;
import java.util.zip.GZIPOutputStream;
import org.jspecify.annotations.Nullable;

/**
 * Writes each request of a replay to a gzipped CSV file, in the order of the arrivals. What ends out of order waits in
 * memory for those before it, which the generator's timeout bounds. Not safe for use by several threads at once, as a
 * {@link ReplayListener} need not be.
 */
public final class RequestLog implements ReplayListener, AutoCloseable {
    private final List<RequestClass> classes;
    private final CsvWriter csv;
    private final PriorityQueue<ReplayedRequest> waiting =
            new PriorityQueue<>(Comparator.comparingLong(ReplayedRequest::number));
    private long next;

    /**
     * @param file where to; what was there is replaced
     * @param classes of the requests
     * @throws IOException when it cannot be written
     */
    public RequestLog(Path file, List<RequestClass> classes) throws IOException {
        this.classes = List.copyOf(classes);
        Writer writer = new OutputStreamWriter(
                new GZIPOutputStream(Files.newOutputStream(file), 1 << 16), StandardCharsets.UTF_8);
        csv = CsvWriter.builder().build(writer);
        csv.writeRecord(
                "number",
                "intended_s",
                "class",
                "latency_ms",
                "service_ms",
                "outcome",
                "status",
                "variant",
                "platform",
                "cold",
                "inference_ms",
                "problem");
    }

    @Override
    public void ended(ReplayedRequest request) {
        waiting.add(request);
        while (!waiting.isEmpty() && waiting.peek().number() == next) {
            write(waiting.remove());
            next++;
        }
    }

    private void write(ReplayedRequest request) {
        csv.writeRecord(
                Long.toString(request.number()),
                String.format(Locale.ROOT, "%.6f", request.intendedNanos() / 1e9),
                classes.get(request.requestClass()).name(),
                milliseconds(request.latencyNanos()),
                milliseconds(request.endNanos() - request.sentNanos()),
                request.outcome().name().toLowerCase(Locale.ROOT),
                Integer.toString(request.status()),
                text(request.variant()),
                text(request.platform()),
                Boolean.toString(request.cold()),
                request.inferenceMs() == null ? "" : String.format(Locale.ROOT, "%.3f", request.inferenceMs()),
                text(request.problem()));
    }

    private static String milliseconds(long nanos) {
        return String.format(Locale.ROOT, "%.3f", nanos / 1e6);
    }

    private static String text(@Nullable String value) {
        return value == null ? "" : value;
    }

    /** Writes what still waits for requests that were abandoned, and closes the file. */
    @Override
    public void close() throws IOException {
        try (csv) {
            while (!waiting.isEmpty()) {
                write(waiting.remove());
            }
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
    }
}
