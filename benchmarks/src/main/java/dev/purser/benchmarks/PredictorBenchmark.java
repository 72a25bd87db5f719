package dev.purser.benchmarks;

import dev.purser.core.policy.Forecast;
import dev.purser.core.policy.LoadPredictor;
import dev.purser.spi.PolicyRegistry;
import dev.purser.spi.PolicySpec;
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
 * What a load predictor takes for a count and the forecast after it, quantiles and all that it learns on the way (an ARIMA's
 * fits, an ensemble's weights) included. The load is a daily wave with noise.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class PredictorBenchmark {
    private static final int DAY = 1440;

    @Param({
        "last-value",
        "moving-average",
        "ewma",
        "linear-regression",
        "sticky-maximum",
        "holt-winters",
        "seasonal-naive",
        "arima",
        "fourier",
        "mark-lstm",
        "smiless-invocations",
        "ensemble"
    })
    private String predictor = "last-value";

    @Param({"6", "50"})
    private int steps = 6;

    private LoadPredictor made = PolicyRegistry.load().loadPredictor("benchmark", PolicySpec.of("last-value"), 1);
    private final double[] counts = new double[7 * DAY];
    private int next;

    /** Makes the predictor, and feeds it with three days. */
    @Setup
    public void feed() {
        SplittableRandom random = new SplittableRandom(1);
        for (int i = 0; i < counts.length; i++) {
            double wave = 1 + 0.4 * Math.sin(2 * Math.PI * i / DAY);
            counts[i] = Math.max(0, Math.rint(6000 * wave + 80 * random.nextGaussian()));
        }
        made = PolicyRegistry.load().loadPredictor("benchmark", PolicySpec.of(predictor), 1);
        made.forecast(steps);
        for (next = 0; next < 3 * DAY; next++) {
            made.observe(counts[next]);
        }
    }

    /** A count, and the forecast after it. */
    @Benchmark
    public Forecast forecast() {
        made.observe(counts[next]);
        next = next + 1 == counts.length ? 0 : next + 1;
        return made.forecast(steps);
    }
}
