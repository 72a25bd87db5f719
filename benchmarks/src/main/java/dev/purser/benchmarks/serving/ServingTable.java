package dev.purser.benchmarks.serving;

import dev.purser.benchmarks.serving.ServingReport.BatchingRow;
import dev.purser.benchmarks.serving.ServingReport.Conditions;
import dev.purser.benchmarks.serving.ServingReport.Row;
import dev.purser.benchmarks.serving.ServingReport.Verdict;
import dev.purser.benchmarks.text.TextTable;
import java.io.PrintWriter;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The report for people. */
final class ServingTable {
    private ServingTable() {}

    static void print(ServingReport report, PrintWriter out) {
        Conditions conditions = report.conditions();
        out.printf(
                Locale.ROOT,
                "%d processors, Java %s, load average %.2f before the start; %s bodies, medians of %d rounds of %d s%n%n",
                conditions.processors(),
                conditions.java(),
                conditions.loadBefore(),
                conditions.body(),
                conditions.rounds(),
                conditions.seconds());
        rows(report, out);
        if (report.batching() != null) {
            out.println();
            batching(report.batching(), out);
        }
        if (!report.verdicts().isEmpty()) {
            out.println();
            verdicts(report, out);
        }
    }

    private static void rows(ServingReport report, PrintWriter out) {
        TextTable table = new TextTable(
                Set.of(0, 1),
                "model",
                "server",
                "connections",
                "requests/s",
                "p50 ms",
                "p99 ms",
                "CPU µs/request",
                "of raw",
                "failed",
                "ready ms",
                "peak MiB",
                "off by",
                "others' CPUs");
        for (Row row : report.rows()) {
            table.add(
                    row.model(),
                    row.server(),
                    row.connections() == null ? "-" : row.connections().toString(),
                    number("%,.0f", row.requestsPerSecond()),
                    number("%.2f", row.p50Ms()),
                    number("%.2f", row.p99Ms()),
                    number("%.1f", row.cpuMicros()),
                    number("%.2f", row.ofRaw()),
                    Long.toString(row.failed()),
                    number("%,.0f", row.readyMs()),
                    number("%.0f", row.peakMib()),
                    number("%.0e", row.difference()),
                    number("%.2f", row.others()));
        }
        table.print(out);
    }

    private static void batching(BatchingRow row, PrintWriter out) {
        TextTable table = new TextTable(
                Set.of(0),
                "model",
                "raw, one by one/s",
                "raw, batches of " + row.batch() + "/s",
                "CPU µs",
                "Purser, greedy batches/s",
                "CPU µs",
                "of raw batches",
                "connections",
                "p99 ms",
                "failed",
                "others' CPUs");
        table.add(
                row.model(),
                number("%,.0f", row.rawSingle()),
                number("%,.0f", row.rawBatched()),
                number("%.0f", row.rawCpuMicros()),
                number("%,.0f", row.served()),
                number("%.0f", row.servedCpuMicros()),
                number("%.3f", row.ratio()),
                Integer.toString(row.connections()),
                number("%.1f", row.p99Ms()),
                Long.toString(row.failed()),
                number("%.2f", row.others()));
        table.print(out);
    }

    private static void verdicts(ServingReport report, PrintWriter out) {
        TextTable table = new TextTable(Set.of(0, 4), "target", "limit", "measured", "of limit", "verdict");
        for (Verdict verdict : report.verdicts()) {
            table.add(
                    verdict.target(),
                    number("%,.4g", verdict.limit()),
                    number("%,.4g", verdict.measured()),
                    number("%.2f", verdict.ratio()),
                    verdict.met() ? "met" : "NOT MET");
        }
        table.print(out);
    }

    private static String number(String format, @Nullable Double value) {
        return value == null ? "-" : String.format(Locale.ROOT, format, value);
    }
}
