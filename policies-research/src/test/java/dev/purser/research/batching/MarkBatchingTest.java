package dev.purser.research.batching;

import static org.assertj.core.api.Assertions.assertThat;

import dev.purser.core.engine.Metrics;
import dev.purser.core.engine.PolicySet;
import dev.purser.core.engine.RunResult;
import dev.purser.core.model.Variant;
import dev.purser.core.model.VmProfile;
import dev.purser.core.policy.Batching;
import dev.purser.core.policy.ServiceCatalog;
import dev.purser.core.trace.Traces;
import dev.purser.research.FakeView;
import dev.purser.research.Worlds;
import dev.purser.sim.Simulation;
import dev.purser.sim.SimulatorSettings;
import dev.purser.spi.PolicyRegistry;
import dev.purser.spi.PolicySpec;
import dev.purser.spi.Stack;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Inception-v3 within 600 ms: p2.xlarge takes 144.6 ms for up to eight, c5.xlarge 122 ms for one and 245 for two. */
class MarkBatchingTest {
    private static final int XLARGE = 1;
    private static final int GPU = 4;

    private final ServiceCatalog catalog = Worlds.shipped("mark");
    private final FakeView view =
            new FakeView(catalog).ready(GPU, 1).ready(XLARGE, 1).at(10);
    private final MarkBatching policy = policy(catalog);

    private static MarkBatching policy(ServiceCatalog catalog) {
        return new MarkBatching(
                new MarkBatching.Settings(0.1, Duration.ofMillis(5), Duration.ofMillis(100)), Worlds.context(catalog));
    }

    /** So many wait, the first since now, and are due 600 ms after. */
    private Batching decide(int fleet, int waiting) {
        return policy.batch(view.queuedForFleet(fleet, waiting).queue(fleet, 10, 10.6));
    }

    @ParameterizedTest(name = "{0} requests/s are worth waiting for {1}")
    @CsvSource({"0, 1", "1, 1", "3, 2", "8, 4", "20, 8", "1000, 8"})
    void theRateSaysHowManyAreWorthWaitingFor(double rate, int size) {
        // p2.xlarge leaves 540 - 144.6 - 5 = 390 ms to wait; a second instance type has no share of the arrivals
        view.ready(XLARGE, 0).arrivals(0, rate * 10);
        Batching decision = decide(GPU, 1);
        assertThat(decision.size()).isEqualTo(size);
        if (size > 1) {
            assertThat(decision.untilNanos()).isBetween(10_390_000_000L, 10_391_000_000L);
        }
    }

    @Test
    void aFleetsRateIsItsShareOfTheVariants() {
        // 490 of 3810 a minute are not the GPU's, and of 9 requests/s it has 7.8
        view.arrivals(0, 90);
        assertThat(decide(GPU, 1).size()).isEqualTo(4);
        view.ready(XLARGE, 0);
        assertThat(decide(GPU, 1).size()).isEqualTo(4);
        view.ready(XLARGE, 20);
        assertThat(decide(GPU, 1).size()).isEqualTo(1);
    }

    @Test
    void batchesThatGainNothingAreNotWaitedFor() {
        view.arrivals(0, 10_000);
        Batching decision = decide(XLARGE, 5);
        assertThat(decision.size()).isEqualTo(1);
        assertThat(decision.untilNanos()).isZero();
    }

    @Test
    void whatWaitsAlreadyIsServedTogetherWhateverTheRate() {
        view.arrivals(0, 0);
        assertThat(decide(GPU, 6).size()).isEqualTo(6);
        assertThat(decide(GPU, 30).size()).isEqualTo(8);
    }

    @Test
    void aTighterDeadlineClosesTheBatchSooner() {
        view.arrivals(0, 1000);
        Batching decision = policy.batch(view.queuedForFleet(GPU, 2).queue(GPU, 10, 10.2));
        assertThat(decision.size()).isEqualTo(8);
        // 200 - 144.6 - 5 ms from now
        assertThat(decision.untilNanos()).isBetween(10_050_000_000L, 10_051_000_000L);
        assertThat(policy.batch(view.queue(GPU, 10, 10.1)).untilNanos()).isZero();
    }

    @Test
    void theSameAnswerIsGivenWhileTheSameRequestIsTheFirst() {
        view.arrivals(0, 1000);
        assertThat(decide(GPU, 2)).isSameAs(decide(GPU, 3));
        assertThat(decide(GPU, 8)).isSameAs(decide(GPU, 8));
    }

    @Test
    void batchesThatLowerTheThroughputAreNotMade() {
        ServiceCatalog worse = Worlds.catalog(
                Worlds.pool(new Variant(
                        "v",
                        0.7,
                        null,
                        10,
                        0,
                        Map.of("c5.large", new VmProfile(10, 1, new TreeMap<>(Map.of(2, 30.0, 4, 90.0)))),
                        null)),
                List.of("c5.large"),
                List.of(),
                Worlds.relaxed(null, null));
        FakeView queue = new FakeView(worse).ready(0, 1).at(10).arrivals(0, 1e6).queuedForFleet(0, 4);
        assertThat(policy(worse).batch(queue.queue(0, 10, 1e9)).size()).isEqualTo(1);
    }

    /** Whatever the state, a decision to wait ends within the promise. */
    @Test
    void noRequestIsAskedToWaitBeyondItsPromise() {
        long seed = 42;
        SplittableRandom random = new SplittableRandom(seed);
        for (int i = 0; i < 5000; i++) {
            view.arrivals(0, random.nextInt(100_000)).ready(XLARGE, random.nextInt(10));
            double oldest = 10 - random.nextDouble();
            double due = oldest + 0.6;
            int waiting = 1 + random.nextInt(12);
            Batching decision = policy.batch(view.queuedForFleet(GPU, waiting).queue(GPU, oldest, due));
            assertThat(decision.size()).as("seed %d, step %d", seed, i).isBetween(1, 8);
            if (waiting < decision.size()) {
                assertThat(decision.untilNanos())
                        .as("seed %d, step %d", seed, i)
                        .isLessThanOrEqualTo(Math.round((due - 0.1446) * 1e9));
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"inception-v3, 600", "inception-v3, 100000"})
    void aLoneRequestIsAnswered(String variant, long promiseMs) {
        ServiceCatalog gpu =
                Worlds.catalog(Worlds.pool("mark"), List.of("p2.xlarge"), List.of(), Worlds.strict(promiseMs, variant));
        PolicyRegistry registry = PolicyRegistry.load();
        Stack mark = registry.stack("mark");
        Stack fixed = new Stack(
                "one-gpu",
                "a GPU that never goes.",
                mark.modelSelector(),
                mark.dispatcher(),
                PolicySpec.of("static"),
                mark.coldStartManager(),
                mark.batchingPolicy());
        PolicySet policies = registry.create(fixed, gpu, 1);
        // a request every 100 s, where the estimate in the beginning promises many
        RunResult result = Simulation.of(gpu, policies, Traces.of("constant:rate=0.01,spacing=even,duration=30m"), 1)
                .withSettings(SimulatorSettings.ideal())
                .run();
        Metrics metrics = result.metrics();
        assertThat(metrics.arrived()).isGreaterThan(10);
        assertThat(metrics.answered()).isEqualTo(metrics.arrived());
        assertThat(metrics.violations()).isZero();
    }
}
