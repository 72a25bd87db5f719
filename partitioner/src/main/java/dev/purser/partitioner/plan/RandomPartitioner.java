package dev.purser.partitioner.plan;

import dev.purser.core.partition.Part;
import dev.purser.core.partition.PartitionPlan;
import dev.purser.core.partition.PartitionRequest;
import dev.purser.core.partition.Partitioning;
import dev.purser.core.policy.Partitioner;
import dev.purser.core.policy.Reason;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The baseline that AMPS-Inf's slides (ICPP'21) call random, without defining it. Ours: as few parts as hold the model, cuts
 * drawn from all that fit, each memory drawn from those that hold its part.
 */
public final class RandomPartitioner implements Partitioner {
    /** How many pairs of cuts and times the exact expectation works out before it gives up. */
    private static final long MAXIMUM_STEPS = 200_000_000;

    private final long seed;

    /** @param seed for the draw; the same seed and request draw the same plan */
    public RandomPartitioner(long seed) {
        this.seed = seed;
    }

    /**
     * What a draw is on average.
     *
     * @param parts how many parts a draw has
     * @param cutSets how many sets of cuts there are to draw from
     * @param meanUsd the mean cost, in US dollars
     * @param meanMillis the mean time, in milliseconds
     * @param keepsSlo the share of draws that keep the SLO, 0 to 1
     * @param leastUnits the cheapest draw, in the units of {@link dev.purser.core.partition.PartCosts}
     * @param mostUnits the dearest draw
     */
    public record Expectation(
            int parts,
            int cutSets,
            double meanUsd,
            double meanMillis,
            double keepsSlo,
            long leastUnits,
            long mostUnits) {}

    @Override
    public Partitioning partition(PartitionRequest request) {
        Problem problem = new Problem(request);
        int k = parts(problem);
        double[][] ways = k < 0 ? new double[0][] : ways(problem, k);
        if (k < 0) {
            return Obstacles.of(problem);
        }
        SplittableRandom random = new SplittableRandom(seed);
        int[] stops = new int[k];
        int[] memories = new int[k];
        int p = 0;
        for (int i = 0; i < k; i++) {
            double draw = random.nextDouble() * ways[k - i][p];
            for (int q = p + 1; q <= problem.end() && problem.fits(p, q); q++) {
                double share = problem.layers(p, q) <= problem.mostLayers(k) ? ways[k - i - 1][q] : 0;
                if (share > 0) {
                    stops[i] = q;
                    draw -= share;
                    if (draw < 0) {
                        break;
                    }
                }
            }
            memories[i] =
                    problem.memories[random.nextInt(problem.leastMemoryIndex(p, stops[i]), problem.memories.length)];
            p = stops[i];
        }
        PartitionPlan plan = IntegerProgramme.Chosen.plan(
                problem.plan(stops, memories), Reason.of("random", "drawn from all that fit"));
        return plan.millis() <= request.sloMillis() && plan.units() <= request.budgetUnits()
                ? plan
                : Baselines.missed(request, plan);
    }

    /**
     * The exact expectation over all draws, by enumeration.
     *
     * @return null where no parts hold the model
     * @throws UnsupportedOperationException if there are too many draws to enumerate
     */
    public static @Nullable Expectation expectation(PartitionRequest request) {
        return expectation(request, MAXIMUM_STEPS);
    }

    /**
     * The same for those who cannot wait as long.
     *
     * @param request what is to be planned
     * @param mostSteps how many pairs of cuts and times to work out at most; some million a second
     * @return null where no parts hold the model
     * @throws UnsupportedOperationException if there are more
     */
    public static @Nullable Expectation expectation(PartitionRequest request, long mostSteps) {
        Problem problem = new Problem(request);
        int k = parts(problem);
        if (k < 0) {
            return null;
        }
        Sums sums = new Sums(problem, Math.min(mostSteps, MAXIMUM_STEPS));
        chains(problem, k, 0, 0, new int[k], sums);
        return new Expectation(
                k,
                sums.cutSets,
                sums.units / sums.cutSets / dev.purser.core.partition.PartCosts.UNITS_PER_USD,
                sums.millis / sums.cutSets,
                sums.keeps / sums.cutSets,
                sums.least,
                sums.most);
    }

    private static void chains(Problem problem, int k, int i, int p, int[] stops, Consumer<int[]> into) {
        if (i == k) {
            if (p == problem.end()) {
                into.accept(stops);
            }
            return;
        }
        for (int q = p + 1; q <= problem.end() && problem.fits(p, q); q++) {
            if (problem.layers(p, q) <= problem.mostLayers(k)) {
                stops[i] = q;
                chains(problem, k, i + 1, q, stops, into);
            }
        }
    }

    /** The fewest parts, at least as many as asked for; -1 where none hold the model. */
    private static int parts(Problem problem) {
        for (int k = problem.request.minimumParts(); k <= problem.maximumParts(); k++) {
            if (ways(problem, k)[k][0] > 0) {
                return k;
            }
        }
        return -1;
    }

    /** In how many ways the rest can be cut, by parts and position. */
    private static double[][] ways(Problem problem, int k) {
        double[][] ways = new double[k + 1][problem.end() + 1];
        ways[0][problem.end()] = 1;
        for (int r = 1; r <= k; r++) {
            for (int p = 0; p < problem.end(); p++) {
                for (int q = p + 1; q <= problem.end() && problem.fits(p, q); q++) {
                    if (problem.layers(p, q) <= problem.mostLayers(k)) {
                        ways[r][p] += ways[r - 1][q];
                    }
                }
            }
        }
        return ways;
    }

    private static final class Sums implements Consumer<int[]> {
        private final Problem problem;
        private int cutSets;
        private double units;
        private double millis;
        private double keeps;
        private long least = Long.MAX_VALUE;
        private long most;
        private final long mostSteps;
        private long steps;

        Sums(Problem problem, long mostSteps) {
            this.problem = problem;
            this.mostSteps = mostSteps;
        }

        @Override
        public void accept(int[] stops) {
            Map<Long, Double> times = new HashMap<>(Map.of(0L, 1.0));
            long cheapest = 0;
            long dearest = 0;
            int p = 0;
            for (int stop : stops) {
                Part part = problem.part(p, stop);
                int first = problem.leastMemoryIndex(p, stop);
                int settings = problem.memories.length - first;
                List<Long> own = new ArrayList<>();
                double sumUnits = 0;
                double sumMillis = 0;
                long low = Long.MAX_VALUE;
                long high = 0;
                for (int m = first; m < problem.memories.length; m++) {
                    long time = problem.millis(part, problem.memories[m]);
                    long money = problem.units(part, problem.memories[m], time);
                    own.add(time);
                    sumMillis += time;
                    sumUnits += money;
                    low = Math.min(low, money);
                    high = Math.max(high, money);
                }
                units += sumUnits / settings;
                millis += sumMillis / settings;
                cheapest += low;
                dearest += high;
                steps += (long) times.size() * settings;
                if (steps > mostSteps) {
                    throw new UnsupportedOperationException("there are too many plans to average over"
                            + "\nMaybe: a coarser memory step, or single-tensor cuts only");
                }
                Map<Long, Double> next = new HashMap<>();
                times.forEach((before, chance) ->
                        own.forEach(time -> next.merge(before + time, chance / settings, Double::sum)));
                times = next;
                p = stop;
            }
            cutSets++;
            least = Math.min(least, cheapest);
            most = Math.max(most, dearest);
            for (Map.Entry<Long, Double> time : times.entrySet()) {
                if (time.getKey() <= problem.request.sloMillis()) {
                    keeps += time.getValue();
                }
            }
        }
    }
}
