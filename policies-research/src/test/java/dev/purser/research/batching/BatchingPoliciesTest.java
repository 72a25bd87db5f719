package dev.purser.research.batching;

import static org.assertj.core.api.Assertions.assertThat;

import dev.purser.core.model.Variant;
import dev.purser.core.model.VmProfile;
import dev.purser.core.policy.Batching;
import dev.purser.core.policy.BatchingPolicy;
import dev.purser.core.policy.ServiceCatalog;
import dev.purser.research.FakeView;
import dev.purser.research.Worlds;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** One variant on c5.large: 10 ms alone, 20 ms for two, 40 ms for four, 80 ms for eight together. */
class BatchingPoliciesTest {
    private static final Duration NOTHING = Duration.ZERO;

    private final ServiceCatalog catalog = Worlds.catalog(
            Worlds.pool(new Variant(
                    "v",
                    0.7,
                    null,
                    10,
                    0,
                    Map.of("c5.large", new VmProfile(10, 1, new TreeMap<>(Map.of(2, 20.0, 4, 40.0, 8, 80.0)))),
                    null)),
            List.of("c5.large"),
            List.of(),
            Worlds.strict(100L, null));
    private final FakeView view = new FakeView(catalog).ready(0, 1).at(10);

    private Batching decide(BatchingPolicy policy, int waiting, double dueInMs) {
        return policy.batch(view.queued(0, waiting).queue(0, 10, 10 + dueInMs / 1000));
    }

    @ParameterizedTest(name = "{0} wait, one is due in {1} ms: {2} are served")
    @CsvSource({"1, 100, 1", "3, 100, 3", "20, 100, 8", "20, 50, 5", "20, 11, 1", "20, 5, 8", "20, 1e9, 8"})
    void greedyTakesAtOnceWhatTheTightestDeadlineAllows(int waiting, double dueInMs, int served) {
        Batching decision = decide(greedy(0, NOTHING), waiting, dueInMs);
        assertThat(decision.size()).isEqualTo(served);
        assertThat(decision.untilNanos()).isZero();
    }

    @Test
    void greedyHeedsItsLimitAndItsAllowance() {
        assertThat(decide(greedy(2, NOTHING), 20, 100).size()).isEqualTo(2);
        assertThat(decide(greedy(0, Duration.ofMillis(20)), 20, 60).size()).isEqualTo(4);
    }

    @Test
    void theWindowWaitsForAFullBatch() {
        Batching decision = decide(window(5), 3, 200);
        assertThat(decision.size()).isEqualTo(8);
        assertThat(decision.untilNanos()).isEqualTo(10_005_000_000L);
        assertThat(decision.reason().code()).isEqualTo("filling");
        assertThat(decide(window(5), 8, 200).reason().code()).isEqualTo("window-closed");
    }

    @Test
    void theWindowClosesBeforeTheTightestDeadlineIsLost() {
        // a full batch takes 80 ms, so it must begin within 3 ms
        assertThat(decide(window(5), 3, 83).untilNanos()).isEqualTo(10_003_000_000L);
        Batching tight = decide(window(5), 3, 25);
        assertThat(tight.untilNanos()).isZero();
        assertThat(tight.size()).isEqualTo(2);
    }

    @Test
    void theWindowClosesWhenTheFirstHasWaitedLongEnough() {
        Batching decision = window(5).batch(view.queued(0, 3).queue(0, 9.99, 20));
        assertThat(decision.size()).isEqualTo(3);
        assertThat(decision.untilNanos()).isZero();
    }

    private BatchingPolicy greedy(int maxBatch, Duration allowance) {
        return new Greedy(new Greedy.Settings(maxBatch, allowance), Worlds.context(catalog));
    }

    private BatchingPolicy window(long waitMs) {
        return new Window(new Window.Settings(0, Duration.ofMillis(waitMs), NOTHING), Worlds.context(catalog));
    }
}
