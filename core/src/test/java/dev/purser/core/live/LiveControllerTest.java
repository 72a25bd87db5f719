package dev.purser.core.live;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.purser.core.InputException;
import dev.purser.core.engine.Attempt;
import dev.purser.core.engine.Controller;
import dev.purser.core.engine.ControllerSettings;
import dev.purser.core.engine.DecisionLog;
import dev.purser.core.engine.Loss;
import dev.purser.core.engine.Outcome;
import dev.purser.core.engine.PolicySet;
import dev.purser.core.engine.Ticket;
import dev.purser.core.policy.Batching;
import dev.purser.core.policy.Dispatch;
import dev.purser.core.policy.Dispatcher;
import dev.purser.core.policy.FleetTarget;
import dev.purser.core.policy.KeepAlive;
import dev.purser.core.policy.Offload;
import dev.purser.core.policy.Plan;
import dev.purser.core.policy.Reason;
import dev.purser.core.policy.Selection;
import dev.purser.core.policy.ServiceCatalog;
import dev.purser.core.pricing.PriceBooks;
import dev.purser.core.workload.RequestClass;
import dev.purser.core.workload.Slo;
import dev.purser.core.workload.Workloads;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The embedding workload on a platform whose instances answer from threads of their own. */
class LiveControllerTest {
    private static final Reason WHY = Reason.of("test", "for a test");
    private static final int INSTANCES = 3;

    private final ServiceCatalog catalog =
            new ServiceCatalog(Workloads.load("embeddings"), PriceBooks.named("us-east-1-2026"));
    private final ExecutorService threads = Executors.newFixedThreadPool(4);
    private final Map<String, List<CallListener.End>> ends = new ConcurrentHashMap<>();
    private Dispatcher dispatcher = (request, view) -> new Dispatch.ToInstance(0, WHY);

    @AfterEach
    void stopThreads() {
        threads.shutdownNow();
    }

    private LiveController<String> start(Answering platform) {
        PolicySet policies = new PolicySet(
                (request, view) -> new Selection(0, WHY),
                (request, view) -> dispatcher.dispatch(request, view),
                view -> new Plan(List.of(new FleetTarget(0, INSTANCES, WHY)), Offload.always()),
                view -> new KeepAlive(0, 0, WHY),
                view -> new Batching(4, 0, WHY));
        LiveController<String> live = new LiveController<>(
                catalog,
                policies,
                platform,
                (call, end) -> ends.merge(call, List.of(end), (a, b) -> {
                    List<CallListener.End> both = new ArrayList<>(a);
                    both.addAll(b);
                    return both;
                }),
                new ControllerSettings(Duration.ofSeconds(1), Duration.ofSeconds(30), 0, 10, 1000),
                DecisionLog.small());
        live.start();
        return live;
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void everyRequestOfManyThreadsEndsOnceWhateverInstancesAreLost(long seed) throws Exception {
        Answering platform = new Answering(seed, 0.02);
        LiveController<String> live = start(platform);
        List<CompletableFuture<Void>> clients = new ArrayList<>();
        for (int client = 0; client < 3; client++) {
            String name = "client " + client + " request ";
            clients.add(CompletableFuture.runAsync(() -> {
                for (int i = 0; i < 500; i++) {
                    live.submit(0, name + i);
                }
            }));
        }
        for (CompletableFuture<Void> client : clients) {
            client.get(20, TimeUnit.SECONDS);
        }
        await(() -> live.query(Controller::openRequests).join() == 0, "seed " + seed);
        assertThat(ends).as("seed " + seed).hasSize(1500).allSatisfy((call, times) -> {
            assertThat(times).as(call).hasSize(1);
            assertThat(times.getFirst().outcome()).isEqualTo(Outcome.ANSWERED);
            assertThat(times.getFirst().latencyNanos()).isNotNegative();
        });
        assertThat(platform.served)
                .as("each request is served for its own caller")
                .hasSizeGreaterThanOrEqualTo(1500);
        assertThat(live.close().metrics().answered()).isEqualTo(1500);
        assertThat(platform.alive).hasValue(0);
    }

    @Test
    void aPolicyThatThrowsFailsItsRequestAndNoOther() {
        dispatcher = (request, view) -> {
            if (request.number() == 1) {
                throw new IllegalStateException("cannot decide");
            }
            return new Dispatch.ToInstance(0, WHY);
        };
        LiveController<String> live = start(new Answering(1, 0));
        for (int i = 0; i < 3; i++) {
            live.submit(0, "request " + i);
        }
        await(() -> ends.size() == 3, "three ends");
        assertThat(ends.get("request 1")).extracting(CallListener.End::outcome).containsExactly(Outcome.FAILED);
        assertThat(ends.get("request 2")).extracting(CallListener.End::outcome).containsExactly(Outcome.ANSWERED);
        assertThat(ends.get("request 2").getFirst().dispatch()).isNotNull();
    }

    @Test
    void aClassOfItsOwnIsAddedOrRefusedWithTheReason() {
        LiveController<String> live = start(new Answering(1, 0));
        int added =
                live.addRequestClass(new RequestClass("mine", 1, null, slo(80))).join();
        assertThat(catalog.maxLatencyNanos(added)).isEqualTo(80_000_000);
        live.submit(added, "mine");
        await(() -> ends.containsKey("mine"), "an end");

        assertThatThrownBy(() -> live.addRequestClass(new RequestClass("absurd", 1, null, slo(1)))
                        .join())
                .hasCauseInstanceOf(InputException.class)
                .hasMessageContaining("the fastest candidate takes");
        assertThat(catalog.requestClasses()).isEqualTo(added + 1);
    }

    private static Slo slo(long ms) {
        return new Slo(Slo.Urgency.STRICT, Duration.ofMillis(ms), null, null);
    }

    private static void await(java.util.function.BooleanSupplier condition, String what) {
        long deadline = System.nanoTime() + 20_000_000_000L;
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime()).as(what).isLessThan(deadline);
            Thread.onSpinWait();
        }
    }

    /** Serves at once, on other threads; now and then an instance is lost instead. */
    private final class Answering implements LivePlatform<String> {
        private final SplittableRandom random;
        private final double lossShare;
        private final AtomicInteger alive = new AtomicInteger();
        private final List<String> served = new ArrayList<>();
        private final Map<Long, Object> instances = new ConcurrentHashMap<>();
        private LiveController<String> live;

        Answering(long seed, double lossShare) {
            random = new SplittableRandom(seed);
            this.lossShare = lossShare;
        }

        @Override
        public void attach(LiveController<String> controller) {
            live = controller;
        }

        @Override
        public void launch(long instance, int fleet) {
            Object identity = new Object();
            instances.put(instance, identity);
            alive.incrementAndGet();
            threads.execute(() -> live.report(events -> {
                if (instances.get(instance) == identity) {
                    events.instanceReady(instance, 0);
                }
            }));
        }

        @Override
        public void terminate(long instance) {
            instances.remove(instance);
            alive.decrementAndGet();
        }

        @Override
        public void execute(long attempt, int size, long instance) {
            for (int row = Ticket.row(attempt); row >= 0; row = live.nextInBatch(row)) {
                served.add(live.call(row));
            }
            Object identity = instances.get(instance);
            boolean lost = random.nextDouble() < lossShare;
            threads.execute(() -> live.report(events -> {
                if (instances.get(instance) != identity) {
                    return;
                }
                if (lost) {
                    instances.remove(instance);
                    alive.decrementAndGet();
                    events.instanceLost(instance, Loss.CRASHED, live.nanos());
                } else {
                    events.attemptEnded(attempt, Attempt.ANSWERED, false, 0);
                }
            }));
        }

        @Override
        public void invoke(long attempt, int pool) {}

        @Override
        public void keepAlive(int pool, long idleNanos) {}

        @Override
        public void prewarm(int pool, int sandboxes) {}

        @Override
        public void setTimer(long atNanos) {}

        @Override
        public long launchNanos(int fleet) {
            return 0;
        }

        @Override
        public void close() {}
    }
}
