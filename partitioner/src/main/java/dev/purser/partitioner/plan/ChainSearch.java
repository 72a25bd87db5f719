package dev.purser.partitioner.plan;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The least {@code f} whose {@code g} keeps its bound, over chains of exactly k segments: a resource-constrained shortest
 * path (specified for AMPS-Inf as labels with bounds). Ties go to the smaller {@code g}, then to the lexicographically
 * smallest ends and memories.
 *
 * <p>Three lower bounds to the end cut labels off: the least {@code f}, the least {@code g}, and the least {@code f + x g}
 * for the multiplier x that makes the bound largest (Lagrangian relaxation; Handler and Zang 1980). The last one is a sum of
 * doubles, so it is held against the incumbent with a margin far above its rounding; the first two are exact.
 */
final class ChainSearch {
    /** How many labels are kept for one number of parts before the search gives up. */
    static final int MAXIMUM_LABELS = 20_000_000;

    static final long NONE = Long.MAX_VALUE;

    private static final double MARGIN = 1e-9;
    private static final int MAXIMUM_MULTIPLIERS = 40;

    /** A chain's measures, and where it stops with which memories. */
    static final class Chain {
        final long f;
        final long g;
        final int[] stops;
        final int[] memories;

        Chain(long f, long g, int[] stops, int[] memories) {
            this.f = f;
            this.g = g;
            this.stops = stops;
            this.memories = memories;
        }

        /** Whether a chain of more segments is no better than this one. */
        boolean beats(Chain longer) {
            return f < longer.f || (f == longer.f && g <= longer.g);
        }

        private boolean measures(Chain other) {
            return f == other.f && g == other.g;
        }
    }

    private final Problem problem;
    private final Segments segments;
    private final int n;
    private final long fMost;
    private final long gMost;
    private final int mostParts;

    /** Least f and g from each position to the end, by number of segments. */
    private long[][] leastF = {};

    private long[][] leastG = {};
    private int boundsFor;

    /** @param mostParts the most segments that will be asked for */
    ChainSearch(Problem problem, Segments segments, long fMost, long gMost, int mostParts) {
        this.problem = problem;
        this.segments = segments;
        this.fMost = fMost;
        this.gMost = gMost;
        this.mostParts = mostParts;
        n = problem.end();
    }

    /**
     * The best chain of at least and at most so many segments; null where none keeps the bounds and none is known.
     *
     * @param known the best chain of fewer segments, which is returned where none beats it
     */
    @Nullable
    Chain best(int fewest, int most, @Nullable Chain known) {
        Chain best = known;
        for (int k = fewest; k <= most; k++) {
            Chain chain = exactly(k, best);
            if (chain != null && !(best != null && best.beats(chain))) {
                best = chain;
            }
        }
        return best;
    }

    private @Nullable Chain exactly(int k, @Nullable Chain incumbent) {
        bounds(k);
        long upper = incumbent == null ? fMost : incumbent.f;
        if (leastF[k][0] == NONE || leastF[k][0] > upper || leastG[k][0] > gMost) {
            return null;
        }
        Chain low = scalar(k, true);
        if (low.g <= gMost) {
            return low;
        }
        Chain high = scalar(k, false);
        upper = Math.min(upper, high.f);
        double[] segmentBound = new double[segments.size()];
        double multiplier = 0;
        double value = 0;
        double[][] bound = {};
        for (int i = 0; i < MAXIMUM_MULTIPLIERS; i++) {
            multiplier = (double) (high.f - low.f) / (double) (low.g - high.g);
            int[] choice = segmentBounds(multiplier, segmentBound);
            bound = weighted(k, segmentBound);
            value = bound[k][0];
            Chain middle = trace(k, segmentBound, choice, bound);
            if (value >= (low.f + multiplier * low.g) * (1 - 1e-13) || middle.measures(low) || middle.measures(high)) {
                break;
            }
            if (middle.g <= gMost) {
                high = middle;
                upper = Math.min(upper, middle.f);
            } else {
                low = middle;
            }
        }
        if (value - multiplier * gMost > upper * (1 + MARGIN)) {
            return null;
        }
        return labels(k, upper, multiplier, segmentBound, bound);
    }

    /** Bounds to the end for up to k segments; they depend on k only where the layers of a part are capped. */
    private void bounds(int k) {
        boolean capped = problem.request.evenLayers();
        if (leastF.length > k && (!capped || boundsFor == k)) {
            return;
        }
        int rows = capped ? k : Math.max(k, mostParts);
        leastF = new long[rows + 1][];
        leastG = new long[rows + 1][];
        for (int r = 0; r <= rows; r++) {
            leastF[r] = new long[n + 1];
            leastG[r] = new long[n + 1];
            Arrays.fill(leastF[r], NONE);
            Arrays.fill(leastG[r], NONE);
            if (r == 0) {
                leastF[0][n] = 0;
                leastG[0][n] = 0;
                continue;
            }
            int most = capped ? problem.mostLayers(k) : Integer.MAX_VALUE;
            for (int p = 0; p < n; p++) {
                long bestF = NONE;
                long bestG = NONE;
                for (int s = segments.from[p]; s < segments.from[p + 1]; s++) {
                    int q = segments.end[s];
                    if (leastF[r - 1][q] != NONE && problem.layers(p, q) <= most) {
                        bestF = Math.min(bestF, segments.f[segments.options[s]] + leastF[r - 1][q]);
                        bestG = Math.min(bestG, segments.g[segments.options[s + 1] - 1] + leastG[r - 1][q]);
                    }
                }
                leastF[r][p] = bestF;
                leastG[r][p] = bestG;
            }
        }
        boundsFor = k;
    }

    /** The chain that is first by (f, g), or by (g, f), and then by its ends and memories. */
    private Chain scalar(int k, boolean byF) {
        long[][] first = byF ? leastF : leastG;
        int most = problem.mostLayers(k);
        long[][] second = new long[k + 1][n + 1];
        int[][] choice = new int[k + 1][n + 1];
        for (int r = 1; r <= k; r++) {
            for (int p = 0; p < n; p++) {
                long best = NONE;
                int bestSegment = -1;
                if (first[r][p] != NONE) {
                    for (int s = segments.from[p]; s < segments.from[p + 1]; s++) {
                        int q = segments.end[s];
                        if (first[r - 1][q] == NONE || problem.layers(p, q) > most) {
                            continue;
                        }
                        int option = byF ? segments.options[s] : segments.options[s + 1] - 1;
                        long primary = (byF ? segments.f : segments.g)[option];
                        if (primary + first[r - 1][q] == first[r][p]) {
                            long other = (byF ? segments.g : segments.f)[option] + second[r - 1][q];
                            if (other < best) {
                                best = other;
                                bestSegment = s;
                            }
                        }
                    }
                }
                second[r][p] = best;
                choice[r][p] = bestSegment;
            }
        }
        int[] stops = new int[k];
        int[] memories = new int[k];
        int p = 0;
        for (int i = 0; i < k; i++) {
            int s = choice[k - i][p];
            stops[i] = segments.end[s];
            memories[i] = segments.memory[byF ? segments.options[s] : segments.options[s + 1] - 1];
            p = stops[i];
        }
        return byF
                ? new Chain(first[k][0], second[k][0], stops, memories)
                : new Chain(second[k][0], first[k][0], stops, memories);
    }

    /** For each segment the least f + multiplier g; answers the option of each that has it. */
    private int[] segmentBounds(double multiplier, double[] least) {
        int[] choice = new int[least.length];
        for (int s = 0; s < least.length; s++) {
            double best = Double.POSITIVE_INFINITY;
            int chosen = -1;
            for (int o = segments.options[s]; o < segments.options[s + 1]; o++) {
                double value = segments.f[o] + multiplier * segments.g[o];
                if (value < best) {
                    best = value;
                    chosen = o;
                }
            }
            least[s] = best;
            choice[s] = chosen;
        }
        return choice;
    }

    /** The least sum of the segments' weights from each position to the end, by number of segments. */
    private double[][] weighted(int k, double[] weight) {
        int most = problem.mostLayers(k);
        double[][] least = new double[k + 1][n + 1];
        Arrays.fill(least[0], Double.POSITIVE_INFINITY);
        least[0][n] = 0;
        for (int r = 1; r <= k; r++) {
            Arrays.fill(least[r], Double.POSITIVE_INFINITY);
            for (int p = 0; p < n; p++) {
                double best = Double.POSITIVE_INFINITY;
                for (int s = segments.from[p]; s < segments.from[p + 1]; s++) {
                    double value = weight[s] + least[r - 1][segments.end[s]];
                    if (value < best && problem.layers(p, segments.end[s]) <= most) {
                        best = value;
                    }
                }
                least[r][p] = best;
            }
        }
        return least;
    }

    private Chain trace(int k, double[] weight, int[] choice, double[][] least) {
        int most = problem.mostLayers(k);
        int[] stops = new int[k];
        int[] memories = new int[k];
        long f = 0;
        long g = 0;
        int p = 0;
        for (int i = 0; i < k; i++) {
            int r = k - i;
            for (int s = segments.from[p]; s < segments.from[p + 1]; s++) {
                if (weight[s] + least[r - 1][segments.end[s]] == least[r][p]
                        && problem.layers(p, segments.end[s]) <= most) {
                    stops[i] = segments.end[s];
                    memories[i] = segments.memory[choice[s]];
                    f += segments.f[choice[s]];
                    g += segments.g[choice[s]];
                    break;
                }
            }
            p = stops[i];
        }
        return new Chain(f, g, stops, memories);
    }

    private @Nullable Chain labels(int k, long upper, double multiplier, double[] segmentBound, double[][] bound) {
        int most = problem.mostLayers(k);
        double ceiling = upper * (1 + MARGIN) + multiplier * gMost;
        Labels labels = new Labels(k, n);
        for (int r = 0; r < k; r++) {
            int left = k - r - 1;
            for (int p = 0; p < n; p++) {
                for (int label = labels.from(r, p); label < labels.to(r, p); label++) {
                    long f = labels.f(label);
                    long g = labels.g(label);
                    double weight = f + multiplier * g;
                    for (int s = segments.from[p]; s < segments.from[p + 1]; s++) {
                        int q = segments.end[s];
                        if (leastF[left][q] == NONE
                                || weight + segmentBound[s] + bound[left][q] > ceiling
                                || problem.layers(p, q) > most) {
                            continue;
                        }
                        long fRoom = upper - f - leastF[left][q];
                        long gRoom = gMost - g - leastG[left][q];
                        double room = ceiling - weight - bound[left][q];
                        // options rise in f and fall in g
                        for (int o = segments.options[s]; o < segments.options[s + 1]; o++) {
                            if (segments.f[o] > fRoom) {
                                break;
                            }
                            if (segments.g[o] <= gRoom && segments.f[o] + multiplier * segments.g[o] <= room) {
                                labels.add(q, f + segments.f[o], g + segments.g[o], label, segments.memory[o]);
                            }
                        }
                    }
                }
            }
            labels.close();
        }
        int best = labels.from(k, n);
        return best == labels.to(k, n) ? null : labels.chain(best);
    }

    /** The chains of at most so many segments that keep the bounds and that no other undercuts, by rising f. */
    List<Chain> front(int fewest, int most) {
        List<Chain> front = new ArrayList<>();
        for (int k = fewest; k <= most; k++) {
            bounds(k);
            if (leastF[k][0] == NONE || leastF[k][0] > fMost || leastG[k][0] > gMost) {
                continue;
            }
            Labels labels = new Labels(k, n);
            Staircase known = new Staircase(front);
            int mostLayers = problem.mostLayers(k);
            for (int r = 0; r < k; r++) {
                int left = k - r - 1;
                for (int p = 0; p < n; p++) {
                    for (int label = labels.from(r, p); label < labels.to(r, p); label++) {
                        for (int s = segments.from[p]; s < segments.from[p + 1]; s++) {
                            int q = segments.end[s];
                            if (leastF[left][q] == NONE || problem.layers(p, q) > mostLayers) {
                                continue;
                            }
                            long f = labels.f(label) + leastF[left][q];
                            long g = labels.g(label) + leastG[left][q];
                            int last = segments.options[s + 1] - 1;
                            if (known.undercuts(f + segments.f[segments.options[s]], g + segments.g[last])) {
                                continue;
                            }
                            for (int o = segments.options[s]; o <= last; o++) {
                                long wholeF = f + segments.f[o];
                                long wholeG = g + segments.g[o];
                                if (wholeF <= fMost && wholeG <= gMost && !known.undercuts(wholeF, wholeG)) {
                                    labels.add(
                                            q,
                                            labels.f(label) + segments.f[o],
                                            labels.g(label) + segments.g[o],
                                            label,
                                            segments.memory[o]);
                                }
                            }
                        }
                    }
                }
                labels.close();
            }
            List<Chain> all = new ArrayList<>(front);
            for (int label = labels.from(k, n); label < labels.to(k, n); label++) {
                all.add(labels.chain(label));
            }
            // stable, so that of equals the chain of fewer segments stays
            all.sort(Comparator.<Chain>comparingLong(chain -> chain.f).thenComparingLong(chain -> chain.g));
            front.clear();
            for (Chain chain : all) {
                if (front.isEmpty() || chain.g < front.getLast().g) {
                    front.add(chain);
                }
            }
        }
        return front;
    }

    /** The region that known chains undercut or equal. */
    private static final class Staircase {
        private final long[] f;
        private final long[] g;

        /** By rising f and falling g. */
        Staircase(List<Chain> chains) {
            f = chains.stream().mapToLong(chain -> chain.f).toArray();
            g = chains.stream().mapToLong(chain -> chain.g).toArray();
        }

        boolean undercuts(long atF, long atG) {
            int low = 0;
            int high = f.length;
            while (low < high) {
                int middle = (low + high) >>> 1;
                if (f[middle] <= atF) {
                    low = middle + 1;
                } else {
                    high = middle;
                }
            }
            return low > 0 && g[low - 1] <= atG;
        }
    }
}
