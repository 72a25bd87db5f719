package dev.purser.benchmarks;

import java.util.Arrays;
import org.apache.commons.rng.UniformRandomProvider;
import org.apache.commons.rng.sampling.distribution.ZigguratSampler;
import org.apache.commons.rng.simple.RandomSource;

/**
 * What a simulation of these loads costs at the least: a binary heap of primitives, a queue or a stack, and a few sums.
 * No policy, no bill, no percentiles, and nothing can be changed. It is the yardstick for the engine, and a second opinion
 * on the check values.
 */
final class BareLoop {
    private final ZigguratSampler.Exponential exponential;
    private double[] end = new double[1024];
    private int busy;

    private BareLoop(long seed) {
        UniformRandomProvider random = RandomSource.XO_RO_SHI_RO_128_PP.create(seed);
        exponential = ZigguratSampler.Exponential.of(random);
    }

    /**
     * M/M/c with one queue.
     *
     * @return the mean wait in seconds
     */
    static double meanWait(long requests, double rate, int servers, double meanService, long seed) {
        return new BareLoop(seed).queue(requests, rate, servers, meanService);
    }

    private double queue(long requests, double rate, int servers, double meanService) {
        double[] waiting = new double[1 << 16];
        int head = 0;
        int length = 0;
        double wait = 0;
        double next = exponential.sample() / rate;
        for (long arrived = 0; arrived < requests; ) {
            if (busy == 0 || next <= end[0]) {
                arrived++;
                if (busy < servers) {
                    add(next + exponential.sample() * meanService);
                } else {
                    if (length == waiting.length) {
                        throw new IllegalStateException("more than " + length + " requests wait");
                    }
                    waiting[(head + length++) & (waiting.length - 1)] = next;
                }
                next += exponential.sample() / rate;
            } else {
                double now = end[0];
                take();
                if (length > 0) {
                    wait += now - waiting[head];
                    head = (head + 1) & (waiting.length - 1);
                    length--;
                    add(now + exponential.sample() * meanService);
                }
            }
        }
        return wait / requests;
    }

    /**
     * What became of a load on sandboxes.
     *
     * @param coldShare share of the requests that found no idle sandbox
     * @param meanSandboxes sandboxes that existed, on average; without the first tenth of the requests, for at the start
     *     there is none, and the first second of a high rate starts many
     */
    record Sandboxes(double coldShare, double meanSandboxes) {}

    /**
     * One request to a sandbox, the newest idle one first; idle sandboxes are reclaimed after their keep-alive. Times in
     * seconds; a request beyond the cap is lost.
     */
    static Sandboxes sandboxes(
            long requests, double rate, double meanWarm, double meanCold, double keepAlive, int cap, long seed) {
        return new BareLoop(seed).serve(requests, rate, meanWarm, meanCold, keepAlive, cap);
    }

    private Sandboxes serve(long requests, double rate, double meanWarm, double meanCold, double keepAlive, int cap) {
        // newest idle first makes the idle ones a stack, whose bottom has been idle longest and expires first
        double[] idleSince = new double[Integer.highestOneBit(cap) * 2];
        int mask = idleSince.length - 1;
        int bottom = 0;
        int idle = 0;
        long cold = 0;
        double sandboxSeconds = 0;
        double changed = 0;
        double from = 0;
        double next = exponential.sample() / rate;
        for (long arrived = 0; arrived < requests; ) {
            double expiry = idle == 0 ? Double.POSITIVE_INFINITY : idleSince[bottom] + keepAlive;
            double finish = busy == 0 ? Double.POSITIVE_INFINITY : end[0];
            if (expiry < next && expiry < finish) {
                sandboxSeconds += (idle + busy) * (expiry - changed);
                changed = expiry;
                bottom = (bottom + 1) & mask;
                idle--;
            } else if (finish < next) {
                take();
                idleSince[(bottom + idle++) & mask] = finish;
            } else {
                arrived++;
                if (idle > 0) {
                    idle--;
                    add(next + exponential.sample() * meanWarm);
                } else if (busy < cap) {
                    sandboxSeconds += busy * (next - changed);
                    changed = next;
                    cold++;
                    add(next + exponential.sample() * meanCold);
                }
                if (arrived == requests / 10) {
                    sandboxSeconds = 0;
                    changed = next;
                    from = next;
                }
                next += exponential.sample() / rate;
            }
        }
        return new Sandboxes((double) cold / requests, sandboxSeconds / (changed - from));
    }

    private void add(double at) {
        if (busy == end.length) {
            end = Arrays.copyOf(end, busy * 2);
        }
        int hole = busy++;
        while (hole > 0 && end[(hole - 1) >> 1] > at) {
            end[hole] = end[(hole - 1) >> 1];
            hole = (hole - 1) >> 1;
        }
        end[hole] = at;
    }

    private void take() {
        double at = end[--busy];
        int hole = 0;
        int child = 1;
        while (child < busy) {
            if (child + 1 < busy && end[child + 1] < end[child]) {
                child++;
            }
            if (end[child] >= at) {
                break;
            }
            end[hole] = end[child];
            hole = child;
            child = 2 * hole + 1;
        }
        end[hole] = at;
    }
}
