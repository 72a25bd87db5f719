package dev.purser.research.provisioner;

import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
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
 * MArk's plan for 50 steps and 40 instance types, a third of which have instances that run: a noisy wave of requests, whose
 * gaps last for all sorts of times. In this package because the plan is the provisioner's own.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(2)
public class GreedyPlanBenchmark {
    private static final int STEPS = 50;
    private static final int TYPES = 40;
    private static final int CANDIDATES = 2 * TYPES;

    /** Requests per minute in the mean; the usual type serves 300 to 3000. */
    @Param({"3000", "30000", "1000000"})
    private double load = 3000;

    private final GreedyPlan greedy = new GreedyPlan();
    private final double[] forecast = new double[STEPS];
    private final double[] capacity = new double[CANDIDATES];
    private final double[] usdPerSecond = new double[CANDIDATES];
    private final double[] overheadUsd = new double[CANDIDATES];
    private final int[] quota = new int[CANDIDATES];
    private final int[] plan = new int[CANDIDATES];

    /** Draws types and forecast. */
    @Setup
    public void draw() {
        SplittableRandom random = new SplittableRandom(1);
        for (int k = 0; k < STEPS; k++) {
            forecast[k] = load * (1 + 0.3 * Math.sin(k / 8.0) + 0.1 * random.nextGaussian());
        }
        for (int i = 0; i < TYPES; i++) {
            capacity[i] = 100 + random.nextInt(3000);
            usdPerSecond[i] = capacity[i] * (0.9 + 0.2 * random.nextDouble()) * 1e-7;
            overheadUsd[i] = usdPerSecond[i] * 180;
            quota[i] = Integer.MAX_VALUE;
            capacity[TYPES + i] = capacity[i];
            usdPerSecond[TYPES + i] = usdPerSecond[i];
            quota[TYPES + i] = i % 3 == 0 ? 1 + random.nextInt(3) : 0;
        }
    }

    /** The whole plan. */
    @Benchmark
    public double schedule() {
        return greedy.schedule(forecast, 6, 60, 0, CANDIDATES, capacity, usdPerSecond, overheadUsd, quota, plan);
    }
}
