package dev.purser.partitioner.forkjoin;

import dev.purser.core.partition.Cut;
import dev.purser.core.partition.CutRule;
import dev.purser.core.partition.Infeasible;
import dev.purser.core.partition.LayerGraph;
import dev.purser.core.partition.Part;
import dev.purser.core.partition.PartitionPlan;
import dev.purser.core.partition.PartitionRequest;
import dev.purser.core.partition.Partitioning;
import dev.purser.core.partition.PlannedPart;
import dev.purser.core.partition.SeparableCosts;
import dev.purser.core.partition.Split;
import dev.purser.core.policy.Partitioner;
import dev.purser.core.policy.Reason;
import dev.purser.spi.Setting;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Gillis' latency-optimal fork-join partitioning (Yu et al., ICDCS'21): one function runs the chain and hands groups of
 * layers to workers side by side, each with a tile of the map, or a share of a fully connected layer's outputs. A dynamic
 * programme over groups, their division and the memory that is left for weights in the first function.
 *
 * <p>Times are Gillis' own, for functions of 3,008 MB on AWS Lambda, whatever cost model, memories and limits the request
 * brings; money is by the request's price. It plans for the least time, whatever the objective, and then holds the plan
 * against SLO and budget. Departures: units are what lies between single-tensor cuts, which for the release's models is the
 * same; memory for weights is counted group by group in steps, where the release shares it out stage by stage. The learned
 * planner for an SLO (policy gradient) is not here. Sizes are those of 32-bit floats, and batches are of one.
 */
public final class GillisPartitioner implements Partitioner {
    private static final int MEMORY_MB = 3008;
    private static final double SAME_MILLIS = 0.001;
    private static final double MIB = 1_048_576.0;
    private static final int MAXIMUM_UNITS = 250;
    private static final int[][] SHAPES = {{1, 1}, {1, 2}, {2, 2}, {1, 4}, {2, 4}, {4, 4}};
    private static final int[] OUTPUTS = {1, 2, 4, 8};

    /**
     * The settings.
     *
     * @param functionMib what one function holds of weights
     * @param stepMib by what steps the first function's room is shared out
     * @param roundingMillis durations are billed in multiples of this
     */
    public record Settings(
            @Setting(value = "MiB of weights that a function holds", byDefault = "1400", min = 1, max = 1000000)
            int functionMib,

            @Setting(
                    value = "MiB by which the first function's room is shared out",
                    byDefault = "100",
                    min = 1,
                    max = 1000000)
            int stepMib,

            @Setting(
                    value = "milliseconds that durations are billed in multiples of",
                    byDefault = "100",
                    min = 1,
                    max = 60000)
            int roundingMillis) {}

    private final Settings settings;

    /** One with its settings. */
    public GillisPartitioner(Settings settings) {
        this.settings = settings;
    }

    /** Layers that stay together. */
    private record Unit(int from, int to, boolean tiles, boolean gemm) {}

    /** Units first to last, divided. */
    record Group(int first, int last, int from, int to, Split split, double millis, double billed) {}

    /** Groups from a unit to the end. */
    private record Tail(double millis, double billed, List<Group> groups) {}

    @Override
    public Partitioning partition(PartitionRequest request) {
        if (request.batch() != 1) {
            throw new UnsupportedOperationException("Gillis' times are for one item, and not for " + request.batch());
        }
        if (!(request.costs() instanceof SeparableCosts prices)) {
            throw new UnsupportedOperationException("the costs do not say what a MB-millisecond costs");
        }
        LayerGraph graph = request.graph();
        ForkJoinCosts costs = new ForkJoinCosts(graph);
        List<Group> groups = groups(graph, costs);
        if (groups.isEmpty()) {
            return new Infeasible(
                    Reason.of(
                            "layer-too-large",
                            "a layer has more weights than a function holds, {limit} MiB",
                            Double.NaN,
                            settings.functionMib()),
                    -1,
                    null);
        }
        PartitionPlan plan = plan(graph, costs, groups, prices);
        if (plan.millis() > request.sloMillis()) {
            return new Infeasible(
                    Reason.of(
                            "slo-too-short",
                            "the fastest fork-join plan takes {observed} ms, and the SLO is {limit} ms",
                            (double) plan.millis(),
                            (double) request.sloMillis()),
                    -1,
                    plan);
        }
        if (plan.units() > request.budgetUnits()) {
            return new Infeasible(
                    Reason.of(
                            "budget-missed",
                            String.format(
                                    Locale.ROOT,
                                    "the fastest fork-join plan costs $%s",
                                    plan.usd().toPlainString()),
                            plan.units() / SeparableCosts.UNITS_PER_USD,
                            request.budgetUnits() / SeparableCosts.UNITS_PER_USD),
                    -1,
                    plan);
        }
        return plan;
    }

    /** The best groups; empty where some layer fits no function. */
    List<Group> groups(LayerGraph graph, ForkJoinCosts costs) {
        List<Unit> units = units(graph, costs);
        if (units.size() > MAXIMUM_UNITS) {
            throw new UnsupportedOperationException(graph.name() + " has " + units.size() + " units, more than the "
                    + MAXIMUM_UNITS + " that are looked at");
        }
        boolean allFit = costs.weights(1, graph.last()) <= settings.functionMib() * MIB;
        int rooms = allFit ? 0 : settings.functionMib() / settings.stepMib();
        List<List<Group>> all = new ArrayList<>();
        for (int first = 0; first < units.size(); first++) {
            all.add(from(units, first, costs));
        }
        @Nullable Tail[][] best = new Tail[units.size() + 1][rooms + 1];
        for (int room = 0; room <= rooms; room++) {
            best[units.size()][room] = new Tail(0, 0, List.of());
        }
        for (int first = units.size() - 1; first >= 0; first--) {
            for (int room = 0; room <= rooms; room++) {
                for (Group group : all.get(first)) {
                    int needs = 0;
                    if (!allFit && group.split().masterTakesOne()) {
                        needs = (int) Math.ceil(costs.weights(group.from(), group.to())
                                / (double) group.split().outputs()
                                / MIB
                                / settings.stepMib());
                    }
                    Tail rest = needs <= room ? best[group.last() + 1][room - needs] : null;
                    if (rest == null) {
                        continue;
                    }
                    double millis = group.millis() + rest.millis();
                    double billed = group.billed() + rounded(group.millis()) + rest.billed();
                    Tail known = best[first][room];
                    if (known == null
                            || millis < known.millis() - SAME_MILLIS
                            || (millis < known.millis() + SAME_MILLIS && billed < known.billed())) {
                        List<Group> groups = new ArrayList<>(List.of(group));
                        groups.addAll(rest.groups());
                        best[first][room] = new Tail(millis, billed, groups);
                    }
                }
            }
        }
        Tail found = best[0][rooms];
        return found == null ? List.of() : merged(found.groups());
    }

    /** Every group that begins with a unit: undivided ones may go on, divided ones only as long as maps can be cut. */
    private List<Group> from(List<Unit> units, int first, ForkJoinCosts costs) {
        List<Group> groups = new ArrayList<>();
        int start = units.get(first).from();
        boolean tiles = true;
        for (int last = first; last < units.size(); last++) {
            Unit unit = units.get(last);
            tiles &= unit.tiles();
            if (last > first && !tiles) {
                break;
            }
            double mib = costs.weights(start, unit.to()) / MIB;
            if (unit.gemm()) {
                for (int number : OUTPUTS) {
                    if (mib / number <= settings.functionMib()) {
                        add(groups, first, last, start, unit.to(), 1, 1, number, costs);
                    }
                }
            } else if (mib <= settings.functionMib()) {
                for (int[] shape : SHAPES) {
                    if (tiles || shape[0] * shape[1] == 1) {
                        add(groups, first, last, start, unit.to(), shape[0], shape[1], 1, costs);
                    }
                }
            }
        }
        return groups;
    }

    private void add(
            List<Group> groups,
            int first,
            int last,
            int from,
            int to,
            int rows,
            int columns,
            int outputs,
            ForkJoinCosts costs) {
        List<ForkJoinCosts.Share> shares;
        if (rows * columns > 1) {
            shares = costs.tiles(from, to, rows, columns);
        } else if (outputs > 1) {
            shares = costs.outputs(from, to, outputs);
        } else {
            shares = List.of(costs.undivided(from, to));
        }
        for (boolean masterTakesOne : new boolean[] {true, false}) {
            Split split = new Split(rows, columns, outputs, masterTakesOne);
            double billed = 0;
            for (int i = masterTakesOne ? 1 : 0; i < shares.size(); i++) {
                billed += rounded(shares.get(i).millis());
            }
            groups.add(new Group(first, last, from, to, split, costs.millis(shares, split), billed));
        }
    }

    private double rounded(double millis) {
        return Math.ceil(millis / settings.roundingMillis()) * settings.roundingMillis();
    }

    /** Neighbours that the first function runs alone are one group. */
    private static List<Group> merged(List<Group> groups) {
        List<Group> merged = new ArrayList<>();
        for (Group group : groups) {
            if (!merged.isEmpty()
                    && group.split().equals(Split.WHOLE)
                    && merged.getLast().split().equals(Split.WHOLE)) {
                Group before = merged.removeLast();
                merged.add(new Group(
                        before.first(),
                        group.last(),
                        before.from(),
                        group.to(),
                        Split.WHOLE,
                        before.millis() + group.millis(),
                        0));
            } else {
                merged.add(group);
            }
        }
        return merged;
    }

    private PartitionPlan plan(LayerGraph graph, ForkJoinCosts costs, List<Group> groups, SeparableCosts prices) {
        List<PlannedPart> parts = new ArrayList<>();
        double passed = 0;
        for (Group group : groups) {
            boolean last = group.to() == graph.last();
            Part part = new Part(
                    group.from(),
                    group.to(),
                    parts.isEmpty(),
                    last,
                    costs.weights(group.from(), group.to()),
                    graph.layers().subList(group.from(), group.to() + 1).stream()
                            .mapToLong(layer -> layer.macs())
                            .sum(),
                    0,
                    0,
                    1);
            // the first function is billed for all of the time, rounded once
            double billed = group.billed() + rounded(passed + group.millis()) - rounded(passed);
            passed += group.millis();
            int invocations = group.split().workers() + (parts.isEmpty() ? 1 : 0);
            long invocation = prices.fixedUnits(new Part(1, 1, true, true, 0, 0, 0, 0, 1));
            parts.add(new PlannedPart(
                    part,
                    MEMORY_MB,
                    (long) Math.ceil(group.millis() - 1e-6),
                    Math.round(billed) * MEMORY_MB * prices.unitsPerMbMilli() + invocations * invocation,
                    group.split(),
                    List.of(
                            group.split().workers() == 0
                                    ? Reason.of(
                                            "whole",
                                            "dividing it takes longer than computing it in {observed} ms",
                                            group.millis(),
                                            Double.NaN)
                                    : Reason.of(
                                            "fork-join",
                                            "divided it takes {observed} ms, and {limit} ms undivided",
                                            group.millis(),
                                            costs.whole(group.from(), group.to())))));
        }
        return new PartitionPlan(parts);
    }

    /** Between single-tensor cuts; what works on single elements is with the layer before it, padding with that after it. */
    private static List<Unit> units(LayerGraph graph, ForkJoinCosts costs) {
        List<Unit> units = new ArrayList<>();
        List<Integer> ends = new ArrayList<>(
                graph.cuts(CutRule.SINGLE).stream().map(Cut::after).toList());
        ends.add(graph.last());
        int from = 1;
        for (int end : ends) {
            boolean alone = from == end;
            if (alone && costs.operator(end) == Operators.PAD && end < graph.last()) {
                continue;
            }
            boolean tiles = true;
            for (int i = from; i <= end; i++) {
                tiles &= costs.tiles(i);
            }
            if (alone && costs.operator(end).joinsPrevious() && !units.isEmpty()) {
                Unit before = units.removeLast();
                units.add(new Unit(before.from(), end, before.tiles() && tiles, before.gemm()));
            } else {
                units.add(new Unit(from, end, tiles, alone && costs.operator(end) == Operators.GEMM));
            }
            from = end + 1;
        }
        return units;
    }
}
