package dev.purser.research.dispatcher;

import static org.assertj.core.api.Assertions.assertThat;

import dev.purser.core.policy.Dispatch;
import dev.purser.core.policy.ServiceCatalog;
import dev.purser.research.FakeView;
import dev.purser.research.Worlds;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Inception-v3 within 600 ms: c5.large takes 211 ms, p2.xlarge 145 ms for up to eight, a function of 3008 MB 470 ms. */
class WeightedTest {
    private static final int LARGE = 0;
    private static final int GPU = 4;

    private final ServiceCatalog catalog = Worlds.shipped("mark");
    private final FakeView view = new FakeView(catalog);
    private final Weighted dispatcher = dispatcher(catalog, 0);

    private static Weighted dispatcher(ServiceCatalog catalog, int memoryMb) {
        return new Weighted(new Weighted.Settings(true, memoryMb, Duration.ofMillis(5), 0.1), Worlds.context(catalog));
    }

    private Dispatch dispatch() {
        return dispatcher.dispatch(FakeView.request(0, 0), view);
    }

    private Map<Integer, Integer> turns(int requests) {
        Map<Integer, Integer> result = new HashMap<>();
        for (int i = 0; i < requests; i++) {
            assertThat(dispatch()).isInstanceOfSatisfying(Dispatch.ToFleet.class, to -> {
                assertThat(to.reason().code()).isEqualTo("weighted-turn");
                result.merge(to.fleet(), 1, Integer::sum);
            });
        }
        return result;
    }

    @Test
    void theFleetsTakeTurnsByTheirCapacityInBatches() {
        // 5 x 284 to 1 x 3320
        view.ready(LARGE, 5).ready(GPU, 1);
        Map<Integer, Integer> turns = turns(4740);
        assertThat(turns.get(LARGE)).isBetween(1419, 1421);
        assertThat(turns.get(GPU)).isBetween(3319, 3321);
    }

    @Test
    void aTurnIsNeverFarOff() {
        view.ready(LARGE, 12).ready(GPU, 1);
        // about half and half: no long run of either
        int run = 0;
        int last = -1;
        for (int i = 0; i < 500; i++) {
            int fleet = ((Dispatch.ToFleet) dispatch()).fleet();
            run = fleet == last ? run + 1 : 1;
            last = fleet;
            assertThat(run).isLessThanOrEqualTo(2);
        }
    }

    @Test
    void newInstancesCountAtOnceAndThoseGoneDoNot() {
        view.ready(LARGE, 5);
        assertThat(turns(10)).containsOnlyKeys(LARGE);
        view.ready(LARGE, 0).ready(GPU, 2);
        assertThat(turns(10)).containsOnlyKeys(GPU);
    }

    @Test
    void whereItsTurnWouldBeLateAnotherFleetTakesIt() {
        // one busy instance of each; 3 wait for the first, which is 2 services and a half of 211 ms, then one more
        view.ready(LARGE, 1, 1).ready(GPU, 1, 1).queuedForFleet(LARGE, 3);
        boolean diverted = false;
        for (int i = 0; i < 30; i++) {
            Dispatch.ToFleet to = (Dispatch.ToFleet) dispatch();
            assertThat(to.fleet()).isEqualTo(GPU);
            diverted |= to.reason().code().equals("other-fleet");
        }
        assertThat(diverted).isTrue();
    }

    @Test
    void whereAllWouldBeLateAFunctionTakesItIfItIsInTime() {
        view.ready(LARGE, 1, 1).queuedForFleet(LARGE, 50);
        assertThat(dispatch()).isInstanceOfSatisfying(Dispatch.ToFunction.class, to -> {
            assertThat(catalog.memoryOfFunction(to.function())).isEqualTo(3008);
            assertThat(to.reason().code()).isEqualTo("instances-late");
        });
        // with 1024 MB it takes 1130 ms
        Dispatch slow = dispatcher(catalog, 1024).dispatch(FakeView.request(0, 0), view);
        assertThat(slow)
                .isInstanceOfSatisfying(
                        Dispatch.ToFleet.class,
                        to -> assertThat(to.reason().code()).isEqualTo("late-everywhere"));
        Dispatch off = dispatcher.dispatch(FakeView.request(0, 0), view.offload(false, Double.POSITIVE_INFINITY));
        assertThat(off.reason().code()).isEqualTo("late-everywhere");
    }

    @Test
    void lateEverywhereMeansWhereItIsLeastLate() {
        view.ready(LARGE, 1, 1).ready(GPU, 1, 1).queuedForFleet(LARGE, 50).queuedForFleet(GPU, 100);
        view.offload(false, Double.POSITIVE_INFINITY);
        // 50 services of 211 ms against 12 of 145 ms
        for (int i = 0; i < 20; i++) {
            assertThat(((Dispatch.ToFleet) dispatch()).fleet()).isEqualTo(GPU);
        }
    }

    @Test
    void whatAnyFleetMayServeCountsInTheWait() {
        view.ready(LARGE, 1, 1).queued(0, 50);
        assertThat(dispatch()).isInstanceOf(Dispatch.ToFunction.class);
        view.queued(0, 0);
        assertThat(dispatch()).isInstanceOf(Dispatch.ToFleet.class);
    }

    @Test
    void withoutAnInstanceAFunctionAnswersOrTheQueueHolds() {
        assertThat(dispatch().reason().code()).isEqualTo("no-instance");
        ServiceCatalog alone = Worlds.catalog(
                Worlds.pool("mark"), List.of("c5.large"), List.of(), Worlds.strict(600L, "inception-v3"));
        assertThat(dispatcher(alone, 0).dispatch(FakeView.request(0, 0), new FakeView(alone)))
                .isInstanceOf(Dispatch.ToQueue.class);
        // nmt has no profile on c5.large
        assertThat(dispatcher(alone, 0).dispatch(FakeView.request(0, 2), new FakeView(alone)))
                .isInstanceOf(Dispatch.Refuse.class);
    }

    @Test
    void requestsWithoutAPromiseWaitForTheirTurn() {
        ServiceCatalog patient = Worlds.catalog(
                Worlds.pool("mark"), List.of("c5.large"), List.of(3008), Worlds.relaxed(null, "inception-v3"));
        FakeView busy = new FakeView(patient).ready(LARGE, 1, 1).queuedForFleet(LARGE, 10_000);
        assertThat(dispatcher(patient, 0).dispatch(FakeView.request(0, 0), busy))
                .isInstanceOf(Dispatch.ToFleet.class);
    }
}
