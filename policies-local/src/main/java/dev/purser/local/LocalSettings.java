package dev.purser.local;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How workers run on this machine.
 *
 * @param mode in processes of their own, or in this one
 * @param modelDirectory what relative paths of models and tokenizers are relative to: the folder of the pool's file
 * @param cacheDirectory where models from the class path and native libraries are unpacked; is created
 * @param workerMemoryMb the Java heap of a worker process in MB, 32 to 1,048,576; a model's weights are outside it
 * @param jvmOptions further options for the JVM of a worker process
 * @param healthInterval how often a worker process is asked whether it is well, over 0
 * @param healthTimeout how long it may take to say so before it is killed, over 0
 * @param launchTimeout how long a worker may take to become ready, warm-up included, before its start counts as failed,
 *     over 0
 * @param warmUp for how long an instance's new worker process is asked made-up requests before it gets real ones: the first
 *     hundreds take up to three times as long as those after them; at least 0 and at most an hour. A sandbox gets its
 *     request at once
 * @param inferenceTimeout how long a worker process may take over a batch before the batch fails and the worker is
 *     killed, over 0
 * @param backOff how long the starts of a fleet wait after failures
 * @param maxFailedStarts after so many failures in a row, with no other instance ready, requests for a variant fail with
 *     the cause instead of waiting, at least 1
 * @param maxThreads how many threads all workers together may have, at least 1: an instance counts its type's virtual
 *     processors, a sandbox one for each 1,769 MB, each at most this limit. An instance beyond it waits, an invocation
 *     that would need another sandbox beyond it is throttled; idle sandboxes give way to both
 * @param maxOpenRequests how many requests may be open before further ones are refused at once, at least 1
 * @param objectLimitMb how much the parts of chains may have left for one another at a time, in MB of 2^20 bytes, 1 to
 *     1,048,576: files in a folder of the cache directory, which is deleted in the end. A part that finds no room fails its
 *     request
 * @param logDirectory where the logs of worker processes go, a file each; is created; null for none: the last lines of a
 *     worker that fails are kept for the message all the same
 * @param logLimitMb how large the files in it may be together, in MB, 1 to 1,048,576; the oldest make room
 */
public record LocalSettings(
        Mode mode,
        Path modelDirectory,
        Path cacheDirectory,
        int workerMemoryMb,
        List<String> jvmOptions,
        Duration healthInterval,
        Duration healthTimeout,
        Duration launchTimeout,
        Duration warmUp,
        Duration inferenceTimeout,
        BackOff backOff,
        int maxFailedStarts,
        int maxThreads,
        int maxOpenRequests,
        int objectLimitMb,
        @Nullable Path logDirectory,
        int logLimitMb) {

    /** Where workers run. */
    public enum Mode {
        /** Each in a process of its own: a crash takes one worker with it, and a cold start is a real one. */
        PROCESS,
        /**
         * All in this process, without HTTP in between: the least cost per request. A model that crashes takes everything
         * with it, and there are no health checks and no inference timeout.
         */
        IN_PROCESS
    }

    /**
     * How long the starts of a fleet wait. After the first failure the next start comes at once, after that each waits
     * longer than the one before. A worker that has held for longer than {@code max} starts the count anew.
     *
     * @param initial the first wait, over 0
     * @param max the longest wait, at least {@code initial}
     * @param factor how much longer each wait is than the one before, 1 to 100
     */
    public record BackOff(Duration initial, Duration max, double factor) {
        public BackOff {
            positive("backOff.initial", initial);
            if (max.compareTo(initial) < 0) {
                throw new IllegalArgumentException(
                        "backOff.max is " + max + ", but it must be at least backOff.initial, " + initial);
            }
            if (!(factor >= 1 && factor <= 100)) {
                throw new IllegalArgumentException("backOff.factor is " + factor + ", but it must be 1 to 100");
            }
        }

        /**
         * The wait before a start.
         *
         * @param failuresInARow failures since the last worker that held
         */
        Duration after(int failuresInARow) {
            if (failuresInARow <= 1) {
                return Duration.ZERO;
            }
            double nanos = initial.toNanos() * Math.pow(factor, failuresInARow - 2);
            return nanos >= max.toNanos() ? max : Duration.ofNanos((long) nanos);
        }
    }

    public LocalSettings {
        jvmOptions = List.copyOf(jvmOptions);
        range("workerMemoryMb", workerMemoryMb, 32, 1 << 20);
        positive("healthInterval", healthInterval);
        positive("healthTimeout", healthTimeout);
        positive("launchTimeout", launchTimeout);
        if (warmUp.isNegative() || warmUp.compareTo(Duration.ofHours(1)) > 0) {
            throw new IllegalArgumentException(
                    "warmUp is " + warmUp + ", but it must be at least 0 and at most an hour");
        }
        positive("inferenceTimeout", inferenceTimeout);
        range("maxFailedStarts", maxFailedStarts, 1, Integer.MAX_VALUE);
        range("maxThreads", maxThreads, 1, Integer.MAX_VALUE);
        range("maxOpenRequests", maxOpenRequests, 1, Integer.MAX_VALUE);
        range("objectLimitMb", objectLimitMb, 1, 1 << 20);
        range("logLimitMb", logLimitMb, 1, 1 << 20);
    }

    /**
     * Worker processes with up to 256 MB of heap, asked every 2 s whether they are well, with 5 s to say so; a minute to start
     * and as long for a batch; a second of warm-up; starts wait 0.5 s to 30 s after failures, and three failures in a row
     * fail requests; four threads for each of the machine's processors, 10,000 open requests; 2 GB between the parts of chains; no log files.
     *
     * @param modelDirectory what relative paths of models are relative to
     * @param cacheDirectory where models are unpacked
     */
    public static LocalSettings defaults(Path modelDirectory, Path cacheDirectory) {
        return new LocalSettings(
                Mode.PROCESS,
                modelDirectory,
                cacheDirectory,
                256,
                List.of(),
                Duration.ofSeconds(2),
                Duration.ofSeconds(5),
                Duration.ofMinutes(1),
                Duration.ofSeconds(1),
                Duration.ofMinutes(1),
                new BackOff(Duration.ofMillis(500), Duration.ofSeconds(30), 2),
                3,
                4 * Runtime.getRuntime().availableProcessors(),
                10_000,
                2048,
                null,
                64);
    }

    /** These settings, to be changed in part. */
    public Builder toBuilder() {
        return new Builder(this);
    }

    /** Settings that are being changed. Not safe for use by several threads. */
    public static final class Builder {
        private Mode mode;
        private Path modelDirectory;
        private Path cacheDirectory;
        private int workerMemoryMb;
        private List<String> jvmOptions;
        private Duration healthInterval;
        private Duration healthTimeout;
        private Duration launchTimeout;
        private Duration warmUp;
        private Duration inferenceTimeout;
        private BackOff backOff;
        private int maxFailedStarts;
        private int maxThreads;
        private int maxOpenRequests;
        private int objectLimitMb;
        private @Nullable Path logDirectory;
        private int logLimitMb;

        private Builder(LocalSettings from) {
            mode = from.mode;
            modelDirectory = from.modelDirectory;
            cacheDirectory = from.cacheDirectory;
            workerMemoryMb = from.workerMemoryMb;
            jvmOptions = from.jvmOptions;
            healthInterval = from.healthInterval;
            healthTimeout = from.healthTimeout;
            launchTimeout = from.launchTimeout;
            warmUp = from.warmUp;
            inferenceTimeout = from.inferenceTimeout;
            backOff = from.backOff;
            maxFailedStarts = from.maxFailedStarts;
            maxThreads = from.maxThreads;
            maxOpenRequests = from.maxOpenRequests;
            objectLimitMb = from.objectLimitMb;
            logDirectory = from.logDirectory;
            logLimitMb = from.logLimitMb;
        }

        /** Changes {@link LocalSettings#mode()}. */
        public Builder mode(Mode value) {
            mode = value;
            return this;
        }

        /** Changes {@link LocalSettings#workerMemoryMb()}. */
        public Builder workerMemoryMb(int value) {
            workerMemoryMb = value;
            return this;
        }

        /** Changes {@link LocalSettings#jvmOptions()}. */
        public Builder jvmOptions(List<String> value) {
            jvmOptions = value;
            return this;
        }

        /** Changes {@link LocalSettings#healthInterval()}. */
        public Builder healthInterval(Duration value) {
            healthInterval = value;
            return this;
        }

        /** Changes {@link LocalSettings#healthTimeout()}. */
        public Builder healthTimeout(Duration value) {
            healthTimeout = value;
            return this;
        }

        /** Changes {@link LocalSettings#launchTimeout()}. */
        public Builder launchTimeout(Duration value) {
            launchTimeout = value;
            return this;
        }

        /** Changes {@link LocalSettings#warmUp()}. */
        public Builder warmUp(Duration value) {
            warmUp = value;
            return this;
        }

        /** Changes {@link LocalSettings#inferenceTimeout()}. */
        public Builder inferenceTimeout(Duration value) {
            inferenceTimeout = value;
            return this;
        }

        /** Changes {@link LocalSettings#backOff()}. */
        public Builder backOff(BackOff value) {
            backOff = value;
            return this;
        }

        /** Changes {@link LocalSettings#maxFailedStarts()}. */
        public Builder maxFailedStarts(int value) {
            maxFailedStarts = value;
            return this;
        }

        /** Changes {@link LocalSettings#maxThreads()}. */
        public Builder maxThreads(int value) {
            maxThreads = value;
            return this;
        }

        /** Changes {@link LocalSettings#maxOpenRequests()}. */
        public Builder maxOpenRequests(int value) {
            maxOpenRequests = value;
            return this;
        }

        /** Changes {@link LocalSettings#objectLimitMb()}. */
        public Builder objectLimitMb(int value) {
            objectLimitMb = value;
            return this;
        }

        /** Changes {@link LocalSettings#logDirectory()} and {@link LocalSettings#logLimitMb()}. */
        public Builder logs(@Nullable Path directory, int limitMb) {
            logDirectory = directory;
            logLimitMb = limitMb;
            return this;
        }

        /**
         * The settings.
         *
         * @throws IllegalArgumentException if a value is out of range
         */
        public LocalSettings build() {
            return new LocalSettings(
                    mode,
                    modelDirectory,
                    cacheDirectory,
                    workerMemoryMb,
                    jvmOptions,
                    healthInterval,
                    healthTimeout,
                    launchTimeout,
                    warmUp,
                    inferenceTimeout,
                    backOff,
                    maxFailedStarts,
                    maxThreads,
                    maxOpenRequests,
                    objectLimitMb,
                    logDirectory,
                    logLimitMb);
        }
    }

    private static void positive(String name, Duration value) {
        if (value.isNegative() || value.isZero() || value.compareTo(Duration.ofDays(1)) > 0) {
            throw new IllegalArgumentException(name + " is " + value + ", but it must be over 0 and at most a day");
        }
    }

    private static void range(String name, int value, int least, int most) {
        if (value < least || value > most) {
            throw new IllegalArgumentException(name + " is " + value + ", but it must be " + least + " to " + most);
        }
    }
}
