package dev.purser.benchmarks;

import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

/**
 * What a process reports of its run.
 *
 * @param cpuNanos processor time of the whole process so far, as the operating system counts it: the JVM's start, its
 *     compiler and its collector count too
 * @param peakKib most resident memory; -1 where it is not known
 * @param answer what was simulated
 */
record Measurement(long cpuNanos, long peakKib, Answer answer) {
    private static final String MARK = "measured";

    /**
     * What was simulated.
     *
     * @param requests requests that ended
     * @param values the values to check, in the load's order
     */
    record Answer(long requests, List<Double> values) {}

    double requestsPerCpuSecond() {
        return answer.requests() * 1e9 / cpuNanos;
    }

    /** As the process prints it. */
    String line() {
        return MARK + " " + cpuNanos + " " + peakKib + " " + answer.requests() + " "
                + answer.values().stream().map(String::valueOf).collect(Collectors.joining(" "));
    }

    static boolean isOne(String line) {
        return line.startsWith(MARK + " ");
    }

    static Measurement parse(String line) {
        String[] words = line.split(" ");
        List<Double> values =
                Arrays.stream(words, 4, words.length).map(Double::valueOf).toList();
        return new Measurement(
                Long.parseLong(words[1]), Long.parseLong(words[2]), new Answer(Long.parseLong(words[3]), values));
    }
}
