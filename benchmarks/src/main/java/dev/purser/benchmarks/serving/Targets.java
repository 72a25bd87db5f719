package dev.purser.benchmarks.serving;

import dev.purser.benchmarks.serving.ServingReport.BatchingRow;
import dev.purser.benchmarks.serving.ServingReport.Row;
import dev.purser.benchmarks.serving.ServingReport.Verdict;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** What the gateway with its models in its own process is to reach, at 32 connections. */
final class Targets {
    private static final int CONNECTIONS = 32;

    /** For one model. */
    private record Limits(String model, double cpuMicros, double p99Ms) {}

    private static final List<Limits> LIMITS = List.of(new Limits("mlp", 90, 15), new Limits("cnn", 340, 25));
    private static final double READY_MS = 1000;
    private static final double PEAK_MIB = 300;
    private static final double OF_RAW_BATCHES = 0.9;

    private Targets() {}

    /** A verdict for each target of which there is a measurement. */
    static List<Verdict> verdicts(List<Row> rows, @Nullable BatchingRow batching) {
        List<Verdict> verdicts = new ArrayList<>();
        for (Limits limits : LIMITS) {
            for (Row row : rows) {
                if (row.model().equals(limits.model())
                        && row.server().equals(Server.IN_PROCESS.title())
                        && Integer.valueOf(CONNECTIONS).equals(row.connections())) {
                    String of = row.model() + " in-process: ";
                    atMost(
                            verdicts,
                            of + "CPU µs a request at 32 connections",
                            row,
                            Row::cpuMicros,
                            limits.cpuMicros());
                    atMost(verdicts, of + "p99 ms at 32 connections", row, Row::p99Ms, limits.p99Ms());
                    atMost(verdicts, of + "ms from start to ready", row, Row::readyMs, READY_MS);
                    atMost(verdicts, of + "peak MiB", row, Row::peakMib, PEAK_MIB);
                }
            }
        }
        if (batching != null) {
            verdicts.add(new Verdict(
                    batching.model() + " in batches: of the raw batched loop's throughput",
                    batching.ratio(),
                    OF_RAW_BATCHES,
                    batching.ratio() / OF_RAW_BATCHES,
                    batching.ratio() >= OF_RAW_BATCHES));
        }
        return verdicts;
    }

    private static void atMost(
            List<Verdict> verdicts, String target, Row row, Function<Row, @Nullable Double> figure, double limit) {
        Double measured = figure.apply(row);
        if (measured != null) {
            verdicts.add(new Verdict(target + ", at most", measured, limit, measured / limit, measured <= limit));
        }
    }
}
