package dev.purser.benchmarks.serving;

import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;

/** The model in a loop on one thread: no network, no protocol, nobody waiting. */
final class RawLoop {
    /**
     * What a loop gave.
     *
     * @param items rows that were answered
     * @param cpuNanos processor time of the whole process
     * @param nanos how long it took
     */
    record Result(long items, long cpuNanos, long nanos) {
        double perSecond() {
            return items * 1e9 / nanos;
        }

        double cpuMicros() {
            return cpuNanos / 1e3 / items;
        }

        /** As the process prints it. */
        String line() {
            return "looped " + items + " " + cpuNanos + " " + nanos;
        }

        static boolean isOne(String line) {
            return line.startsWith("looped ");
        }

        static Result parse(String line) {
            String[] words = line.split(" ");
            return new Result(Long.parseLong(words[1]), Long.parseLong(words[2]), Long.parseLong(words[3]));
        }
    }

    private RawLoop() {}

    /** Runs batches of so many rows, first to warm up and then to count. */
    static Result run(Path file, int rows, Duration warmUp, Duration duration) {
        OperatingSystemMXBean system = (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
        try (RawModel model = new RawModel(file)) {
            float[] sample = model.sample(rows);
            ByteBuffer input = RawModel.direct(sample.length);
            input.asFloatBuffer().put(sample);
            long[] shape = model.shape(rows);
            loop(model, input, shape, warmUp);
            long cpu = system.getProcessCpuTime();
            long start = System.nanoTime();
            long runs = loop(model, input, shape, duration);
            return new Result(runs * rows, system.getProcessCpuTime() - cpu, System.nanoTime() - start);
        }
    }

    private static long loop(RawModel model, ByteBuffer input, long[] shape, Duration duration) {
        long end = System.nanoTime() + duration.toNanos();
        long runs = 0;
        // at least once, however short
        do {
            model.run(input, shape);
            runs++;
        } while (System.nanoTime() < end);
        return runs;
    }
}
