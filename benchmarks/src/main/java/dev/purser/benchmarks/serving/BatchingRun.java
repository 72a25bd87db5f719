package dev.purser.benchmarks.serving;

import static dev.purser.benchmarks.text.Medians.median;

import dev.purser.benchmarks.serving.ServingReport.BatchingRow;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Batches that the server forms of what waits, against a loop that is handed full ones: a model that gains much from them,
 * one thread of ONNX Runtime each, and so many connections that the next batch always waits.
 */
final class BatchingRun {
    /** The largest batch, from which this model gains four fifths or more of a request's time. */
    static final int BATCH = 32;

    /** One batch runs and another waits. */
    private static final int CONNECTIONS = 2 * BATCH;

    /** The profile that the server is given need not be exact: it takes what waits. */
    private static final Duration PROFILE = Duration.ofSeconds(1);

    private final ServingRun run;
    private final String name;
    private final Path file;
    private final List<RawLoop.Result> single = new ArrayList<>();
    private final List<RawLoop.Result> batched = new ArrayList<>();
    private final List<ServingRun.LoadFigure> served = new ArrayList<>();
    private final SortedMap<Integer, Double> batchMillis = new TreeMap<>();

    BatchingRun(ServingRun run, String name, Path file) {
        this.run = run;
        this.name = name;
        this.file = file;
    }

    /** Measures once. */
    void round() {
        if (batchMillis.isEmpty()) {
            for (int size = 1; size <= BATCH; size *= 2) {
                RawLoop.Result result = run.rawLoop(file, size, PROFILE, PROFILE);
                batchMillis.put(size, result.nanos() / 1e6 * size / result.items());
            }
        }
        single.add(run.rawLoop(file, 1));
        batched.add(run.rawLoop(file, BATCH));
        served.add(run.batched(name, file, batchMillis, CONNECTIONS));
    }

    BatchingRow row() {
        double rawBatched = median(batched, RawLoop.Result::perSecond);
        double perSecond = median(served, ServingRun.LoadFigure::perSecond);
        return new BatchingRow(
                name,
                median(single, RawLoop.Result::perSecond),
                rawBatched,
                median(batched, RawLoop.Result::cpuMicros),
                BATCH,
                perSecond,
                median(served, ServingRun.LoadFigure::cpuMicros),
                CONNECTIONS,
                median(served, ServingRun.LoadFigure::p99Ms),
                served.stream().mapToLong(ServingRun.LoadFigure::failed).sum(),
                perSecond / rawBatched,
                median(served, ServingRun.LoadFigure::others));
    }
}
