package dev.purser.partitioner.plan;

import dev.purser.core.partition.Objective;
import dev.purser.core.partition.PartitionRequest;
import dev.purser.core.partition.Partitioning;
import dev.purser.core.policy.Partitioner;
import dev.purser.core.policy.Reason;
import java.util.Arrays;

/** Looks at every plan there is: the optimum where that can be done, and what it costs to find it without thinking. */
public final class ExhaustivePartitioner implements Partitioner {
    /** How many plans are looked at before it gives up. */
    public static final long MAXIMUM_PLANS = 200_000_000;

    @Override
    public Partitioning partition(PartitionRequest request) {
        Problem problem = new Problem(request);
        Enumeration all = new Enumeration(problem);
        for (int k = request.minimumParts(); k <= problem.maximumParts(); k++) {
            all.extend(k, 0, 0, 0, 0, new int[k], new int[k]);
        }
        return all.stops.length == 0
                ? Obstacles.of(problem)
                : IntegerProgramme.Chosen.plan(
                        problem.plan(all.stops, all.memories),
                        Reason.of("best-of-all", "the best of {observed} plans", (double) all.plans, Double.NaN));
    }

    private static final class Enumeration {
        private final Problem problem;
        private final boolean cost;
        private final long[][][] millis;
        private final long[][][] units;
        private long plans;
        private long bestFirst = Long.MAX_VALUE;
        private long bestSecond = Long.MAX_VALUE;
        private int[] stops = {};
        private int[] memories = {};

        Enumeration(Problem problem) {
            this.problem = problem;
            cost = problem.request.objective() == Objective.COST;
            millis = new long[problem.end()][problem.end() + 1][];
            units = new long[problem.end()][problem.end() + 1][];
        }

        private void work(int p, int q) {
            int settings = problem.memories.length;
            long[] time = new long[settings];
            long[] money = new long[settings];
            for (int m = problem.leastMemoryIndex(p, q); m < settings; m++) {
                time[m] = problem.millis(problem.part(p, q), problem.memories[m]);
                money[m] = problem.units(problem.part(p, q), problem.memories[m], time[m]);
            }
            millis[p][q] = time;
            units[p][q] = money;
        }

        /** In the order of ends and memories, so that of equals the first is kept. */
        void extend(int k, int i, int p, long time, long money, int[] ends, int[] chosen) {
            int from = i == k - 1 ? problem.end() : p + 1;
            for (int q = from; q <= problem.end() && p < problem.end(); q++) {
                if (!problem.fits(p, q) || problem.layers(p, q) > problem.mostLayers(k)) {
                    continue;
                }
                if (millis[p][q] == null) {
                    work(p, q);
                }
                for (int m = problem.leastMemoryIndex(p, q); m < problem.memories.length; m++) {
                    ends[i] = q;
                    chosen[i] = problem.memories[m];
                    long sumTime = time + millis[p][q][m];
                    long sumMoney = money + units[p][q][m];
                    if (i < k - 1) {
                        extend(k, i + 1, q, sumTime, sumMoney, ends, chosen);
                    } else {
                        take(sumTime, sumMoney, ends, chosen);
                    }
                }
            }
        }

        private void take(long time, long money, int[] ends, int[] chosen) {
            if (++plans > MAXIMUM_PLANS) {
                throw new UnsupportedOperationException(problem.graph.name() + " has more than " + MAXIMUM_PLANS
                        + " plans, too many to look at each\nMaybe: fewer parts, a coarser memory step, or amps-inf");
            }
            if (time > problem.request.sloMillis() || money > problem.request.budgetUnits()) {
                return;
            }
            long first = cost ? money : time;
            long second = cost ? time : money;
            if (first < bestFirst || (first == bestFirst && second < bestSecond)) {
                bestFirst = first;
                bestSecond = second;
                stops = Arrays.copyOf(ends, ends.length);
                memories = Arrays.copyOf(chosen, chosen.length);
            }
        }
    }
}
