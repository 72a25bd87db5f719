package dev.purser.partitioner.plan;

import java.util.Arrays;
import java.util.stream.IntStream;

/**
 * Partial chains, layer by layer of the number of their segments. Of those that reach a position with as many segments only
 * those stay that no other undercuts in both measures; of equals, the one whose ends and memories come first.
 */
final class Labels {
    private final int positions;
    private long[] f = new long[1024];
    private long[] g = new long[1024];
    private int[] parent = new int[1024];
    private int[] memory = new int[1024];
    private int[] at = new int[1024];
    /** How a label's ends and memories rank among those of its layer. */
    private int[] rank = new int[1024];

    private final int[][] from;
    private int layer;
    private int count;
    private int open;

    Labels(int layers, int last) {
        positions = last + 1;
        from = new int[layers + 1][positions + 1];
        at[0] = 0;
        parent[0] = -1;
        count = 1;
        open = 1;
        Arrays.fill(from[0], 1, positions + 1, 1);
    }

    int from(int segments, int position) {
        return from[segments][position];
    }

    int to(int segments, int position) {
        return from[segments][position + 1];
    }

    long f(int label) {
        return f[label];
    }

    long g(int label) {
        return g[label];
    }

    void add(int position, long sumF, long sumG, int from, int setting) {
        if (count == f.length) {
            if (count >= ChainSearch.MAXIMUM_LABELS) {
                throw new UnsupportedOperationException("more than " + ChainSearch.MAXIMUM_LABELS
                        + " partial plans are worth a look\nMaybe: a coarser memory step, or fewer cuts");
            }
            int length = count * 2;
            f = Arrays.copyOf(f, length);
            g = Arrays.copyOf(g, length);
            parent = Arrays.copyOf(parent, length);
            memory = Arrays.copyOf(memory, length);
            at = Arrays.copyOf(at, length);
            rank = Arrays.copyOf(rank, length);
        }
        f[count] = sumF;
        g[count] = sumG;
        parent[count] = from;
        memory[count] = setting;
        at[count++] = position;
    }

    /** Ends a layer: drops what was added since the last one and is undercut. */
    void close() {
        Integer[] order = IntStream.range(open, count).boxed().toArray(Integer[]::new);
        Arrays.sort(order, (x, y) -> {
            int by = Integer.compare(at[x], at[y]);
            by = by != 0 ? by : Long.compare(f[x], f[y]);
            by = by != 0 ? by : Long.compare(g[x], g[y]);
            by = by != 0 ? by : Integer.compare(rank[parent[x]], rank[parent[y]]);
            return by != 0 ? by : Integer.compare(memory[x], memory[y]);
        });
        int kept = 0;
        for (int i = 0; i < order.length; i++) {
            int label = order[i];
            if (kept == 0 || at[order[kept - 1]] != at[label] || g[label] < g[order[kept - 1]]) {
                order[kept++] = label;
            }
        }
        take(order, kept);
        Integer[] byPlan = IntStream.range(open, count).boxed().toArray(Integer[]::new);
        Arrays.sort(byPlan, (x, y) -> {
            int by = Integer.compare(rank[parent[x]], rank[parent[y]]);
            by = by != 0 ? by : Integer.compare(at[x], at[y]);
            return by != 0 ? by : Integer.compare(memory[x], memory[y]);
        });
        int[] ranks = new int[byPlan.length];
        for (int i = 0; i < byPlan.length; i++) {
            ranks[byPlan[i] - open] = i;
        }
        System.arraycopy(ranks, 0, rank, open, ranks.length);
        layer++;
        int label = open;
        for (int position = 0; position <= positions; position++) {
            while (position > 0 && label < count && at[label] < position) {
                label++;
            }
            from[layer][position] = label;
        }
        open = count;
    }

    private void take(Integer[] order, int kept) {
        long[] keptF = new long[kept];
        long[] keptG = new long[kept];
        int[] keptParent = new int[kept];
        int[] keptMemory = new int[kept];
        int[] keptAt = new int[kept];
        for (int i = 0; i < kept; i++) {
            keptF[i] = f[order[i]];
            keptG[i] = g[order[i]];
            keptParent[i] = parent[order[i]];
            keptMemory[i] = memory[order[i]];
            keptAt[i] = at[order[i]];
        }
        System.arraycopy(keptF, 0, f, open, kept);
        System.arraycopy(keptG, 0, g, open, kept);
        System.arraycopy(keptParent, 0, parent, open, kept);
        System.arraycopy(keptMemory, 0, memory, open, kept);
        System.arraycopy(keptAt, 0, at, open, kept);
        count = open + kept;
    }

    /** The chain that a label ends. */
    ChainSearch.Chain chain(int label) {
        int[] stops = new int[layerOf(label)];
        int[] memories = new int[stops.length];
        int i = stops.length;
        for (int at = label; parent[at] >= 0; at = parent[at]) {
            i--;
            stops[i] = this.at[at];
            memories[i] = memory[at];
        }
        return new ChainSearch.Chain(f[label], g[label], stops, memories);
    }

    private int layerOf(int label) {
        int segments = 0;
        for (int at = label; parent[at] >= 0; at = parent[at]) {
            segments++;
        }
        return segments;
    }
}
