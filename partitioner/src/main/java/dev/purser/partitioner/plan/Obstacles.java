package dev.purser.partitioner.plan;

import static dev.purser.core.partition.PartitionRequest.UNBOUNDED;

import dev.purser.core.partition.FunctionLimits;
import dev.purser.core.partition.Infeasible;
import dev.purser.core.partition.Layer;
import dev.purser.core.partition.Objective;
import dev.purser.core.partition.PartitionPlan;
import dev.purser.core.partition.PartitionRequest;
import dev.purser.core.policy.Reason;

/** Finds out why no plan keeps all bounds: the layer, the number of parts, or the SLO or budget with what can be had. */
final class Obstacles {
    private static final double MIB = 1_048_576.0;

    private Obstacles() {}

    /** @param problem one without a plan */
    static Infeasible of(Problem problem) {
        for (int p = 0; p < problem.end(); p++) {
            if (!problem.fits(p, p + 1)) {
                return tooLarge(problem, p);
            }
        }
        PartitionRequest request = problem.request;
        if (request.minimumParts() > problem.end()) {
            return new Infeasible(
                    Reason.of(
                            "too-few-cuts",
                            "it can be cut into {limit} parts at most, and at least {observed} are asked for",
                            request.minimumParts(),
                            problem.end()),
                    -1,
                    null);
        }
        int fewest = fewestParts(problem);
        int most = problem.maximumParts();
        if (fewest > most) {
            return new Infeasible(
                    Reason.of(
                            "too-many-parts",
                            "no fewer than {observed} functions hold it, and {limit} are allowed",
                            fewest,
                            most),
                    -1,
                    null);
        }
        if (request.minimumParts() > most) {
            return new Infeasible(
                    Reason.of(
                            "too-many-parts",
                            "at least {observed} parts are asked for, and {limit} are allowed",
                            request.minimumParts(),
                            most),
                    -1,
                    null);
        }
        PartitionRequest free = request.withSlo(UNBOUNDED).withBudget(UNBOUNDED);
        PartitionPlan fastest = ExactPartitioner.best(free.withObjective(Objective.TIME));
        if (fastest == null) {
            return new Infeasible(
                    Reason.of(
                            "uneven-layers",
                            "no cuts into " + request.minimumParts() + " to " + most
                                    + " parts give each no more than its even share of the layers, rounded up"),
                    -1,
                    null);
        }
        if (fastest.millis() > request.sloMillis()) {
            return new Infeasible(
                    Because.millis(
                            "slo-too-short",
                            "the fastest plan takes {observed} ms, and the SLO is {limit} ms",
                            fastest.millis(),
                            request.sloMillis()),
                    -1,
                    fastest);
        }
        // with a plan in time and one within the budget, it is the two together that cannot be kept
        PartitionPlan cheapest = ExactPartitioner.best(free.withObjective(Objective.COST));
        if (cheapest != null && cheapest.units() > request.budgetUnits()) {
            return new Infeasible(
                    Because.money(
                            "budget-too-small",
                            "the cheapest plan costs {observed}, and the budget is {limit}",
                            cheapest.units(),
                            request.budgetUnits()),
                    -1,
                    cheapest);
        }
        PartitionPlan inTime =
                ExactPartitioner.best(request.withObjective(Objective.COST).withBudget(UNBOUNDED));
        if (inTime != null) {
            return new Infeasible(
                    Because.money(
                            "slo-and-budget",
                            "the cheapest plan that keeps the SLO costs {observed}, and the budget is {limit}",
                            inTime.units(),
                            request.budgetUnits()),
                    -1,
                    inTime);
        }
        throw new IllegalStateException("no plan was found for " + problem.graph.name() + ", and no reason why");
    }

    /** The fewest functions that hold the model: each takes as many layers as it can, which is optimal for a chain. */
    static int fewestParts(Problem problem) {
        int parts = 0;
        for (int p = 0; p < problem.end(); parts++) {
            int q = p;
            while (q < problem.end() && problem.fits(p, q + 1)) {
                q++;
            }
            if (q == p) {
                return Integer.MAX_VALUE;
            }
            p = q;
        }
        return parts;
    }

    /** The layers between two neighbouring positions fit no function. */
    private static Infeasible tooLarge(Problem problem, int p) {
        int from = problem.positions[p] + 1;
        int to = problem.positions[p + 1];
        int largest = from;
        for (int i = from; i <= to; i++) {
            if (problem.graph.layers().get(i).paramBytes()
                    > problem.graph.layers().get(largest).paramBytes()) {
                largest = i;
            }
        }
        FunctionLimits limits = problem.request.limits();
        double others = limits.dependenciesMib() + limits.codeMib();
        Layer layer = problem.graph.layers().get(largest);
        double alone = layer.paramBytes() / MIB;
        boolean packageAlone = alone + others > limits.packageMib();
        boolean single = from == to
                || packageAlone
                || alone > limits.temporaryMib()
                || alone + others > problem.memories[problem.memories.length - 1];
        String what = single
                ? "layer " + largest + " (" + layer.name() + ")"
                : "layers " + from + " (" + problem.graph.layers().get(from).name() + ") to " + to + " ("
                        + problem.graph.layers().get(to).name() + "), between which there is no cut,";
        Reason reason;
        if (packageAlone || (!single && !problem.fitsPackage(p, p + 1))) {
            double weights = single ? alone : problem.weightsMib(p, p + 1);
            reason = Reason.of(
                    "layer-too-large",
                    what + (single ? " has" : " have") + " {observed} MiB of weights, and a package of "
                            + mib(limits.packageMib())
                            + " MiB has room for {limit} MiB beside the libraries and the code",
                    weights,
                    limits.packageMib() - others);
        } else if (!problem.fitsTemporary(p, p + 1)) {
            reason = Reason.of(
                    "temporary-storage-too-small",
                    what
                            + (single ? " needs" : " need")
                            + " {observed} MiB of temporary storage for weights and input, and there are {limit} MiB",
                    problem.temporaryMib(p, p + 1),
                    limits.temporaryMib());
        } else {
            reason = Reason.of(
                    "memory-too-small",
                    what + (single ? " needs" : " need")
                            + " {observed} MB of memory, and no setting above {limit} MB is allowed",
                    problem.leastMemory(p, p + 1),
                    problem.memories[problem.memories.length - 1]);
        }
        return new Infeasible(reason, single ? largest : -1, null);
    }

    private static String mib(double value) {
        return value == Math.rint(value) ? Long.toString((long) value) : Double.toString(value);
    }
}
