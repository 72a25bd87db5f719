package dev.purser.worker;

import dev.purser.core.InputException;
import dev.purser.core.json.Json;
import org.jspecify.annotations.Nullable;

/**
 * The one line that a worker writes to its standard output: that it is ready, or why it cannot be.
 *
 * @param ready whether it serves
 * @param port where; null unless ready, and where it listens on a socket of the file system
 * @param pid its process id
 * @param initialisationMs how long its start took, by step; null unless ready
 * @param error what went wrong; null when ready
 */
public record WorkerReport(
        boolean ready,
        @Nullable Integer port,
        long pid,
        @Nullable Initialisation initialisationMs,
        @Nullable String error) {

    /**
     * A worker's start by step, in milliseconds. The HTTP server starts beside the first three.
     *
     * @param processStart from the process's start to the program's first line
     * @param runtimeLoad reading the configuration, loading ONNX Runtime and, where need be, the tokenizer's library
     * @param modelLoad reading and optimising the network
     * @param firstInference the first inference, which is slower than those after it
     * @param total from the process's start until it is ready
     */
    public record Initialisation(
            double processStart, double runtimeLoad, double modelLoad, double firstInference, double total) {}

    /**
     * Reads such a line.
     *
     * @param where the worker that wrote it, for messages
     * @param line the line
     * @return the report
     * @throws InputException when it is something else
     */
    public static WorkerReport read(String where, String line) {
        return Json.read(where, Json.parse(where, line), WorkerReport.class);
    }

    /** This report as a line, without the line's end. */
    String toLine() {
        return WorkerConfiguration.line(this);
    }
}
