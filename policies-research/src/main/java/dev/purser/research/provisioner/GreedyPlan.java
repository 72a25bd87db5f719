package dev.purser.research.provisioner;

import java.util.Arrays;

/**
 * The greedy plan of MArk (ATC'19, Algorithm 1; {@code proactive_controller2.py} of the authors' release,
 * github.com/marcoszh/MArk-Project): as long as the load forecast for the next steps exceeds what is planned, add the
 * candidate that absorbs requests at the least cost for as long as the gap lasts. Existing instances are candidates too,
 * without the overhead of a launch and in limited number, so they win until something is cheaper all the same. Of
 * candidates with the same cost the last wins, so existing ones are to stand behind new ones.
 *
 * <p>It is the same plan as the release's, found faster. The step with the greatest gap is the same in every round, for
 * each round lowers all gaps alike; so the span of steps that the gap lasts for only shrinks, and what a candidate absorbs
 * in it is one look-up in the sorted forecasts and their sums. Where no candidate would exceed any step of the span, all
 * rounds until one would are one.
 *
 * <p>Arrays in, arrays out; nothing is allocated after the first use of a size. Not safe for use by several threads.
 */
final class GreedyPlan {
    /** Where more would be needed the plan ends short of it. */
    static final int MOST_INSTANCES = 100_000;

    private double[] sorted = {};
    private double[] sums = {};
    private int[] left = {};

    /**
     * Plans.
     *
     * @param forecast the load at each step from now on, in requests per step; finite
     * @param lookAhead how many of the first steps are to be covered; a gap that opens later is no reason to act
     * @param stepSeconds how long a step is
     * @param covered load that is served in any case, in requests per step
     * @param candidates how many candidates there are; the arrays below are at least that long
     * @param capacity requests per step that one instance of each serves; one with none is never planned
     * @param usdPerSecond what one instance costs
     * @param overheadUsd what its launch costs
     * @param quota how many may be planned
     * @param plan takes how many are planned
     * @return the load that the plan serves together with {@code covered}
     */
    double schedule(
            double[] forecast,
            int lookAhead,
            double stepSeconds,
            double covered,
            int candidates,
            double[] capacity,
            double[] usdPerSecond,
            double[] overheadUsd,
            int[] quota,
            int[] plan) {
        int steps = forecast.length;
        if (sorted.length < steps) {
            sorted = new double[steps];
            sums = new double[steps + 1];
        }
        if (left.length < candidates) {
            left = new int[candidates];
        }
        System.arraycopy(quota, 0, left, 0, candidates);
        Arrays.fill(plan, 0, candidates, 0);
        int first = 0;
        for (int k = 1; k < Math.min(lookAhead, steps); k++) {
            if (forecast[k] > forecast[first]) {
                first = k;
            }
        }
        double largest = 0;
        for (int j = 0; j < candidates; j++) {
            largest = left[j] > 0 ? Math.max(largest, capacity[j]) : largest;
        }
        double served = covered;
        int instances = 0;
        int end = -1;
        int length = 0;
        while (steps > 0 && forecast[first] > served && instances < MOST_INSTANCES) {
            int now = spanEnd(forecast, first, end < 0 ? steps : end, served);
            if (now != end) {
                end = now;
                length = end - first;
                sortSpan(forecast, first, length);
            }
            int pick = cheapest(served, length, stepSeconds, candidates, capacity, usdPerSecond, overheadUsd);
            if (pick < 0) {
                break;
            }
            int times = Math.min(left[pick], MOST_INSTANCES - instances);
            double room = sorted[0] - served - largest;
            times = room < 0 ? 1 : (int) Math.min(times, 1 + Math.floor(room / capacity[pick]));
            plan[pick] += times;
            left[pick] -= times;
            instances += times;
            served += times * capacity[pick];
        }
        return served;
    }

    /** The first step from which the load does not reach what is served. */
    private static int spanEnd(double[] forecast, int first, int before, double served) {
        int end = first + 1;
        while (end < before && forecast[end] >= served) {
            end++;
        }
        return end;
    }

    private void sortSpan(double[] forecast, int first, int length) {
        System.arraycopy(forecast, first, sorted, 0, length);
        Arrays.sort(sorted, 0, length);
        for (int k = 0; k < length; k++) {
            sums[k + 1] = sums[k] + sorted[k];
        }
    }

    private int cheapest(
            double served,
            int length,
            double stepSeconds,
            int candidates,
            double[] capacity,
            double[] usdPerSecond,
            double[] overheadUsd) {
        int pick = -1;
        double best = Double.POSITIVE_INFINITY;
        for (int j = 0; j < candidates; j++) {
            if (left[j] > 0 && capacity[j] > 0) {
                double cost = usdPerSecond[j] * length * stepSeconds + overheadUsd[j];
                // rounding must not make it nothing where loads are huge
                double usdPerRequest = cost / Math.max(absorbed(served, length, capacity[j]), Double.MIN_NORMAL);
                if (usdPerRequest <= best) {
                    best = usdPerRequest;
                    pick = j;
                }
            }
        }
        return pick;
    }

    /** The requests beyond those served that an instance takes over the span. */
    private double absorbed(double served, int length, double capacity) {
        double full = served + capacity;
        int low = 0;
        int high = length;
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (sorted[middle] <= full) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return sums[low] - low * served + capacity * (length - low);
    }
}
