package dev.purser.benchmarks.serving;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * What the machine was busy with, to tell how far other work disturbed a measurement.
 *
 * @param busyMicros processor time of everything, and what the hypervisor took
 * @param ownMicros processor time of this process and of its children that have ended, wrk among them
 */
record SystemUsage(long busyMicros, long ownMicros) {

    /** Up to now. */
    static SystemUsage now() {
        try {
            return new SystemUsage(
                    ProcessUsage.micros(busyTicks(Files.readString(Path.of("/proc/stat"), StandardCharsets.US_ASCII))),
                    ProcessUsage.micros(ProcessUsage.ticks(
                            Files.readString(Path.of("/proc/self/stat"), StandardCharsets.ISO_8859_1))));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Of the first line, all but idle and waiting for disks; guests are counted in user time already. */
    static long busyTicks(String stat) {
        String[] fields = stat.substring(0, stat.indexOf('\n')).split(" +");
        long sum = 0;
        for (int i = 1; i < Math.min(fields.length, 9); i++) {
            sum += i == 4 || i == 5 ? 0 : Long.parseLong(fields[i]);
        }
        return sum;
    }

    /** Processors that others kept busy from an earlier moment until this one, while a server used so much. */
    double othersSince(SystemUsage earlier, long serverMicros, long elapsedNanos) {
        long others = busyMicros - earlier.busyMicros - (ownMicros - earlier.ownMicros) - serverMicros;
        return Math.max(0, others * 1e3 / elapsedNanos);
    }

    /** The load average of the last minute. */
    static double load() {
        try {
            return Double.parseDouble(Files.readString(Path.of("/proc/loadavg"), StandardCharsets.US_ASCII)
                    .split(" ")[0]);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
