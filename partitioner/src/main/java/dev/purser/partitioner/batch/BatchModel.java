package dev.purser.partitioner.batch;

/**
 * What a buffer in front of a function does to arrivals: BATCH's analytic model (Ali et al., SC'20). The first request opens a
 * batch, which goes out with its {@code limit}-th request or after {@code timeout} seconds.
 *
 * <p>Known weaknesses, which are the paper's: where a batch begins and how long it takes to fill are exact for arrivals that
 * are Poisson within a phase; within a batch size, waits are taken to be uniform; there are no cold starts and no limit on
 * concurrency. For arrivals without memory the time to fill is stated exactly, which the paper's formula does not.
 */
final class BatchModel {
    private static final double BISECTION_END = 0.01;
    private static final double LONGEST_SECONDS = 30;

    /** Chance of each batch size, from 1 on. */
    private final double[] sizes;

    private final int limit;
    private final double timeout;
    private final double fill;

    /**
     * @param limit the most requests of a batch, at least 1
     * @param timeout the longest wait, in seconds, above 0
     */
    BatchModel(MarkovArrivals arrivals, int limit, double timeout) {
        this.limit = limit;
        this.timeout = timeout;
        double rate0 = arrivals.stay0();
        double rate1 = arrivals.stay1();
        double change0 = arrivals.away0() + arrivals.leave0();
        double change1 = arrivals.away1() + arrivals.leave1();
        boolean memoryless = rate0 == rate1 && change0 == change1 && arrivals.away0() == 0 && arrivals.away1() == 0;
        double weight0 = change0 == 0 ? 1 : rate0 / change0 / Math.min(limit, Math.floor(rate0 * timeout + 1));
        double weight1 = change1 == 0 ? 1 : rate1 / change1 / Math.min(limit, Math.floor(rate1 * timeout + 1));
        fill = memoryless
                ? (limit - 1) / arrivals.rate()
                : (limit - 1) * (change0 + change1) / (rate0 * change1 + rate1 * change0);
        double first = weight0 + weight1 == 0 ? 0.5 : weight0 / (weight0 + weight1);
        sizes = sizes(arrivals, first);
    }

    /**
     * start expm(Q T) with Q the block-bidiagonal generator of "so many requests wait", its last block absorbing; by
     * uniformisation.
     */
    private double[] sizes(MarkovArrivals arrivals, double first) {
        double rate = Math.max(arrivals.out0(), arrivals.out1());
        double[] state = new double[2 * limit];
        state[0] = first;
        state[1] = 1 - first;
        double[] sum = new double[2 * limit];
        double mean = rate * timeout;
        // far enough beyond the mean that what is left out is below the rounding of what is not
        int steps = (int) Math.ceil(mean + 12 * Math.sqrt(mean) + 40);
        double logWeight = -mean;
        for (int step = 0; step <= steps; step++) {
            double weight = Math.exp(logWeight);
            for (int i = 0; i < state.length; i++) {
                sum[i] += weight * state[i];
            }
            logWeight += Math.log(mean) - Math.log(step + 1.0);
            double[] next = new double[state.length];
            next[2 * limit - 2] = state[2 * limit - 2];
            next[2 * limit - 1] = state[2 * limit - 1];
            for (int b = 0; b < limit - 1; b++) {
                double in0 = state[2 * b] / rate;
                double in1 = state[2 * b + 1] / rate;
                next[2 * b] += state[2 * b] - in0 * arrivals.out0() + in1 * arrivals.away1();
                next[2 * b + 1] += state[2 * b + 1] - in1 * arrivals.out1() + in0 * arrivals.away0();
                next[2 * b + 2] += in0 * arrivals.stay0() + in1 * arrivals.leave1();
                next[2 * b + 3] += in0 * arrivals.leave0() + in1 * arrivals.stay1();
            }
            state = next;
        }
        double[] chances = new double[limit];
        double rest = 1;
        for (int b = 0; b < limit - 1; b++) {
            chances[b] = sum[2 * b] + sum[2 * b + 1];
            rest -= chances[b];
        }
        chances[limit - 1] = Math.max(0, rest);
        return chances;
    }

    double chance(int size) {
        return sizes[size - 1];
    }

    double meanSize() {
        double mean = 0;
        for (int s = 1; s <= limit; s++) {
            mean += s * sizes[s - 1];
        }
        return mean;
    }

    /** The least size that a share of batches does not exceed. */
    int percentileSize(double share) {
        double sum = 0;
        for (int s = 1; s < limit; s++) {
            sum += sizes[s - 1];
            if (sum >= share) {
                return s;
            }
        }
        return limit;
    }

    /** The latency that a share of requests does not exceed, to a hundredth of a second; at most 30 s. */
    double percentileSeconds(double share, double[] service) {
        double low = 0;
        double high = LONGEST_SECONDS;
        while (high - low > BISECTION_END) {
            double middle = (low + high) / 2;
            if (within(middle, service) < share) {
                low = middle;
            } else {
                high = middle;
            }
        }
        return (low + high) / 2;
    }

    /** The share of requests answered within so many seconds, with the service time of each batch size. */
    private double within(double seconds, double[] service) {
        double shortest = Math.min(fill, timeout);
        if (seconds < service[0]) {
            return 0;
        }
        if (seconds > service[limit - 1] + shortest) {
            return 1;
        }
        int size = 1;
        while (size < limit && service[size] <= seconds) {
            size++;
        }
        double mean = meanSize();
        double below = 0;
        for (int s = 1; s < size; s++) {
            below += s * sizes[s - 1] / mean;
        }
        double own = size * sizes[size - 1] / mean;
        double wait = size < limit ? timeout : shortest;
        double since = seconds - service[size - 1];
        return since <= timeout && wait > 0 ? since / wait * own + below : below + own;
    }
}
