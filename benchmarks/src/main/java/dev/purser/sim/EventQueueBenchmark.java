package dev.purser.sim;

import java.util.concurrent.TimeUnit;
import org.apache.commons.rng.sampling.distribution.ZigguratSampler;
import org.apache.commons.rng.simple.RandomSource;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * The hold model: the next event is taken and another added, an exponential time later, so that the queue keeps its size.
 * In this package because the queue is the simulator's own.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(2)
public class EventQueueBenchmark {
    private static final int GAPS = 1 << 16;

    @Param({"16", "256", "4096"})
    private int events;

    private final EventQueue queue = new EventQueue();
    private final long[] gap = new long[GAPS];
    private int next;

    /** Fills the queue. */
    @Setup
    public void fill() {
        ZigguratSampler.Exponential exponential =
                ZigguratSampler.Exponential.of(RandomSource.XO_RO_SHI_RO_128_PP.create(1));
        for (int i = 0; i < GAPS; i++) {
            gap[i] = (long) (exponential.sample() * 1e9);
        }
        for (int i = 0; i < events; i++) {
            queue.add(gap[i], 0, i);
        }
    }

    /** One event taken and one added. */
    @Benchmark
    public long takeAndAdd() {
        long now = queue.nextTime();
        int row = EventQueue.row(queue.take());
        next = (next + 1) & (GAPS - 1);
        return queue.add(now + gap[next], 0, row);
    }
}
