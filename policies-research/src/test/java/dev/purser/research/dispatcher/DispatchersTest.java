package dev.purser.research.dispatcher;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.purser.core.InputException;
import dev.purser.core.policy.Dispatch;
import dev.purser.core.policy.Dispatcher;
import dev.purser.core.policy.QueueOrder;
import dev.purser.core.policy.ServiceCatalog;
import dev.purser.research.FakeView;
import dev.purser.research.Worlds;
import dev.purser.spi.NoSettings;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** One variant on c5.large (2 slots, 8 requests/s) and in functions; classes strict 1 s, relaxed 20 s, relaxed for ever. */
class DispatchersTest {
    private static final Duration ALLOWANCE = Duration.ofMillis(50);
    private static final List<Integer> MEMORY = List.of(256, 512, 1024, 2048, 3008);
    private static final int STRICT = 0;
    private static final int RELAXED = 1;
    private static final int PATIENT = 2;

    private final ServiceCatalog catalog = world(List.of("c5.large"), List.of(512, 1024, 2048));
    private final FakeView view = new FakeView(catalog);

    private static ServiceCatalog world(List<String> types, List<Integer> memory) {
        return Worlds.catalog(
                Worlds.pool("spock-single"),
                types,
                memory,
                Worlds.strict(1000L, null),
                Worlds.relaxed(20_000L, null),
                Worlds.relaxed(null, null));
    }

    private static Dispatcher latencyAware(ServiceCatalog catalog, boolean guard) {
        return new LatencyAware(new LatencyAware.Settings(guard, 0, ALLOWANCE), Worlds.context(catalog));
    }

    private static Dispatcher overflow(ServiceCatalog catalog) {
        return new Overflow(new FunctionSettings(0, ALLOWANCE), Worlds.context(catalog));
    }

    private static Dispatcher functionsOnly(ServiceCatalog catalog, int memoryMb) {
        return new FunctionsOnly(new FunctionSettings(memoryMb, ALLOWANCE), Worlds.context(catalog));
    }

    private static Dispatcher instancesOnly(ServiceCatalog catalog) {
        return new InstancesOnly(new NoSettings(), Worlds.context(catalog));
    }

    private Dispatch dispatch(Dispatcher dispatcher, int requestClass) {
        return dispatcher.dispatch(FakeView.request(requestClass, 0), view);
    }

    private static void expect(Dispatch dispatch, Class<? extends Dispatch> where, String code) {
        assertThat(dispatch).isInstanceOf(where);
        assertThat(dispatch.reason().code()).isEqualTo(code);
    }

    @Nested
    class AFreeSlot {
        @Test
        void isTakenByEveryoneWhoUsesInstances() {
            view.ready(0, 1, 1);
            for (Dispatcher dispatcher :
                    List.of(latencyAware(catalog, false), overflow(catalog), instancesOnly(catalog))) {
                expect(dispatch(dispatcher, STRICT), Dispatch.ToInstance.class, "free-slot");
                expect(dispatch(dispatcher, RELAXED), Dispatch.ToInstance.class, "free-slot");
            }
            expect(dispatch(functionsOnly(catalog, 0), STRICT), Dispatch.ToFunction.class, "no-free-slot");
        }

        @Test
        void isTakenOnTheCheapestTypeThatHasOne() {
            // caffenet: c5.large 0.085 x 32 ms is cheaper a request than c5.xlarge 0.17 x 20 ms
            ServiceCatalog two = Worlds.catalog(
                    Worlds.pool("inferall-mxnet"),
                    List.of("c5.xlarge", "c5.large"),
                    MEMORY,
                    Worlds.strict(1500L, "caffenet"));
            FakeView own = new FakeView(two).ready(0, 1).ready(1, 1);
            Dispatcher dispatcher = overflow(two);
            assertThat(dispatcher.dispatch(FakeView.request(0, 0), own))
                    .isInstanceOfSatisfying(
                            Dispatch.ToInstance.class,
                            to -> assertThat(to.fleet()).isEqualTo(1));
            own.ready(1, 1, 1);
            assertThat(dispatcher.dispatch(FakeView.request(0, 0), own))
                    .isInstanceOfSatisfying(
                            Dispatch.ToInstance.class,
                            to -> assertThat(to.fleet()).isZero());
        }
    }

    @Nested
    class WithoutAFreeSlot {
        @Test
        void instancesOnlyQueues() {
            expect(dispatch(instancesOnly(catalog), STRICT), Dispatch.ToQueue.class, "no-free-slot");
        }

        @Test
        void overflowSendsEverythingToAFunction() {
            expect(dispatch(overflow(catalog), STRICT), Dispatch.ToFunction.class, "no-free-slot");
            expect(dispatch(overflow(catalog), RELAXED), Dispatch.ToFunction.class, "no-free-slot");
            view.offload(false, 1);
            expect(dispatch(overflow(catalog), STRICT), Dispatch.ToFunction.class, "no-free-slot");
        }

        @Test
        void paragonSendsStrictRequestsToAFunctionAndLetsRelaxedOnesWait() {
            Dispatcher paragon = latencyAware(catalog, false);
            assertThat(paragon.queueOrder()).isEqualTo(QueueOrder.STRICT_FIRST);
            expect(dispatch(paragon, STRICT), Dispatch.ToFunction.class, "no-free-slot");
            expect(dispatch(paragon, RELAXED), Dispatch.ToQueue.class, "relaxed");
            expect(dispatch(paragon, PATIENT), Dispatch.ToQueue.class, "relaxed");
        }

        @Test
        void inAStaticPeriodStrictRequestsWaitToo() {
            view.offload(false, 1000);
            Dispatcher paragon = latencyAware(catalog, false);
            expect(dispatch(paragon, STRICT), Dispatch.ToQueue.class, "functions-off");
            expect(dispatch(paragon, RELAXED), Dispatch.ToQueue.class, "relaxed");
        }
    }

    @Test
    void aFlashCrowdIsSeenWithinASecond() {
        Dispatcher paragon = latencyAware(catalog, false);
        view.offload(false, 20);
        // second 0: 20 requests, which is not above the limit; second 1: 21, known from the first request of second 2
        // on
        for (int i = 0; i < 20; i++) {
            expect(dispatch(paragon, STRICT), Dispatch.ToQueue.class, "functions-off");
        }
        for (int i = 0; i < 21; i++) {
            view.at(1 + i / 100.0);
            expect(
                    dispatch(paragon, i % 2 == 0 ? RELAXED : STRICT),
                    Dispatch.ToQueue.class,
                    i % 2 == 0 ? "relaxed" : "functions-off");
        }
        view.at(2);
        expect(dispatch(paragon, STRICT), Dispatch.ToFunction.class, "no-free-slot");
        expect(dispatch(paragon, RELAXED), Dispatch.ToQueue.class, "relaxed");
        // 2 requests in 10 s: it is over
        view.at(12);
        expect(dispatch(paragon, STRICT), Dispatch.ToQueue.class, "functions-off");
    }

    @Nested
    class TheGuard {
        private final Dispatcher guarded = latencyAware(catalog, true);

        @Test
        void offloadsWhatWouldBeLate() {
            // two instances serve 16/s: with 312 waiting, 313/16 = 19.5625 s + 0.25 s + 0.05 s is within 20 s; with 315
            // 316/16 = 19.75 s is not
            view.ready(0, 2, 4).queued(0, 312);
            expect(dispatch(guarded, RELAXED), Dispatch.ToQueue.class, "relaxed");
            view.queued(0, 314);
            expect(dispatch(guarded, RELAXED), Dispatch.ToQueue.class, "relaxed");
            view.queued(0, 315);
            expect(dispatch(guarded, RELAXED), Dispatch.ToFunction.class, "no-free-slot");
            expect(dispatch(latencyAware(catalog, false), RELAXED), Dispatch.ToQueue.class, "relaxed");
        }

        @Test
        void offloadsWhereNoInstanceIsReady() {
            view.pending(0, 3);
            expect(dispatch(guarded, RELAXED), Dispatch.ToFunction.class, "no-free-slot");
        }

        @Test
        void letsAPatientRequestWaitForAnInstanceButNotForNone() {
            view.ready(0, 1, 2).queued(0, 1_000_000);
            expect(dispatch(guarded, PATIENT), Dispatch.ToQueue.class, "relaxed");
            view.ready(0, 0).pending(0, 1);
            expect(dispatch(guarded, PATIENT), Dispatch.ToQueue.class, "relaxed");
            view.pending(0, 0);
            expect(dispatch(guarded, PATIENT), Dispatch.ToFunction.class, "no-free-slot");
        }
    }

    @Nested
    class WhereAResourceIsMissing {
        @Test
        void withoutFunctionsRequestsWait() {
            ServiceCatalog alone = world(List.of("c5.large"), List.of());
            FakeView own = new FakeView(alone);
            for (Dispatcher dispatcher : List.of(latencyAware(alone, true), overflow(alone))) {
                expect(dispatcher.dispatch(FakeView.request(STRICT, 0), own), Dispatch.ToQueue.class, "no-function");
            }
            Dispatch refused = functionsOnly(alone, 0).dispatch(FakeView.request(STRICT, 0), own);
            expect(refused, Dispatch.Refuse.class, "no-place");
        }

        @Test
        void withoutInstanceTypesFunctionsServeWhateverThePlanSays() {
            ServiceCatalog alone = world(List.of(), MEMORY);
            FakeView own = new FakeView(alone).offload(false, 1000);
            for (Dispatcher dispatcher :
                    List.of(latencyAware(alone, false), overflow(alone), functionsOnly(alone, 0))) {
                for (int c : new int[] {STRICT, RELAXED, PATIENT}) {
                    expect(dispatcher.dispatch(FakeView.request(c, 0), own), Dispatch.ToFunction.class, "no-free-slot");
                }
            }
            expect(instancesOnly(alone).dispatch(FakeView.request(STRICT, 0), own), Dispatch.Refuse.class, "no-place");
        }

        @Test
        void aVariantThatFitsNowhereIsRefused() {
            // vgg16 needs 3008 MB
            ServiceCatalog small = Worlds.catalog(
                    Worlds.pool("inferall-mxnet"), List.of(), List.of(1024), Worlds.strict(1500L, "squeezenet"));
            int vgg = small.workload().application().pool().indexOf("vgg16");
            for (Dispatcher dispatcher : List.of(
                    latencyAware(small, false), overflow(small), functionsOnly(small, 1024), instancesOnly(small))) {
                expect(
                        dispatcher.dispatch(FakeView.request(0, vgg), new FakeView(small)),
                        Dispatch.Refuse.class,
                        "no-place");
            }
        }
    }

    /**
     * GB-seconds a request, at 100 ms rounding and a GB of 1024 MB: inception 0.525, 0.45, 0.4, 0.6, 0.5875 from 256 to
     * 3008 MB; squeezenet 0.2, 0.2, 0.2, 0.2, 0.29375; caffenet 0.3, 0.4, 0.5875 from 1024 MB; resnet200 2, 2.35 from
     * 2048 MB. From the bound 50 ms are taken off.
     */
    @ParameterizedTest
    @CsvSource({
        "inception,20000,1024",
        "inception,430,1024",
        "inception,429,3008",
        "inception,194,3008",
        "inception,100,3008",
        "squeezenet,20000,256",
        "squeezenet,810,256",
        "squeezenet,809,512",
        "squeezenet,385,512",
        "squeezenet,384,1024",
        "squeezenet,210,1024",
        "squeezenet,209,2048",
        "squeezenet,135,2048",
        "squeezenet,134,3008",
        "squeezenet,60,3008",
        "caffenet,300,1024",
        "caffenet,299,2048",
        "caffenet,189,3008",
        "resnet200,1010,2048",
        "resnet200,1009,3008",
        "vgg16,20000,3008"
    })
    void memoryIsTheCheapestThatKeepsTheBound(String variant, long boundMs, int memoryMb) {
        ServiceCatalog inferall = Worlds.catalog(
                Worlds.pool("inferall-mxnet"), List.of("c5.large"), MEMORY, Worlds.strict(boundMs, variant));
        int v = inferall.namedVariant(0);
        for (Dispatcher dispatcher :
                List.of(latencyAware(inferall, false), overflow(inferall), functionsOnly(inferall, 0))) {
            Dispatch dispatch = dispatcher.dispatch(FakeView.request(0, v), new FakeView(inferall));
            assertThat(dispatch).isInstanceOfSatisfying(Dispatch.ToFunction.class, to -> {
                assertThat(inferall.variantOfFunction(to.function())).isEqualTo(v);
                assertThat(inferall.memoryOfFunction(to.function())).isEqualTo(memoryMb);
            });
        }
    }

    @Test
    void memoryCanBeFixed() {
        Dispatch dispatch = dispatch(functionsOnly(catalog, 2048), STRICT);
        assertThat(dispatch)
                .isInstanceOfSatisfying(
                        Dispatch.ToFunction.class,
                        to -> assertThat(catalog.memoryOfFunction(to.function()))
                                .isEqualTo(2048));
    }

    @Test
    void aFixedMemoryThatTheWorkloadLacksIsAMistake() {
        assertThatThrownBy(() -> functionsOnly(catalog, 1536))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("functions.memoryMb")
                .hasMessageContaining("has no size of 1536 MB")
                .hasMessageContaining("one of [512, 1024, 2048]");
    }

    @Test
    void aFixedMemoryThatIsTooSmallForAVariantLeavesItToTheQueue() {
        ServiceCatalog inferall = Worlds.catalog(
                Worlds.pool("inferall-mxnet"), List.of("c5.large"), MEMORY, Worlds.strict(1500L, "vgg16"));
        Dispatcher fixed = new Overflow(new FunctionSettings(1024, ALLOWANCE), Worlds.context(inferall));
        expect(
                fixed.dispatch(FakeView.request(0, inferall.namedVariant(0)), new FakeView(inferall)),
                Dispatch.ToQueue.class,
                "no-function");
    }
}
