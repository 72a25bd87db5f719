package dev.purser.benchmarks;

import dev.purser.core.engine.Attempt;
import dev.purser.core.engine.ControllerSettings;
import dev.purser.core.engine.DecisionLog;
import dev.purser.core.engine.Outcome;
import dev.purser.core.engine.Ticket;
import dev.purser.core.live.LiveController;
import dev.purser.core.live.LivePlatform;
import dev.purser.core.policy.ServiceCatalog;
import dev.purser.core.pricing.PriceBooks;
import dev.purser.core.workload.Workload;
import dev.purser.core.workload.Workloads;
import dev.purser.spi.PolicyRegistry;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
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

/**
 * What the engine costs a request that is really served: posted, decided on by a whole stack, given to an instance or a
 * function, reported as finished, posted again, ended. The platform answers at once and half of the instances are busy
 * with others, so that all of the time is the engine's.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(2)
public class LiveBenchmark {
    private static final double RATE = 300;

    /** What a request carries: whether it is ever answered. */
    private enum Kind {
        ANSWERED,
        STAYS
    }

    /** A stack for serving, and one that decides more. */
    @Param({"admission", "paragon"})
    private String stack = "";

    private long otherwise;
    private @Nullable LiveController<Kind> live;
    private int requestClasses;
    private int next;

    /** Starts the deployment and gives half of its instances a request that stays. */
    @Setup
    public void start() {
        Workload workload = Workloads.load(stack.equals("admission") ? "embeddings" : "paragon-workload-1");
        ServiceCatalog catalog = new ServiceCatalog(workload, PriceBooks.load(workload.priceBook()));
        PolicyRegistry registry = PolicyRegistry.load();
        Immediate platform = new Immediate();
        LiveController<Kind> controller = new LiveController<>(
                catalog,
                registry.create(registry.stack(stack), catalog, 1),
                platform,
                (kind, end) -> {
                    if (end.outcome() != Outcome.ANSWERED) {
                        otherwise++;
                    }
                },
                ControllerSettings.defaults().withInitialRate(RATE),
                DecisionLog.small());
        controller.start();
        requestClasses = catalog.requestClasses();
        for (int i = 0; i < platform.launched / 2; i++) {
            controller.submit(i % requestClasses, Kind.STAYS);
        }
        live = controller;
    }

    /** A refusal is quicker than an answer. */
    @TearDown
    public void allWereAnswered() {
        if (otherwise > 0) {
            throw new IllegalStateException(otherwise + " requests were not answered");
        }
    }

    /** A request from its arrival to its answer. */
    @Benchmark
    public void request() {
        next = next + 1 == requestClasses ? 0 : next + 1;
        Objects.requireNonNull(live).submit(next, Kind.ANSWERED);
    }

    /** Launches and answers at once; plans are made no further. */
    private static final class Immediate implements LivePlatform<Kind> {
        private @Nullable LiveController<Kind> live;
        private int launched;

        private LiveController<Kind> live() {
            return Objects.requireNonNull(live);
        }

        @Override
        public void attach(LiveController<Kind> controller) {
            live = controller;
        }

        @Override
        public void launch(long instance, int fleet) {
            launched++;
            live().report(events -> events.instanceReady(instance, 0));
        }

        @Override
        public void execute(long attempt, int size, long instance) {
            if (live().call(Ticket.row(attempt)) == Kind.ANSWERED) {
                live().report(events -> events.attemptEnded(attempt, Attempt.ANSWERED, false, 0));
            }
        }

        @Override
        public void invoke(long attempt, int pool) {
            if (live().call(Ticket.row(attempt)) == Kind.ANSWERED) {
                live().report(events -> events.attemptEnded(attempt, Attempt.ANSWERED, false, 1_000_000));
            }
        }

        @Override
        public long launchNanos(int fleet) {
            return 1_000_000_000;
        }

        @Override
        public void terminate(long instance) {}

        @Override
        public void keepAlive(int pool, long idleNanos) {}

        @Override
        public void prewarm(int pool, int count) {}

        @Override
        public void setTimer(long atNanos) {}

        @Override
        public void close() {}
    }
}
