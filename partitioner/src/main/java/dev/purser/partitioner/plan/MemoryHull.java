package dev.purser.partitioner.plan;

import dev.purser.core.partition.SeparableCosts;
import org.jspecify.annotations.Nullable;

/**
 * The least {@code money * units + time * millis} that a part can have with any memory, for weights {@code money} and
 * {@code time}: bounded from below without a look at each memory setting.
 *
 * <p>With {@code a = money * memory * price + time} it is the least of {@code fixed * a + serial * a * serialPace + parallel *
 * a * parallelPace} over the settings. For one share of parallel work that is the support function of a planar point set,
 * which its convex hull answers by bisection. Between two shares the function is concave, so the chord lies below it.
 */
final class MemoryHull {
    private static final int SHARES = 16;
    private static final int BUCKETS = 32;
    private static final int BLOCK = 32;

    private final double[] a;
    private final double[] serial;
    private final double[] parallel;
    /** Whether a setting has the paces of the one before it, which is then no slower and no dearer. */
    private final boolean[] asBefore;

    private final double shareLow;
    private final double shareStep;
    private final int bucket;
    private final @Nullable Hull[][] hulls;
    private final double[] blockA;
    private final double[] blockSerial;
    private final double[] blockParallel;
    /** Twice what the rounding that the cost model is allowed can take away. */
    private final double slack;

    /** The argument of the least value of the last {@link #least}. */
    private int argument;

    private static final class Hull {
        private double[] x;
        private double[] y;
        private int[] index;
        private int size;

        Hull(double[] a, double[] serial, double[] parallel, double share, int from) {
            int n = a.length - from;
            x = new double[n];
            y = new double[n];
            index = new int[n];
            for (int m = from; m < a.length; m++) {
                double nextX = a[m];
                double nextY = (1 - share) * serial[m] + share * parallel[m];
                if (size > 0 && nextY >= y[size - 1]) {
                    continue;
                }
                if (size > 0 && nextX == x[size - 1]) {
                    size--;
                }
                while (size > 1
                        && (y[size - 1] - y[size - 2]) * (nextX - x[size - 2])
                                >= (nextY - y[size - 2]) * (x[size - 1] - x[size - 2])) {
                    size--;
                }
                x[size] = nextX;
                y[size] = nextY;
                index[size++] = m;
            }
        }

        /** The vertex of the least {@code weightX * x + weightY * y}. */
        int vertex(double weightX, double weightY) {
            int low = 0;
            int high = size - 1;
            while (low < high) {
                int middle = (low + high) >>> 1;
                if (weightX * (x[middle + 1] - x[middle]) + weightY * (y[middle + 1] - y[middle]) >= 0) {
                    high = middle;
                } else {
                    low = middle + 1;
                }
            }
            return low;
        }
    }

    /**
     * @param memories the settings in MB, rising
     * @param shareLow the least share of parallel in all work of a part
     * @param shareHigh the greatest
     */
    MemoryHull(SeparableCosts costs, int[] memories, double money, double time, double shareLow, double shareHigh) {
        int n = memories.length;
        a = new double[n];
        serial = new double[n];
        parallel = new double[n];
        asBefore = new boolean[n];
        double serialBefore = 0;
        double parallelBefore = 0;
        for (int m = 0; m < n; m++) {
            a[m] = money * memories[m] * costs.unitsPerMbMilli() + time;
            double serialPace = costs.serialPace(memories[m]);
            double parallelPace = costs.parallelPace(memories[m]);
            serial[m] = a[m] * serialPace;
            parallel[m] = a[m] * parallelPace;
            asBefore[m] = m > 0 && serialPace == serialBefore && parallelPace == parallelBefore;
            serialBefore = serialPace;
            parallelBefore = parallelPace;
        }
        this.shareLow = shareLow;
        shareStep = (shareHigh - shareLow) / SHARES;
        bucket = Math.ceilDiv(n, BUCKETS);
        hulls = new Hull[Math.ceilDiv(n, bucket)][SHARES + 1];
        int blocks = Math.ceilDiv(n, BLOCK);
        blockA = least(a, blocks);
        blockSerial = least(serial, blocks);
        blockParallel = least(parallel, blocks);
        slack = 2e-5 * a[n - 1];
    }

    private static double[] least(double[] values, int blocks) {
        double[] least = new double[blocks];
        for (int block = 0; block < blocks; block++) {
            least[block] = Double.POSITIVE_INFINITY;
            for (int m = block * BLOCK; m < Math.min(values.length, (block + 1) * BLOCK); m++) {
                least[block] = Math.min(least[block], values[m]);
            }
        }
        return least;
    }

    /**
     * A lower bound, and by {@link #argument} a setting that comes near it.
     *
     * @param leastMemory the index of the smallest setting allowed
     */
    double least(double fixedMillis, double serialMillis, double parallelMillis, int leastMemory) {
        double work = serialMillis + parallelMillis;
        double share = work == 0 ? shareLow : parallelMillis / work;
        int row = leastMemory / bucket;
        int cell = shareStep == 0 ? 0 : (int) Math.min(SHARES - 1, Math.max(0, (share - shareLow) / shareStep));
        double weight =
                shareStep == 0 ? 0 : Math.min(1, Math.max(0, (share - (shareLow + cell * shareStep)) / shareStep));
        Hull below = hull(row, cell);
        int vertex = below.vertex(fixedMillis, work);
        double value = fixedMillis * below.x[vertex] + work * below.y[vertex];
        argument = below.index[vertex];
        if (weight > 0) {
            Hull above = hull(row, cell + 1);
            int other = above.vertex(fixedMillis, work);
            value = (1 - weight) * value + weight * (fixedMillis * above.x[other] + work * above.y[other]);
            if (weight > 0.5) {
                argument = above.index[other];
            }
        }
        argument = Math.max(argument, leastMemory);
        return value - slack;
    }

    int argument() {
        return argument;
    }

    private Hull hull(int row, int cell) {
        Hull hull = hulls[row][cell];
        if (hull == null) {
            hull = new Hull(a, serial, parallel, shareLow + cell * shareStep, row * bucket);
            hulls[row][cell] = hull;
        }
        return hull;
    }

    /**
     * The settings whose bound is no greater than a ceiling.
     *
     * @param into takes their indices, rising
     * @param count how many {@code into} has already
     * @return how many it has then
     */
    int within(
            double ceiling,
            double fixedMillis,
            double serialMillis,
            double parallelMillis,
            int leastMemory,
            int[] into,
            int count) {
        int found = count;
        double most = ceiling + slack;
        for (int block = leastMemory / BLOCK; block < blockA.length; block++) {
            if (fixedMillis * blockA[block] + serialMillis * blockSerial[block] + parallelMillis * blockParallel[block]
                    > most) {
                continue;
            }
            for (int m = Math.max(leastMemory, block * BLOCK); m < Math.min(a.length, (block + 1) * BLOCK); m++) {
                if ((m == leastMemory || !asBefore[m])
                        && fixedMillis * a[m] + serialMillis * serial[m] + parallelMillis * parallel[m] <= most) {
                    into[found++] = m;
                }
            }
        }
        return found;
    }
}
