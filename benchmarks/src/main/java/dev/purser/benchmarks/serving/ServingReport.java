package dev.purser.benchmarks.serving;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What was measured; each figure is the median of the rounds.
 *
 * @param conditions under which it was
 * @param rows a server, a model and a number of connections each
 * @param batching with batches, where that was measured
 * @param verdicts the targets
 */
record ServingReport(
        Conditions conditions, List<Row> rows, @Nullable BatchingRow batching, List<Verdict> verdicts) {

    /**
     * What else decides the figures.
     *
     * @param processors of the machine
     * @param java the JVM's version
     * @param loadBefore the load average of the minute before the start
     * @param seconds each measurement's length
     * @param rounds how often each was made
     * @param body how requests were encoded
     */
    record Conditions(int processors, String java, double loadBefore, int seconds, int rounds, String body) {}

    /**
     * A server with a model under a load.
     *
     * @param connections null for what has none
     * @param p50Ms null for what has no connections, like the next
     * @param cpuMicros processor time of the server's processes for each request
     * @param ofRaw that, of what ONNX Runtime alone takes; null where it was not measured
     * @param failed requests of all rounds that failed
     * @param readyMs from the start of the process until it is ready
     * @param peakMib most resident memory of the server's processes together, over all loads of the model
     * @param difference the largest difference of its answer from what ONNX Runtime says
     * @param others processors that other work on the machine kept busy meanwhile
     */
    record Row(
            String model,
            String server,
            @Nullable Integer connections,
            double requestsPerSecond,
            @Nullable Double p50Ms,
            @Nullable Double p99Ms,
            double cpuMicros,
            @Nullable Double ofRaw,
            long failed,
            @Nullable Double readyMs,
            @Nullable Double peakMib,
            @Nullable Double difference,
            double others) {}

    /**
     * Batches formed by the server against batches formed beforehand, one thread of ONNX Runtime each.
     *
     * @param model what was served
     * @param rawSingle items per second of the raw loop, one by one
     * @param rawBatched the same in batches
     * @param rawCpuMicros processor time for each item of those
     * @param batch how large they are at most
     * @param served items per second of the server
     * @param servedCpuMicros processor time for each item, with all that serving takes
     * @param connections of the load
     * @param p99Ms latency that one request in a hundred exceeds
     * @param failed requests of all rounds that failed
     * @param ratio served of raw in batches
     * @param others processors that other work kept busy meanwhile
     */
    record BatchingRow(
            String model,
            double rawSingle,
            double rawBatched,
            double rawCpuMicros,
            int batch,
            double served,
            double servedCpuMicros,
            int connections,
            double p99Ms,
            long failed,
            double ratio,
            double others) {}

    /**
     * A target and what became of it.
     *
     * @param target what is wanted
     * @param measured the figure
     * @param limit what it may be at most, or must be at least
     * @param ratio measured of limit
     * @param met whether it is
     */
    record Verdict(String target, double measured, double limit, double ratio, boolean met) {}

    /** Whether every request was answered, and rightly. */
    boolean allAnswersRight() {
        return rows.stream()
                        .allMatch(row -> row.failed() == 0
                                && (row.difference() == null || row.difference() <= AnswerCheck.TOLERANCE))
                && (batching == null || batching.failed() == 0);
    }
}
