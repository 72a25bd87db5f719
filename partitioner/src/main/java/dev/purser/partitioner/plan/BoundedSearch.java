package dev.purser.partitioner.plan;

import dev.purser.core.partition.Objective;
import dev.purser.core.partition.Part;
import dev.purser.core.partition.SeparableCosts;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The search for costs that can be bounded without a look at every memory setting: of the parts between any two positions,
 * and of their memories, only those are worked out that a plan no worse than one already known can have. What is left goes
 * to {@link ChainSearch}, so that the answer is the same.
 */
final class BoundedSearch {
    /** From how many pairs of part and memory on it is quicker than to work all of them out. */
    static final long WORTHWHILE = 100_000;

    private static final double MARGIN = 1e-8;
    private static final int MAXIMUM_MULTIPLIERS = 30;
    private static final int MAXIMUM_ROUNDS = 100;

    private final Problem problem;
    private final SeparableCosts costs;
    private final boolean cost;
    private final long fMost;
    private final long gMost;
    private final int n;

    private final int[] from;
    private int[] end = new int[1024];
    private int[] leastMemory = new int[1024];
    private double[] fixed = new double[1024];
    private double[] serial = new double[1024];
    private double[] parallel = new double[1024];
    private double[] fixedUnits = new double[1024];
    private int size;
    private double shareLow = 1;
    private double shareHigh;

    /** Lower bounds of {@code x f + y g} for segments, and of chains to the end by their number of segments. */
    private final class Weighted {
        private final double onF;
        private final double onG;
        private final MemoryHull hull;
        private final double[] segment;
        private final int[] memory;
        private final double[][] toEnd;

        Weighted(double onF, double onG, int k) {
            this.onF = onF;
            this.onG = onG;
            hull = new MemoryHull(costs, problem.memories, cost ? onF : onG, cost ? onG : onF, shareLow, shareHigh);
            segment = new double[size];
            memory = new int[size];
            for (int s = 0; s < size; s++) {
                segment[s] = hull.least(fixed[s], serial[s], parallel[s], leastMemory[s]) + money(s);
                memory[s] = hull.argument();
            }
            toEnd = new double[k + 1][n + 1];
            Arrays.fill(toEnd[0], Double.POSITIVE_INFINITY);
            toEnd[0][n] = 0;
            int most = problem.mostLayers(k);
            for (int r = 1; r <= k; r++) {
                double[] after = toEnd[r - 1];
                for (int p = 0; p <= n; p++) {
                    double least = Double.POSITIVE_INFINITY;
                    for (int s = from[p]; p < n && s < from[p + 1]; s++) {
                        double value = segment[s] + after[end[s]];
                        if (value < least && problem.layers(p, end[s]) <= most) {
                            least = value;
                        }
                    }
                    toEnd[r][p] = least;
                }
            }
        }

        private double money(int s) {
            return (cost ? onF : onG) * fixedUnits[s];
        }

        double least(int k) {
            return toEnd[k][0];
        }

        /** The chain that has the least bound, with what it really takes. */
        ChainSearch.Chain chain(int k) {
            int most = problem.mostLayers(k);
            int[] stops = new int[k];
            int[] memories = new int[k];
            long f = 0;
            long g = 0;
            int p = 0;
            for (int i = 0; i < k; i++) {
                int r = k - i;
                for (int s = from[p]; s < from[p + 1]; s++) {
                    if (segment[s] + toEnd[r - 1][end[s]] == toEnd[r][p] && problem.layers(p, end[s]) <= most) {
                        stops[i] = end[s];
                        memories[i] = problem.memories[memory[s]];
                        Part part = problem.part(p, end[s]);
                        long millis = problem.millis(part, memories[i]);
                        long units = problem.units(part, memories[i], millis);
                        f += cost ? units : millis;
                        g += cost ? millis : units;
                        break;
                    }
                }
                p = stops[i];
            }
            return new ChainSearch.Chain(f, g, stops, memories);
        }

        /** The least from the start to each position, by number of segments. */
        double[][] fromStart(int k) {
            int most = problem.mostLayers(k);
            double[][] least = new double[k + 1][n + 1];
            for (double[] row : least) {
                Arrays.fill(row, Double.POSITIVE_INFINITY);
            }
            least[0][0] = 0;
            for (int r = 1; r <= k; r++) {
                for (int p = 0; p < n; p++) {
                    double before = least[r - 1][p];
                    if (before == Double.POSITIVE_INFINITY) {
                        continue;
                    }
                    for (int s = from[p]; s < from[p + 1]; s++) {
                        if (problem.layers(p, end[s]) <= most) {
                            least[r][end[s]] = Math.min(least[r][end[s]], before + segment[s]);
                        }
                    }
                }
            }
            return least;
        }
    }

    BoundedSearch(Problem problem, SeparableCosts costs, long fMost, long gMost) {
        this.problem = problem;
        this.costs = costs;
        this.fMost = fMost;
        this.gMost = gMost;
        cost = problem.request.objective() == Objective.COST;
        n = problem.end();
        from = new int[n + 2];
        for (int p = 0; p < n; p++) {
            for (int q = p + 1; q <= n && problem.fits(p, q); q++) {
                add(p, q);
            }
            from[p + 1] = size;
        }
        from[n + 1] = size;
    }

    private void add(int p, int q) {
        if (size == end.length) {
            int length = size * 2;
            end = Arrays.copyOf(end, length);
            leastMemory = Arrays.copyOf(leastMemory, length);
            fixed = Arrays.copyOf(fixed, length);
            serial = Arrays.copyOf(serial, length);
            parallel = Arrays.copyOf(parallel, length);
            fixedUnits = Arrays.copyOf(fixedUnits, length);
        }
        Part part = problem.part(p, q);
        end[size] = q;
        leastMemory[size] = problem.leastMemoryIndex(p, q);
        fixed[size] = costs.fixedMillis(part);
        serial[size] = costs.serialMillis(part);
        parallel[size] = costs.parallelMillis(part);
        fixedUnits[size] = costs.fixedUnits(part);
        double work = serial[size] + parallel[size];
        if (work > 0) {
            shareLow = Math.min(shareLow, parallel[size] / work);
            shareHigh = Math.max(shareHigh, parallel[size] / work);
        }
        size++;
    }

    /** The best chain of at least and at most so many segments; null where none keeps the bounds. */
    ChainSearch.@Nullable Chain best(int fewest, int most) {
        if (shareHigh < shareLow) {
            shareHigh = shareLow;
        }
        ChainSearch.Chain best = null;
        Weighted onlyF = null;
        Weighted onlyG = null;
        for (int k = fewest; k <= most; k++) {
            if (onlyF == null || onlyG == null || problem.request.evenLayers()) {
                int rows = problem.request.evenLayers() ? k : most;
                onlyF = new Weighted(1, 0, rows);
                onlyG = new Weighted(0, 1, rows);
            }
            ChainSearch.Chain chain = exactly(k, best, onlyF, onlyG);
            if (chain != null && !(best != null && best.beats(chain))) {
                best = chain;
            }
        }
        return best;
    }

    private ChainSearch.@Nullable Chain exactly(
            int k, ChainSearch.@Nullable Chain incumbent, Weighted onlyF, Weighted onlyG) {
        long upper = incumbent == null ? fMost : Math.min(fMost, incumbent.f);
        if (onlyF.least(k) > upper * (1 + MARGIN) || onlyG.least(k) > gMost * (1 + MARGIN)) {
            return null;
        }
        ChainSearch.Chain low = onlyF.chain(k);
        Weighted bound = onlyF;
        double ceiling;
        if (low.g <= gMost) {
            upper = Math.min(upper, low.f);
            ceiling = (double) upper;
        } else {
            ChainSearch.Chain high = onlyG.chain(k);
            upper = high.g <= gMost ? Math.min(upper, high.f) : upper;
            double multiplier = 0;
            for (int i = 0; i < MAXIMUM_MULTIPLIERS && high.g < low.g && high.f > low.f; i++) {
                multiplier = (double) (high.f - low.f) / (double) (low.g - high.g);
                bound = new Weighted(1, multiplier, k);
                ChainSearch.Chain middle = bound.chain(k);
                double value = middle.f + multiplier * middle.g;
                if (middle.g <= gMost) {
                    upper = Math.min(upper, middle.f);
                }
                if (value >= (low.f + multiplier * low.g) * (1 - 1e-12)) {
                    break;
                }
                if (middle.g <= gMost) {
                    high = middle;
                } else {
                    low = middle;
                }
            }
            upper = bettered(high.stops, high, upper);
            upper = Arrays.equals(low.stops, high.stops) ? upper : bettered(low.stops, high, upper);
            ceiling = upper + multiplier * gMost;
            if (upper == Long.MAX_VALUE || bound == onlyF) {
                // nothing known to be within the bounds: only what cannot keep them is left out
                bound = onlyG;
                ceiling = (double) gMost;
            }
        }
        if (bound.least(k) > ceiling * (1 + MARGIN)) {
            return null;
        }
        Segments left = left(k, bound, ceiling * (1 + MARGIN), onlyG);
        return left == null ? null : new ChainSearch(problem, left, upper, gMost, k).best(k, k, incumbent);
    }

    /**
     * A chain within the bounds that stops at the same places, with memories that were bettered two at a time: a good
     * incumbent leaves little to search.
     *
     * @param chain one that keeps the bound on g
     * @param least its f or less, as far as known
     * @return the f of the best chain found, or {@code least}
     */
    private long bettered(int[] stops, ChainSearch.Chain chain, long least) {
        int k = stops.length;
        Segments.Builder builder = new Segments.Builder(problem);
        int next = 0;
        for (int p = 0; p < n; p++) {
            if (next < k && p == (next == 0 ? 0 : stops[next - 1])) {
                builder.segment(p, stops[next++]);
            }
            builder.endOf(p);
        }
        Segments options = builder.build();
        int[] chosen = new int[k];
        long f = 0;
        long g = 0;
        for (int i = 0; i < k; i++) {
            // the least g is within the bound if any is
            chosen[i] = options.options[i + 1] - 1;
            for (int o = options.options[i]; Arrays.equals(stops, chain.stops) && o < chosen[i]; o++) {
                if (options.memory[o] == chain.memories[i]) {
                    chosen[i] = o;
                }
            }
            f += options.f[chosen[i]];
            g += options.g[chosen[i]];
        }
        if (g > gMost) {
            return least;
        }
        boolean better = true;
        for (int round = 0; better && round < MAXIMUM_ROUNDS; round++) {
            better = false;
            for (int i = 0; i < k; i++) {
                for (int j = i == k - 1 ? i : i + 1; j < k; j++) {
                    long without = f - options.f[chosen[i]] - (i == j ? 0 : options.f[chosen[j]]);
                    long room = gMost - g + options.g[chosen[i]] + (i == j ? 0 : options.g[chosen[j]]);
                    long best = f;
                    int bestI = chosen[i];
                    int bestJ = chosen[j];
                    int oj = options.options[j + 1] - 1;
                    // as the first one's g falls, the second one's may rise, and with it falls its f
                    for (int oi = options.options[i]; oi < options.options[i + 1]; oi++) {
                        if (i == j) {
                            if (options.g[oi] <= room && without + options.f[oi] < best) {
                                best = without + options.f[oi];
                                bestI = oi;
                                bestJ = oi;
                            }
                            continue;
                        }
                        while (oj > options.options[j] && options.g[oi] + options.g[oj - 1] <= room) {
                            oj--;
                        }
                        if (options.g[oi] + options.g[oj] <= room && without + options.f[oi] + options.f[oj] < best) {
                            best = without + options.f[oi] + options.f[oj];
                            bestI = oi;
                            bestJ = oj;
                        }
                    }
                    if (best < f) {
                        better = true;
                        f = best;
                        g += options.g[bestI] - options.g[chosen[i]];
                        if (i != j) {
                            g += options.g[bestJ] - options.g[chosen[j]];
                        }
                        chosen[i] = bestI;
                        chosen[j] = bestJ;
                    }
                }
            }
        }
        return Math.min(least, f);
    }

    /** The segments and memories that a chain of k segments within the ceiling, and within the bound on g, can have. */
    private @Nullable Segments left(int k, Weighted bound, double ceiling, Weighted onlyG) {
        double[][] before = bound.fromStart(k);
        boolean bounded = gMost != Long.MAX_VALUE && bound != onlyG;
        double[][] beforeG = bounded ? onlyG.fromStart(k) : before;
        Segments.Builder builder = new Segments.Builder(problem);
        int[] settings = new int[problem.memories.length];
        int most = problem.mostLayers(k);
        boolean any = false;
        for (int p = 0; p < n; p++) {
            for (int s = from[p]; s < from[p + 1]; s++) {
                int q = end[s];
                if (problem.layers(p, q) > most) {
                    continue;
                }
                double around = Double.POSITIVE_INFINITY;
                double aroundG = Double.POSITIVE_INFINITY;
                for (int r = 0; r < k; r++) {
                    around = Math.min(around, before[r][p] + bound.toEnd[k - r - 1][q]);
                    if (bounded) {
                        aroundG = Math.min(aroundG, beforeG[r][p] + onlyG.toEnd[k - r - 1][q]);
                    }
                }
                if (around + bound.segment[s] > ceiling
                        || (bounded && aroundG + onlyG.segment[s] > gMost * (1 + MARGIN))) {
                    continue;
                }
                int count = bound.hull.within(
                        ceiling - around - bound.money(s),
                        fixed[s],
                        serial[s],
                        parallel[s],
                        leastMemory[s],
                        settings,
                        0);
                if (count > 0) {
                    builder.segment(p, q, settings, count);
                    any = true;
                }
            }
            builder.endOf(p);
        }
        return any ? builder.build() : null;
    }
}
