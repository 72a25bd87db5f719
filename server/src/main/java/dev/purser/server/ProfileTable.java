package dev.purser.server;

import dev.purser.server.profile.InferenceFit;
import dev.purser.server.profile.Initialisation;
import dev.purser.server.profile.Initialisation.Step;
import dev.purser.server.profile.ProfilePlan;
import dev.purser.server.profile.ProfileResult;
import dev.purser.server.profile.ProfileResult.AfterPause;
import dev.purser.server.profile.ProfileResult.InFunction;
import dev.purser.server.profile.Rows;
import dev.purser.server.profile.Timing;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** What was measured of a model, for people. */
final class ProfileTable {
    private ProfileTable() {}

    static String of(ProfileResult result) {
        StringBuilder text = new StringBuilder()
                .append(result.variant())
                .append(", ")
                .append(Table.number(result.sizeMb(), 1))
                .append(" MB")
                .append(
                        result.workerMb() == null
                                ? ""
                                : "; a worker takes " + Table.number(result.workerMb(), 0) + " MB of memory")
                .append("\non ")
                .append(result.machine())
                .append("\n\n")
                .append(starts(result.initialisation()))
                .append('\n')
                .append(inferences(result));
        InferenceFit fit = result.fit();
        if (fit != null) {
            text.append('\n').append(formula(fit));
        }
        if (!result.instances().isEmpty()) {
            Table table = new Table(1, headers("instance", "slots", "threads", "batch"));
            result.instances()
                    .forEach(on -> table.row(cells(on.time(), on.type(), on.slots(), on.threads(), on.batch())));
            text.append('\n').append(table);
        }
        if (!result.functions().isEmpty()) {
            Table table = new Table(1, List.of("function", "threads", "ms"), "how");
            for (InFunction in : result.functions()) {
                table.row(
                        List.of(in.memoryMb() + " MB", Integer.toString(in.threads()), Table.number(in.latencyMs(), 2)),
                        in.time() == null
                                ? "scaled from " + ProfilePlan.MB_PER_PROCESSOR + " MB: a share of a processor"
                                : "measured, +-" + Table.number(in.time().intervalPercent(), 1) + " %");
            }
            text.append('\n').append(table);
        }
        AfterPause pause = result.afterPause();
        if (pause != null) {
            text.append(String.format(
                    Locale.ROOT,
                    "\nAfter a pause a request takes %.2f ms instead of %.2f ms.\n",
                    pause.with().medianMs(),
                    pause.without().medianMs()));
        }
        return text.append('\n').append(rows(result.rows())).append('\n').toString();
    }

    private static String rows(Rows rows) {
        Double difference = rows.difference();
        String measured = difference == null
                ? ""
                : ": rows together and alone differ by " + Table.number(100 * difference, 3) + " % at most";
        return rows.batchable()
                ? "Requests may be served in batches" + measured + "."
                : "Requests are served one at a time (\"batchable\": false), for what is in the same batch changes an answer"
                        + (rows.operator() == null ? "" : " through " + rows.operator()) + measured + ".";
    }

    private static Table starts(Initialisation start) {
        Table table = new Table(1, List.of("start of a worker (" + start.runs() + " times)", "mean ms", "sd ms"));
        row(table, "process start", start.processStart());
        row(table, "runtime load", start.runtimeLoad());
        row(table, "model load", start.modelLoad());
        row(table, "first inference", start.firstInference());
        row(table, "the rest", start.rest());
        row(table, "until ready", start.ready());
        return table;
    }

    private static void row(Table table, String name, Step step) {
        table.row(List.of(name, Table.number(step.meanMs(), 1), Table.number(step.sdMs(), 1)));
    }

    private static Table inferences(ProfileResult result) {
        Table table = new Table(0, headers("threads", "batch", "formula ms"));
        result.inferences()
                .forEach(inference -> table.row(cells(
                        inference.time(),
                        Integer.toString(inference.threads()),
                        inference.batch(),
                        fitted(inference.fittedMs()))));
        return table;
    }

    private static String fitted(@Nullable Double ms) {
        return ms == null ? "-" : Table.number(ms, 2);
    }

    private static double orZero(@Nullable Double value) {
        return value == null ? 0 : value;
    }

    private static List<String> headers(String... first) {
        List<String> headers = new ArrayList<>(List.of(first));
        headers.addAll(List.of("median ms", "+- %", "mean ms", "sd ms", "n"));
        return headers;
    }

    private static List<String> cells(Timing time, String name, Object... more) {
        List<String> cells = new ArrayList<>();
        cells.add(name);
        for (Object value : more) {
            cells.add(value.toString());
        }
        cells.add(Table.number(time.medianMs(), 2));
        cells.add(Table.number(time.intervalPercent(), 1));
        cells.add(Table.number(time.meanMs(), 2));
        cells.add(Table.number(time.sdMs(), 2));
        cells.add(Table.number(time.n()));
        return cells;
    }

    private static String formula(InferenceFit fit) {
        return String.format(
                Locale.ROOT,
                """
                I(B, r) = lambda B (alpha / r + beta) + gamma, of a batch of B with r threads:
                lambda %.3f ms, alpha %.3f, beta %.3f, gamma %.3f ms
                It is off by %.1f %% on average and %.1f %% at most; predicting each time from the others by %.1f %% on \
                average
                and %.1f %% at most (batch %d, %d threads).
                """,
                fit.lambda(),
                fit.alpha(),
                fit.beta(),
                fit.gamma(),
                100 * fit.meanError(),
                100 * fit.worstError(),
                100 * fit.leftOutMeanError(),
                100 * fit.leftOutWorstError(),
                fit.leftOutWorst().batch(),
                fit.leftOutWorst().processors());
    }

    /** What makes the result less than it seems. */
    static List<String> warnings(ProfileResult result, ProfilePlan plan) {
        List<String> warnings = new ArrayList<>();
        if (result.machine().busy()) {
            warnings.add("others used the machine ("
                    + Table.number(orZero(result.machine().load()), 1)
                    + " threads on " + result.machine().processors()
                    + " processors in the minute before), so the times are likely too long");
        }
        if (!result.settled()) {
            warnings.add("the time limit came before every time was known to "
                    + Table.number(plan.precisionPercent(), 1)
                    + " %; see '+- %', and give more with --time-limit");
        }
        Double mb = result.workerMb();
        if (mb != null) {
            result.functions().stream()
                    .filter(in -> in.memoryMb() < mb)
                    .forEach(in -> warnings.add("a worker takes " + Table.number(mb, 0) + " MB, so that a function of "
                            + in.memoryMb() + " MB is likely too small"));
        }
        return warnings;
    }
}
