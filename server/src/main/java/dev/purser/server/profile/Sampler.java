package dev.purser.server.profile;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.function.BiConsumer;

/**
 * Measures several things by turns until each is known well enough. Nothing is measured all in a row: what the machine
 * does besides, and how warm it is, changes over minutes, and would look like a difference between the things. The order
 * of each round is drawn anew.
 */
final class Sampler {
    private static final int LEAST_ROUNDS = 5;
    private static final int LEAST_MEASUREMENTS = 30;
    private static final int MOST_MEASUREMENTS = 100_000;

    /** How long a visit is: long enough to outweigh the switch to another model, short enough for many visits. */
    private static final long VISIT_NANOS = 40_000_000;

    private final long warmUpNanos;
    private final long limitNanos;
    private final double precisionPercent;
    private final Random random;

    /**
     * @param warmUpNanos for how long each thing is measured for nothing
     * @param limitNanos when to end at the latest, from the end of the warm-up, however little is known
     * @param precisionPercent half the width of the median's 95 % confidence interval that is enough, in percent
     */
    Sampler(long warmUpNanos, long limitNanos, double precisionPercent, long seed) {
        this.warmUpNanos = warmUpNanos;
        this.limitNanos = limitNanos;
        this.precisionPercent = precisionPercent;
        random = new Random(seed);
    }

    /** The measurements of one thing so far. */
    private static final class Samples {
        private final Probe probe;
        private double[] ms = new double[256];
        private int n;
        private int visits;
        private boolean settled;

        Samples(Probe probe) {
            this.probe = probe;
        }

        void visit() {
            double[] more = probe.measure(VISIT_NANOS);
            if (n + more.length > ms.length) {
                ms = Arrays.copyOf(ms, Math.max(2 * ms.length, n + more.length));
            }
            System.arraycopy(more, 0, ms, n, more.length);
            n += more.length;
            visits++;
        }

        Timing timing() {
            return Timing.of(Arrays.copyOf(ms, n));
        }
    }

    /**
     * Measures.
     *
     * @param probes what to measure
     * @param progress is told how many are known well enough, and what share of the time is gone
     * @return a timing of each, in their order; those that the time did not do for have a wider interval
     */
    List<Timing> measure(List<? extends Probe> probes, BiConsumer<Integer, Double> progress) {
        List<Samples> all = new ArrayList<>();
        for (Probe probe : probes) {
            long end = System.nanoTime() + warmUpNanos;
            do {
                probe.measure(Math.max(1, Math.min(VISIT_NANOS, warmUpNanos)));
            } while (System.nanoTime() - end < 0);
            all.add(new Samples(probe));
        }
        long start = System.nanoTime();
        List<Samples> open = new ArrayList<>(all);
        while (!open.isEmpty()) {
            Collections.shuffle(open, random);
            open.forEach(Samples::visit);
            for (Samples samples : open) {
                samples.settled = samples.visits >= LEAST_ROUNDS
                        && samples.n >= LEAST_MEASUREMENTS
                        && (samples.n >= MOST_MEASUREMENTS || samples.timing().intervalPercent() <= precisionPercent);
            }
            open.removeIf(samples -> samples.settled);
            long elapsed = System.nanoTime() - start;
            progress.accept(all.size() - open.size(), Math.min(1.0, (double) elapsed / limitNanos));
            if (elapsed >= limitNanos) {
                break;
            }
        }
        return all.stream().map(Samples::timing).toList();
    }
}
