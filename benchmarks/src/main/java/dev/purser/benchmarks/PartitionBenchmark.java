package dev.purser.benchmarks;

import dev.purser.core.partition.PartitionRequest;
import dev.purser.core.partition.Partitioning;
import dev.purser.partitioner.plan.ExactPartitioner;
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

/** What an exact plan takes, reasons included. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
@Fork(1)
public class PartitionBenchmark {
    @Param({"resnet50", "resnet50-slo", "inception", "inception-slo", "chain", "chain-slo"})
    private String problem = "chain";

    private PartitionRequest request = PartitionProblems.named("chain");
    private final ExactPartitioner partitioner = new ExactPartitioner();

    /** Reads the graph. */
    @Setup
    public void read() {
        request = PartitionProblems.named(problem);
    }

    /** Plans. */
    @Benchmark
    public Partitioning plan() {
        return partitioner.partition(request);
    }
}
