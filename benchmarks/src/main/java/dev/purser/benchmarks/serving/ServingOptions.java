package dev.purser.benchmarks.serving;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What to measure.
 *
 * @param program what starts Purser: the launcher, or a JVM with its main class
 * @param models files by name, in order
 * @param servers in order
 * @param connections of the loads, in order
 * @param warmUp how long each server is loaded before it is measured, in whole seconds
 * @param duration of each measurement, in whole seconds
 * @param rounds how often everything is measured
 * @param json whether requests are JSON through and through
 * @param gaining a model that gains from batches; null where those are not measured
 */
record ServingOptions(
        List<String> program,
        Map<String, Path> models,
        List<Server> servers,
        List<Integer> connections,
        Duration warmUp,
        Duration duration,
        int rounds,
        boolean json,
        @Nullable Path gaining) {}
