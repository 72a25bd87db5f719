package dev.purser.partitioner.plan;

import dev.purser.core.partition.CutRule;
import dev.purser.core.partition.FunctionLimits;
import dev.purser.core.partition.Layer;
import dev.purser.core.partition.LayerGraph;
import dev.purser.core.partition.Objective;
import dev.purser.core.partition.Part;
import dev.purser.core.partition.PartCosts;
import dev.purser.core.partition.PartitionPlan;
import dev.purser.core.partition.PartitionRequest;
import dev.purser.core.pricing.PriceBooks;
import dev.purser.partitioner.cost.CalibratedCosts;
import dev.purser.partitioner.cost.Calibration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.function.Consumer;

/** Random models with random costs, and every plan there is for them. */
final class Chains {
    private Chains() {}

    /** Of equal objective and other measure, the fewer parts, then what comes first by (end, memory). */
    static Comparator<PartitionPlan> order(Objective objective) {
        Comparator<PartitionPlan> byMillis = Comparator.comparingLong(PartitionPlan::millis);
        Comparator<PartitionPlan> byUnits = Comparator.comparingLong(PartitionPlan::units);
        return (objective == Objective.COST ? byUnits.thenComparing(byMillis) : byMillis.thenComparing(byUnits))
                .thenComparingInt(plan -> plan.parts().size())
                .thenComparing((x, y) -> {
                    for (int i = 0; i < x.parts().size(); i++) {
                        int by = Integer.compare(
                                x.parts().get(i).part().to(),
                                y.parts().get(i).part().to());
                        by = by != 0
                                ? by
                                : Integer.compare(
                                        x.parts().get(i).memoryMb(),
                                        y.parts().get(i).memoryMb());
                        if (by != 0) {
                            return by;
                        }
                    }
                    return 0;
                });
    }

    /** Some plans are equal in time and in money, so small are the numbers. */
    static PartCosts roughCosts(long seed) {
        return new PartCosts() {
            @Override
            public long millis(Part part, int memoryMb) {
                return 1 + draw(part, memoryMb, 1, 9);
            }

            @Override
            public long units(Part part, int memoryMb, long millis) {
                return millis * memoryMb / 64 + draw(part, memoryMb, 2, 5);
            }

            private long draw(Part part, int memoryMb, int salt, int bound) {
                return new SplittableRandom(seed * 31 + part.from() * 1009L + part.to() * 9176L + memoryMb * 77L + salt)
                        .nextInt(bound);
            }
        };
    }

    static LayerGraph graph(SplittableRandom random, int layers) {
        List<Layer> made = new ArrayList<>();
        made.add(new Layer("in", "Input", List.of(), 0, random.nextInt(1, 1_000_000), 0));
        for (int i = 1; i < layers; i++) {
            List<Integer> inputs = new ArrayList<>(List.of(i - 1));
            if (i > 2 && random.nextInt(4) == 0) {
                inputs.add(random.nextInt(i - 1));
            }
            made.add(new Layer(
                    "layer" + i,
                    "Any",
                    inputs,
                    random.nextLong(30L << 20),
                    random.nextInt(1, 4_000_000),
                    random.nextLong(1_000_000_000)));
        }
        return LayerGraph.of("random", made);
    }

    /** A request with bounds that often bind, and sometimes cannot be kept. */
    static PartitionRequest request(SplittableRandom random) {
        LayerGraph graph = graph(random, random.nextInt(2, 9));
        PartCosts costs = random.nextBoolean()
                ? roughCosts(random.nextLong())
                : new CalibratedCosts(
                        Calibration.load(List.of("cold", "vcpu", "warm").get(random.nextInt(3))),
                        PriceBooks.named(random.nextBoolean() ? "us-east-1-2019" : "us-east-1-2026"));
        int step = random.nextInt(64, 512);
        FunctionLimits limits = new FunctionLimits(
                "random",
                "",
                random.nextInt(60, 200),
                40,
                1,
                random.nextInt(40, 200),
                64,
                step,
                64 + step * random.nextInt(1, 5),
                random.nextInt(1, 6));
        int fewest = random.nextInt(4) == 0 ? random.nextInt(1, 4) : 1;
        PartitionRequest request = PartitionRequest.of(graph, costs, limits)
                .withCuts(random.nextBoolean() ? CutRule.ANY : CutRule.SINGLE)
                .withBatch(random.nextInt(3) == 0 ? random.nextInt(1, 9) : 1)
                .withObjective(random.nextBoolean() ? Objective.COST : Objective.TIME)
                .withParts(fewest, fewest + random.nextInt(6))
                .withEvenLayers(random.nextInt(4) == 0);
        List<PartitionPlan> all = all(request);
        if (all.isEmpty() || random.nextInt(4) == 0) {
            return request;
        }
        PartitionPlan some = all.get(random.nextInt(all.size()));
        PartitionPlan other = all.get(random.nextInt(all.size()));
        return switch (random.nextInt(3)) {
            case 0 -> request.withSlo(Math.max(0, some.millis() - random.nextInt(2)));
            case 1 -> request.withBudget(Math.max(0, some.units() - random.nextInt(2)));
            default -> request.withSlo(some.millis()).withBudget(other.units());
        };
    }

    /** Every plan within the request's bounds. */
    static List<PartitionPlan> all(PartitionRequest request) {
        Problem problem = new Problem(request);
        List<PartitionPlan> plans = new ArrayList<>();
        for (int k = request.minimumParts(); k <= problem.maximumParts(); k++) {
            extend(problem, k, 0, 0, new int[k], new int[k], plan -> {
                if (plan.millis() <= request.sloMillis() && plan.units() <= request.budgetUnits()) {
                    plans.add(plan);
                }
            });
        }
        return plans;
    }

    private static void extend(
            Problem problem, int k, int i, int p, int[] stops, int[] memories, Consumer<PartitionPlan> plans) {
        if (i == k) {
            if (p == problem.end()) {
                plans.accept(problem.plan(stops, memories));
            }
            return;
        }
        for (int q = p + 1; q <= problem.end(); q++) {
            if (problem.layers(p, q) > problem.mostLayers(k) || !problem.fits(p, q)) {
                continue;
            }
            for (int m = problem.leastMemoryIndex(p, q); m < problem.memories.length; m++) {
                stops[i] = q;
                memories[i] = problem.memories[m];
                extend(problem, k, i + 1, q, stops, memories, plans);
            }
        }
    }

    static Optional<PartitionPlan> best(PartitionRequest request) {
        return all(request).stream().min(order(request.objective()));
    }
}
