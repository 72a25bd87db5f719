package dev.purser.benchmarks.serving;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * What a process and those it started have used, as Linux counts it.
 *
 * @param cpuMicros processor time, in user mode and in the kernel; with that of children that have ended
 * @param peakKib the most resident memory of each, added up: pages that two of them share count twice
 */
record ProcessUsage(long cpuMicros, long peakKib) {
    private static final Path PROC = Path.of("/proc");
    private static final long TICKS_PER_SECOND = ticksPerSecond();

    /** The process of this handle and all below it. */
    static ProcessUsage ofTree(ProcessHandle root) {
        long ticks = 0;
        long kib = 0;
        for (ProcessHandle process :
                Stream.concat(Stream.of(root), root.descendants()).toList()) {
            Path directory = PROC.resolve(Long.toString(process.pid()));
            try {
                ticks += ticks(Files.readString(directory.resolve("stat"), StandardCharsets.ISO_8859_1));
                kib += peakKib(Files.readAllLines(directory.resolve("status"), StandardCharsets.ISO_8859_1));
            } catch (IOException e) {
                if (process.isAlive()) {
                    throw new UncheckedIOException("cannot read what process " + process.pid() + " used", e);
                }
            }
        }
        return new ProcessUsage(micros(ticks), kib);
    }

    /** Clock ticks of a line of /proc/PID/stat: fields 14 to 17. The name, field 2, may hold anything but ends in ")". */
    static long ticks(String stat) {
        String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
        long sum = 0;
        for (int field = 14; field <= 17; field++) {
            sum += Long.parseLong(fields[field - 3]);
        }
        return sum;
    }

    static long micros(long ticks) {
        return ticks * 1_000_000 / TICKS_PER_SECOND;
    }

    /** VmHWM of /proc/PID/status in KiB; 0 for a process that has ended and waits to be noticed. */
    static long peakKib(List<String> status) {
        return status.stream()
                .filter(line -> line.startsWith("VmHWM:"))
                .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
                .findFirst()
                .orElse(0);
    }

    private static long ticksPerSecond() {
        try {
            Process getconf = new ProcessBuilder("getconf", "CLK_TCK").start();
            String line = new String(getconf.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
            return Long.parseLong(line.strip());
        } catch (IOException | NumberFormatException e) {
            // what Linux shows to programs on all its common architectures
            return 100;
        }
    }
}
