package dev.purser.benchmarks;

import static dev.purser.benchmarks.text.Medians.median;

import dev.purser.benchmarks.Load.Check;
import dev.purser.benchmarks.text.TextTable;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Medians of the runs, with what each simulator says of the load: fast and wrong is not fast. */
final class Table {
    private record Row(
            Simulator simulator, String load, long requests, double speed, double mebibytes, String answers) {}

    private final List<Row> rows = new ArrayList<>();
    private final Map<String, Double> bareSpeed = new HashMap<>();
    private final Map<String, Double> purserSpeed = new HashMap<>();
    private boolean allChecksHold = true;

    /** Adds the runs of one simulator on one load, at least one. */
    void add(Simulator simulator, String load, List<Measurement> runs) {
        double speed = median(runs, Measurement::requestsPerCpuSecond);
        double mebibytes = median(runs, run -> run.peakKib() / 1024.0);
        if (simulator == Simulator.BARE) {
            bareSpeed.put(load, speed);
        }
        if (simulator == Simulator.PURSER) {
            purserSpeed.put(load, speed);
        }
        long requests = Math.round(median(runs, run -> run.answer().requests()));
        List<String> answers = new ArrayList<>();
        List<Check> checks = simulator == Simulator.PARAGON
                ? List.of(new Check("requests ended of those that arrived", 1, 1e-9, 0))
                : Load.of(load).orElseThrow().checks();
        for (int i = 0; i < checks.size(); i++) {
            Check check = checks.get(i);
            int at = i;
            double value = median(runs, run -> run.answer().values().get(at));
            boolean holds = check.holds(value, requests);
            allChecksHold &= holds;
            answers.add(String.format(
                    Locale.ROOT, "%s %.4g (%.4g%s)", check.what(), value, check.expected(), holds ? "" : ", WRONG"));
        }
        rows.add(new Row(simulator, load, requests, speed, mebibytes, String.join(", ", answers)));
    }

    /** Whether every simulator said what is known. */
    boolean allChecksHold() {
        return allChecksHold;
    }

    void print(PrintWriter out) {
        TextTable table = new TextTable(
                Set.of(0, 1, 7),
                "load",
                "simulator",
                "requests",
                "per CPU second",
                "peak MiB",
                "of bare",
                "Purser is",
                "check (expected)");
        for (Row row : rows) {
            table.add(
                    row.load().replaceFirst(".*/", ""),
                    row.simulator().title(),
                    String.format(Locale.ROOT, "%,d", row.requests()),
                    String.format(Locale.ROOT, "%,.0f", row.speed()),
                    row.mebibytes() < 0 ? "?" : String.format(Locale.ROOT, "%.0f", row.mebibytes()),
                    ratio(row.speed(), bareSpeed.get(row.load()), "%.2f"),
                    ratio(purserSpeed.get(row.load()), row.speed(), "%.2f times"),
                    row.answers());
        }
        table.print(out);
    }

    private static String ratio(@Nullable Double of, @Nullable Double to, String format) {
        return of == null || to == null ? "-" : String.format(Locale.ROOT, format, of / to);
    }
}
