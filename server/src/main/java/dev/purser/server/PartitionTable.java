package dev.purser.server;

import dev.purser.server.partition.PartitionReport;
import dev.purser.server.partition.PartitionReport.Beside;
import dev.purser.server.partition.PartitionReport.Plan;
import dev.purser.server.partition.PartitionReport.Row;
import dev.purser.server.partition.PartitionReport.Setting;
import dev.purser.server.partition.PartitionReport.Verification;
import dev.purser.server.partition.PartitionReport.Why;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** A plan for people. */
final class PartitionTable {
    private static final double MIB = 1_048_576.0;
    private static final int MOST_NAMES = 3;
    private static final int MOST_PLANS = 40;

    private PartitionTable() {}

    static String of(PartitionReport report) {
        StringBuilder text = new StringBuilder(head(report));
        Plan plan = report.plan();
        if (plan == null) {
            text.append(front(report.front()));
        } else {
            text.append(parts(plan)).append('\n').append(reasons(plan));
            text.append('\n').append(beside(report, plan));
        }
        Verification verification = report.verification();
        if (verification != null) {
            text.append('\n').append(verified(verification));
        }
        return text.toString();
    }

    private static String head(PartitionReport report) {
        PartitionReport.Model model = report.model();
        Setting setting = report.setting();
        List<String> bounds = new ArrayList<>();
        if (setting.sloMs() != null) {
            bounds.add(Table.number(setting.sloMs()) + " ms");
        }
        if (setting.budgetUsd() != null) {
            bounds.add("$" + setting.budgetUsd().toPlainString());
        }
        return String.format(
                Locale.ROOT,
                "%s: %,d layers, %s MiB of weights, %.3f GMAC; %,d places to cut%s%n"
                        + "%s%s, by %s; limits %s, times %s (%s), prices %s; %s, %,d item%s an invocation%n%n",
                model.name(),
                model.layers(),
                mib(model.paramBytes()),
                model.macs() / 1e9,
                model.cuts(),
                model.cutsInsideOperators() == 0
                        ? ""
                        : String.format(
                                Locale.ROOT,
                                ", without %,d inside operators that the runtime merges",
                                model.cutsInsideOperators()),
                setting.objective().equals("pareto") ? "what no plan undercuts" : "least " + setting.objective(),
                bounds.isEmpty() ? "" : " within " + String.join(" and ", bounds),
                setting.partitioner(),
                setting.limits(),
                setting.calibration(),
                setting.profile(),
                setting.priceBook(),
                setting.cuts().equals("single") ? "single-tensor cuts" : "any cuts",
                setting.batch(),
                setting.batch() == 1 ? "" : "s");
    }

    private static String mib(long bytes) {
        return Table.number(bytes / MIB, bytes < MIB ? 3 : 1);
    }

    private static String usd(BigDecimal usd) {
        return Table.number(usd.doubleValue(), 8);
    }

    private static String parts(Plan plan) {
        Table table = new Table(
                3,
                List.of(
                        "part",
                        "first layer",
                        "last layer",
                        "layers",
                        "weights MiB",
                        "in MiB",
                        "out MiB",
                        "memory MB",
                        "ms",
                        "cost $"));
        for (Row part : plan.parts()) {
            table.row(List.of(
                    part.part() + (part.functions() > 1 ? " x " + part.functions() : ""),
                    part.firstName(),
                    part.lastName(),
                    Table.number(part.lastLayer() - part.firstLayer() + 1),
                    mib(part.weightBytes()),
                    part.part() == 1 ? "-" : mib(part.inBytes()),
                    part.part() == plan.parts().size() ? "-" : mib(part.outBytes()),
                    Table.number(part.memoryMb()),
                    Table.number(part.ms()),
                    usd(part.usd())));
        }
        table.row(List.of(
                "all",
                "",
                "",
                Table.number(plan.parts().getLast().lastLayer()),
                mib(plan.parts().stream().mapToLong(Row::weightBytes).sum()),
                "",
                "",
                "",
                Table.number(plan.ms()),
                usd(plan.usd())));
        return table.toString();
    }

    private static String reasons(Plan plan) {
        StringBuilder text = new StringBuilder();
        for (Row part : plan.parts()) {
            String end = part.leaves().isEmpty()
                    ? ""
                    : ", where " + names(part.leaves()) + (part.leaves().size() == 1 ? " crosses" : " cross");
            text.append(String.format(Locale.ROOT, "part %d ends after %s%s%n", part.part(), part.lastName(), end));
            for (Why why : part.because()) {
                text.append("  ").append(why.text()).append('\n');
            }
        }
        return text.toString();
    }

    private static String names(List<String> tensors) {
        return tensors.stream().limit(MOST_NAMES).collect(Collectors.joining(", "))
                + (tensors.size() > MOST_NAMES ? " and " + (tensors.size() - MOST_NAMES) + " more" : "");
    }

    private static String beside(PartitionReport report, Plan plan) {
        boolean bounded = report.setting().sloMs() != null || report.setting().budgetUsd() != null;
        Table table = new Table(1, List.of("beside it", "parts", "ms", "cost $", "time %", "cost %", "kept %"));
        table.row(List.of(
                report.setting().partitioner(),
                Table.number(plan.parts().size()),
                Table.number(plan.ms()),
                usd(plan.usd()),
                "100.0",
                "100.0",
                bounded ? "100" : "-"));
        for (Beside other : report.beside()) {
            Double ms = other.ms();
            Double usd = other.usd();
            table.row(
                    List.of(
                            other.name(),
                            other.parts() == null ? "-" : Table.number(other.parts()),
                            ms == null ? "-" : Table.number(Math.round(ms)),
                            usd == null ? "-" : Table.number(usd, 8),
                            ms == null ? "-" : Table.number(100 * ms / Math.max(1, plan.ms()), 1),
                            usd == null
                                    ? "-"
                                    : Table.number(100 * usd / plan.usd().doubleValue(), 1),
                            bounded && ms != null ? Table.number(100 * other.keepsSlo(), 0) : "-"),
                    other.note());
        }
        return table + (bounded ? "(kept: how many of its plans keep the SLO and the budget)\n" : "");
    }

    private static String front(List<Plan> front) {
        Table table = new Table(0, List.of("ms", "cost $", "parts"), "cut after: memory MB");
        int step = Math.max(1, Math.ceilDiv(front.size(), MOST_PLANS));
        for (int i = 0; i < front.size(); i++) {
            if (i % step != 0 && i != front.size() - 1) {
                continue;
            }
            Plan plan = front.get(i);
            table.row(
                    List.of(
                            Table.number(plan.ms()),
                            usd(plan.usd()),
                            Table.number(plan.parts().size())),
                    plan.parts().stream()
                            .map(part -> (part.part() < plan.parts().size() ? part.lastName() : "end") + ": "
                                    + part.memoryMb())
                            .collect(Collectors.joining(", ")));
        }
        return table + (step == 1 ? "" : "(each " + step + "th of " + front.size() + "; --format json has all)\n");
    }

    private static String verified(Verification verification) {
        return String.format(
                Locale.ROOT,
                "whole and split on %d inputs: %,d numbers %s; the largest is %.3g, and two inputs make a"
                        + " difference of %.3g%n",
                verification.inputs(),
                verification.elements(),
                verification.largestDifference() == 0
                        ? "are equal"
                        : String.format(Locale.ROOT, "differ by at most %.3g", verification.largestDifference()),
                verification.largestMagnitude(),
                verification.spread());
    }
}
