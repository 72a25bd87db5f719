package dev.purser.server;

import dev.purser.core.engine.Metrics;
import dev.purser.core.engine.RunResult;
import dev.purser.server.RunRecord.LatencyMs;
import dev.purser.server.replay.ReplayResult;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How far a simulation was from what it simulates.
 *
 * @param requests that were sent
 * @param figures one by one
 */
record Fidelity(long requests, List<Figure> figures) {

    /**
     * One figure of both.
     *
     * @param name such as {@code p50Ms}
     * @param real what was measured
     * @param simulated what the simulation came to
     * @param error simulated against real: a share of the real figure, or for {@code violationRatio} and
     *     {@code coldStarts} the difference; null where the real figure is 0
     * @param aim the largest error, either way, that is aimed at; null where there is none
     * @param holds whether the error is within the aim; null where there is none
     */
    record Figure(
            String name,
            double real,
            double simulated,
            @Nullable Double error,
            @Nullable Double aim,
            @Nullable Boolean holds) {

        static Figure share(String name, double real, double simulated, @Nullable Double aim) {
            return of(name, real, simulated, real == 0 ? null : simulated / real - 1, aim);
        }

        static Figure difference(String name, double real, double simulated, @Nullable Double aim) {
            return of(name, real, simulated, simulated - real, aim);
        }

        private static Figure of(
                String name, double real, double simulated, @Nullable Double error, @Nullable Double aim) {
            Boolean holds = (error == null || aim == null) ? null : (Math.abs(error) <= aim);
            return new Figure(name, real, simulated, error, aim, holds);
        }
    }

    static Fidelity of(TwinRun.Served served, RunResult simulated) {
        ReplayResult real = served.clients();
        Metrics metrics = simulated.metrics();
        LatencyMs latency = LatencyMs.of(metrics.latencyMicros());
        long sent = real.requests() - real.abandoned();
        double violations = metrics.arrived() == 0 ? 0 : (double) metrics.violations() / metrics.arrived();
        List<Figure> figures = new ArrayList<>();
        figures.add(Figure.share("meanMs", real.latencyMs().mean(), latency.mean(), null));
        figures.add(Figure.share("p50Ms", real.latencyMs().p50(), latency.p50(), 0.10));
        figures.add(Figure.share("p95Ms", real.latencyMs().p95(), latency.p95(), 0.10));
        figures.add(Figure.share("p99Ms", real.latencyMs().p99(), latency.p99(), null));
        figures.add(Figure.difference("violationRatio", real.violationRatio(), violations, 0.02));
        figures.add(Figure.difference("coldStarts", (double) real.coldStarts(), (double) metrics.coldStarts(), null));
        figures.add(Figure.share(
                "costUsd",
                served.engine().bill().total().doubleValue(),
                simulated.bill().total().doubleValue(),
                null));
        return new Fidelity(sent, figures);
    }

    @Override
    public String toString() {
        Table table = new Table(1, List.of("figure", "real", "simulated", "error"), "aim");
        for (Figure figure : figures) {
            table.row(
                    List.of(
                            figure.name(),
                            number(figure, figure.real()),
                            number(figure, figure.simulated()),
                            error(figure)),
                    figure.aim() == null
                            ? ""
                            : "within " + Table.number(100 * figure.aim(), 0) + unit(figure)
                                    + (figure.holds() == null ? "" : figure.holds() ? ": holds" : ": does not hold"));
        }
        return table.toString();
    }

    private static String number(Figure figure, double value) {
        return switch (figure.name()) {
            case "costUsd" -> Table.number(value, 6);
            case "violationRatio" -> Table.number(100 * value, 2) + " %";
            case "coldStarts" -> Table.number(value, 0);
            default -> Table.number(value, 2);
        };
    }

    private static String error(Figure figure) {
        if (figure.error() == null) {
            return "-";
        }
        String sign = figure.error() >= 0 ? "+" : "";
        return switch (figure.name()) {
            case "coldStarts" -> sign + Table.number(figure.error(), 0);
            case "violationRatio" -> sign + Table.number(100 * figure.error(), 2) + unit(figure);
            default -> sign + Table.number(100 * figure.error(), 1) + unit(figure);
        };
    }

    private static String unit(Figure figure) {
        return figure.name().equals("violationRatio") ? " points" : " %";
    }
}
