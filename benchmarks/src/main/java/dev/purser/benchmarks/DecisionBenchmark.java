package dev.purser.benchmarks;

import dev.purser.core.policy.Dispatch;
import dev.purser.core.policy.Plan;
import dev.purser.core.policy.RequestView;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** What the policies of {@code paragon} take for a decision, looking at a controller at work. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(2)
public class DecisionBenchmark {
    private final ServingWorld world = new ServingWorld();
    private final RequestView[] requests = requests(world);
    private int next;

    private static RequestView[] requests(ServingWorld world) {
        RequestView[] result = new RequestView[world.catalog().requestClasses()];
        for (int c = 0; c < result.length; c++) {
            result[c] = new ServingWorld.Request(
                    c, c, world.serving().nanos(), world.catalog().namedVariant(c));
        }
        return result;
    }

    /** Where a request goes. */
    @Benchmark
    public Dispatch dispatch() {
        next = next + 1 == requests.length ? 0 : next + 1;
        world.after(3_000_000);
        return world.dispatcher().dispatch(requests[next], world.serving());
    }

    /** What to hold of five fleets. */
    @Benchmark
    public Plan plan() {
        world.after(10_000_000_000L);
        return world.provisioner().plan(world.provisioning());
    }
}
