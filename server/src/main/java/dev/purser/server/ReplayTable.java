package dev.purser.server;

import dev.purser.core.json.Durations;
import dev.purser.server.ReplayCommand.Summary;
import dev.purser.server.replay.LatencyMs;
import dev.purser.server.replay.ReplayResult;
import dev.purser.server.replay.ReplayResult.Generator;
import dev.purser.server.replay.ReplayResult.OfClass;
import java.util.ArrayList;
import java.util.List;

/** What became of a replay, for people. */
final class ReplayTable {
    private ReplayTable() {}

    static String of(Summary summary) {
        ReplayResult result = summary.result();
        StringBuilder text = new StringBuilder()
                .append(summary.model())
                .append(" at ")
                .append(summary.url())
                .append(", trace ")
                .append(summary.trace())
                .append(" (")
                .append(Durations.format(summary.duration()))
                .append("), seed ")
                .append(summary.seed())
                .append(result.stopped() ? ", stopped after " + Table.number(result.seconds(), 1) + " s" : "")
                .append("\n\n")
                .append(classes(result));
        if (!result.variants().isEmpty()) {
            Table variants = new Table(2, List.of("answered by", "on", "answers", "%"));
            result.variants()
                    .forEach(of -> variants.row(List.of(
                            of.variant(),
                            of.platform() == null ? "-" : of.platform(),
                            Table.number(of.answered()),
                            Table.number(100 * of.share(), 1))));
            text.append('\n').append(variants);
        }
        if (!result.problems().isEmpty()) {
            Table problems = new Table(0, List.of("requests", "status"), "said");
            result.problems()
                    .forEach(problem -> problems.row(
                            List.of(
                                    Table.number(problem.requests()),
                                    problem.status() == 0 ? "-" : Integer.toString(problem.status())),
                            problem.message()));
            text.append('\n').append(problems);
        }
        Generator generator = result.generator();
        text.append('\n')
                .append(Table.number(result.throughput(), 1))
                .append(" answers a second; ")
                .append(Table.number(result.coldStarts()))
                .append(" cold starts; from the actual sending p50 ")
                .append(Table.number(result.serviceMs().p50(), 1))
                .append(" ms, p99 ")
                .append(Table.number(result.serviceMs().p99(), 1))
                .append(" ms\nThe generator sent late by ")
                .append(Table.number(generator.latenessMs().p50(), 2))
                .append(" ms (p50), ")
                .append(Table.number(generator.latenessMs().p99(), 2))
                .append(" ms (p99), and took ")
                .append(Table.number(summary.cpuSeconds(), 1))
                .append(" s of processor time.\n");
        return text.toString();
    }

    private static Table classes(ReplayResult result) {
        Table table = new Table(
                1,
                List.of(
                        "class",
                        "requests",
                        "answered",
                        "refused",
                        "failed",
                        "late",
                        "violations %",
                        "p50 ms",
                        "p95 ms",
                        "p99 ms",
                        "p99.9 ms",
                        "max ms"));
        if (result.classes().size() > 1) {
            result.classes().forEach(of -> table.row(cells(of)));
        }
        String name = result.classes().size() > 1
                ? "all"
                : result.classes().getFirst().name();
        return table.row(cells(new OfClass(
                name,
                null,
                result.requests() - result.abandoned(),
                result.answered(),
                result.refused(),
                result.failed(),
                result.late(),
                result.sloViolations(),
                result.violationRatio(),
                result.latencyMs())));
    }

    private static List<String> cells(OfClass of) {
        LatencyMs latency = of.latencyMs();
        return List.of(
                of.name(),
                Table.number(of.requests()),
                Table.number(of.answered()),
                Table.number(of.refused()),
                Table.number(of.failed()),
                Table.number(of.late()),
                Table.number(100 * of.violationRatio(), 2),
                milliseconds(of, latency.p50()),
                milliseconds(of, latency.p95()),
                milliseconds(of, latency.p99()),
                milliseconds(of, latency.p999()),
                milliseconds(of, latency.max()));
    }

    private static String milliseconds(OfClass of, double value) {
        return of.answered() == 0 ? "-" : Table.number(value, 1);
    }

    /** What makes the result less than it seems. */
    static List<String> warnings(Summary summary) {
        ReplayResult result = summary.result();
        Generator generator = result.generator();
        List<String> warnings = new ArrayList<>();
        if (generator.late()) {
            warnings.add("the generator was late by more than " + Table.number(Generator.MOST_LATENESS_MS, 0)
                    + " ms for one request in a hundred, which counts as the server's latency; send less, or from a"
                    + " machine that does nothing else");
        }
        if (generator.waited() > 0) {
            warnings.add(Table.number(generator.waited()) + " requests were sent late, because all "
                    + summary.connections() + " connections were in use (--connections)"
                    + (generator.unsent() == 0
                            ? ""
                            : "; " + Table.number(generator.unsent()) + " more were not sent at all"));
        }
        if (result.abandoned() > 0) {
            warnings.add(Table.number(result.abandoned()) + " requests were under way when the replay was stopped");
        }
        return warnings;
    }
}
