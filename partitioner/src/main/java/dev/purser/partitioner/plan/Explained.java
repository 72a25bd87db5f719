package dev.purser.partitioner.plan;

import dev.purser.core.partition.FunctionLimits;
import dev.purser.core.partition.Objective;
import dev.purser.core.partition.Part;
import dev.purser.core.partition.PartCosts;
import dev.purser.core.partition.PartitionPlan;
import dev.purser.core.partition.PartitionRequest;
import dev.purser.core.partition.PlannedPart;
import dev.purser.core.policy.Reason;
import java.math.BigDecimal;
import java.math.MathContext;
import java.util.ArrayList;
import java.util.List;

/** Says of an optimal plan what bound the end of each part and its memory. */
final class Explained {
    private Explained() {}

    static PartitionPlan plan(Problem problem, PartitionPlan plan) {
        List<PlannedPart> parts = new ArrayList<>();
        for (int i = 0; i < plan.parts().size(); i++) {
            PlannedPart part = plan.parts().get(i);
            parts.add(new PlannedPart(
                    part.part(),
                    part.memoryMb(),
                    part.millis(),
                    part.units(),
                    part.split(),
                    List.of(end(problem, plan, i), memory(problem, plan, part))));
        }
        return new PartitionPlan(parts);
    }

    private static Reason end(Problem problem, PartitionPlan plan, int i) {
        PlannedPart planned = plan.parts().get(i);
        int p = problem.positionOf(planned.part().from() - 1);
        int q = problem.positionOf(planned.part().to());
        if (q == problem.end()) {
            return Reason.of("end-of-model", "the model ends here");
        }
        String next = problem.graph.layers().get(problem.positions[q + 1]).name();
        Reason limit = limit(problem, p, q, next);
        if (limit != null) {
            return limit;
        }
        PlannedPart following = plan.parts().get(i + 1);
        int end = problem.positionOf(following.part().to());
        if (q + 1 == end) {
            return Reason.of("parts", "the next cut would leave nothing for the part that follows");
        }
        Part longer = problem.part(p, q + 1);
        Part shorter = problem.part(q + 1, end);
        long longerMillis = problem.millis(longer, planned.memoryMb());
        long shorterMillis = problem.millis(shorter, following.memoryMb());
        long millis = plan.millis() - planned.millis() - following.millis() + longerMillis + shorterMillis;
        long units = plan.units()
                - planned.units()
                - following.units()
                + problem.units(longer, planned.memoryMb(), longerMillis)
                + problem.units(shorter, following.memoryMb(), shorterMillis);
        PartitionRequest request = problem.request;
        if (millis > request.sloMillis()) {
            return Because.millis(
                    "slo",
                    "cut after " + next + " instead, the chain takes {observed} ms, and the SLO is {limit} ms",
                    millis,
                    request.sloMillis());
        }
        if (units == plan.units() && millis == plan.millis()) {
            return Reason.of("tie", "cut after " + next + " instead, the chain costs and takes as much");
        }
        // the plan is optimal: the other one is not better in what is to be least, nor in the other measure where it
        // ties
        long dearer = units - plan.units();
        long slower = millis - plan.millis();
        boolean byCost = request.objective() == Objective.COST ? dearer != 0 : slower == 0;
        return byCost
                ? Reason.of("least-cost", "cut after " + next + " instead, the chain costs " + more(dearer) + " more")
                : Because.millis(
                        "least-time",
                        "cut after " + next + " instead, the chain takes {observed} ms, and not {limit} ms",
                        millis,
                        plan.millis());
    }

    /** Differences are often far below what plans cost, so that they have two digits of their own. */
    private static String more(long units) {
        return "$"
                + BigDecimal.valueOf(units / PartCosts.UNITS_PER_USD)
                        .round(new MathContext(2))
                        .toPlainString();
    }

    /** The limit of a function that the part would break with the layers up to the next cut, if there is one. */
    private static @org.jspecify.annotations.Nullable Reason limit(Problem problem, int p, int q, String next) {
        FunctionLimits limits = problem.request.limits();
        if (!problem.fitsPackage(p, q + 1)) {
            return Reason.of(
                    "package-size",
                    "with the layers up to " + next + " the package has {observed} MiB, and {limit} MiB are allowed",
                    problem.packageMib(p, q + 1),
                    limits.packageMib());
        }
        if (!problem.fitsTemporary(p, q + 1)) {
            return Reason.of(
                    "temporary-storage",
                    "with the layers up to " + next + " it needs {observed} MiB of temporary storage, of {limit} MiB",
                    problem.temporaryMib(p, q + 1),
                    limits.temporaryMib());
        }
        if (!problem.fits(p, q + 1)) {
            return Reason.of(
                    "memory",
                    "with the layers up to " + next + " it needs {observed} MB of memory, and {limit} MB is the most",
                    problem.leastMemory(p, q + 1),
                    problem.memories[problem.memories.length - 1]);
        }
        return null;
    }

    private static Reason memory(Problem problem, PartitionPlan plan, PlannedPart planned) {
        int p = problem.positionOf(planned.part().from() - 1);
        int q = problem.positionOf(planned.part().to());
        int least = problem.leastMemoryIndex(p, q);
        if (least == problem.memories.length - 1) {
            return Reason.of(
                    "only-memory",
                    "it needs {observed} MB, and there is no other setting",
                    problem.leastMemory(p, q),
                    planned.memoryMb());
        }
        long cheapest = Long.MAX_VALUE;
        int cheapestMemory = 0;
        long cheapestMillis = 0;
        long fastest = Long.MAX_VALUE;
        for (int m = least; m < problem.memories.length; m++) {
            long millis = problem.millis(planned.part(), problem.memories[m]);
            long units = problem.units(planned.part(), problem.memories[m], millis);
            if (units < cheapest) {
                cheapest = units;
                cheapestMemory = problem.memories[m];
                cheapestMillis = millis;
            }
            fastest = Math.min(fastest, millis);
        }
        if (planned.units() == cheapest) {
            return problem.memories[least] == planned.memoryMb()
                    ? Reason.of(
                            "least-memory",
                            "it is cheapest with the least memory that holds it, {observed} MB",
                            planned.memoryMb(),
                            problem.leastMemory(p, q))
                    : Reason.of("cheapest-memory", "with {observed} MB it is cheapest", planned.memoryMb(), Double.NaN);
        }
        PartitionRequest request = problem.request;
        long slower = plan.millis() - planned.millis() + cheapestMillis;
        if (slower > request.sloMillis()) {
            return Because.millis(
                    "slo",
                    "it is cheapest with " + cheapestMemory
                            + " MB, but then the chain takes {observed} ms, and the SLO is {limit} ms",
                    slower,
                    request.sloMillis());
        }
        if (planned.millis() == fastest) {
            return Reason.of("fastest-memory", "with {observed} MB it is fastest", planned.memoryMb(), Double.NaN);
        }
        return Because.money(
                "budget",
                "the fastest that the budget allows: the chain costs {observed} of {limit}",
                plan.units(),
                request.budgetUnits());
    }
}
