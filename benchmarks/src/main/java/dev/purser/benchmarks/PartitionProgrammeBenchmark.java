package dev.purser.benchmarks;

import dev.purser.core.partition.PartitionPlan;
import dev.purser.core.partition.PartitionRequest;
import dev.purser.core.partition.Partitioning;
import dev.purser.partitioner.plan.ExactPartitioner;
import dev.purser.partitioner.plan.IntegerProgramme;
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
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** What the same plan takes by the integer programme; it must be the same. */
@State(Scope.Thread)
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 1)
@Measurement(iterations = 3)
@Fork(1)
public class PartitionProgrammeBenchmark {
    @Param({"resnet50", "resnet50-slo"})
    private String problem = "resnet50";

    private PartitionRequest request = PartitionProblems.named("chain");
    private final IntegerProgramme programme = new IntegerProgramme(new IntegerProgramme.Settings(300));
    private long units;

    /** Reads the graph. */
    @Setup
    public void read() {
        request = PartitionProblems.named(problem);
    }

    /** Plans. */
    @Benchmark
    public Partitioning plan() {
        Partitioning found = programme.partition(request);
        units = found instanceof PartitionPlan plan ? plan.units() : -1;
        return found;
    }

    /** Fails the run where the optimum differs. */
    @TearDown
    public void check() {
        if (!(new ExactPartitioner().partition(request) instanceof PartitionPlan exact) || exact.units() != units) {
            throw new IllegalStateException("the programme found " + units + " units, and that is not the optimum");
        }
    }
}
