package dev.purser.core.engine;

import static dev.purser.core.engine.EngineFixtures.*;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.mockito.ArgumentMatchers.anyInt;
import static org.mockito.Mockito.clearInvocations;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.never;
import static org.mockito.Mockito.times;
import static org.mockito.Mockito.verify;
import static org.mockito.Mockito.verifyNoMoreInteractions;
import static org.mockito.Mockito.when;

import dev.purser.core.engine.DecisionLog.FleetDecision;
import dev.purser.core.engine.DecisionLog.PlanDecision;
import dev.purser.core.engine.DecisionLog.RequestDecision;
import dev.purser.core.engine.Timeline.Channel;
import dev.purser.core.policy.Dispatch;
import dev.purser.core.policy.Dispatcher;
import dev.purser.core.policy.FunctionView;
import dev.purser.core.policy.KeepAlive;
import dev.purser.core.policy.ModelSelector;
import dev.purser.core.policy.Plan;
import dev.purser.core.policy.ProvisioningView;
import dev.purser.core.policy.ProvisioningView.Trigger;
import dev.purser.core.policy.QueueOrder;
import dev.purser.core.policy.RequestView;
import dev.purser.core.policy.Selection;
import dev.purser.core.policy.ServiceCatalog;
import dev.purser.core.policy.ServingView;
import dev.purser.core.pricing.Bill;
import dev.purser.core.pricing.Bill.Category;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.ToLongFunction;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.mockito.InOrder;
import org.mockito.Mockito;

/**
 * The controller with a platform driven by hand. Instances and requests are named by rows, which are given out from 0
 * upwards until one is free again.
 */
class ControllerTest {
    private record Ended(long number, Outcome outcome, int variant) {}

    private final ServiceCatalog catalog = catalog();
    private final RowPlatform platform = mock(RowPlatform.class);
    private final DecisionLog log = new DecisionLog(100, 100);
    private final List<Ended> ended = new ArrayList<>();
    private final List<String> heard = new ArrayList<>();

    private ControllerSettings settings =
            new ControllerSettings(Duration.ofSeconds(10), Duration.ofSeconds(30), 0, 100, 2);
    private QueueOrder order = QueueOrder.ARRIVAL;
    private Selection selection = select(1);
    private Dispatch dispatch = toInstance(BIG_ON_XLARGE);
    private Plan plan = plan();
    private KeepAlive keepAlive = new KeepAlive(600 * SECOND, 0, WHY);
    private ToLongFunction<ProvisioningView> atPlan = view -> 0;
    private ToLongFunction<FunctionView> atKeepAlive = view -> 0;
    private final List<Long> seenAtPlan = new ArrayList<>();
    private final List<Long> seenAtKeepAlive = new ArrayList<>();
    private ServingView view;
    private long now;
    private RowPlatform.Rows rows;
    private Controller controller;

    private void start(int... fleetsAndInstances) {
        plan = plan(fleetsAndInstances);
        ModelSelector selector = new ModelSelector() {
            @Override
            public Selection select(RequestView request, ServingView serving) {
                assertThat(request.variant()).isEqualTo(Selection.NONE);
                return selection;
            }

            @Override
            public void feedback(int variant, boolean correct) {
                heard.add("feedback " + variant + " " + correct);
            }

            @Override
            public void answered(int variant, long latencyNanos) {
                heard.add("answered " + variant + " " + latencyNanos / MS + " ms");
            }
        };
        Dispatcher dispatcher = new Dispatcher() {
            @Override
            public Dispatch dispatch(RequestView request, ServingView serving) {
                return dispatch;
            }

            @Override
            public QueueOrder queueOrder() {
                return order;
            }
        };
        PolicySet policies = new PolicySet(
                selector,
                dispatcher,
                provisioning -> {
                    view = provisioning;
                    seenAtPlan.add(atPlan.applyAsLong(provisioning));
                    return plan;
                },
                function -> {
                    seenAtKeepAlive.add(atKeepAlive.applyAsLong(function));
                    return keepAlive;
                });
        rows = new RowPlatform.Rows(platform, catalog, () -> now);
        controller = new Controller(catalog, policies, rows, () -> now, this::ended, settings, log);
        rows.attach(controller);
        controller.start();
    }

    /** Starts with instances of one fleet, all of them ready. */
    private void startReady(int fleet, int instances) {
        start(fleet, instances);
        for (int i = 0; i < instances; i++) {
            rows.instanceReady(i);
        }
        clearInvocations(platform);
    }

    private void ended(int row, Outcome outcome, int variant) {
        ended.add(new Ended(controller.requestNumber(row), outcome, variant));
    }

    private void interval(int... fleetsAndInstances) {
        plan = plan(fleetsAndInstances);
        now = (now / (10 * SECOND) + 1) * 10 * SECOND;
        rows.timerFired();
    }

    private List<Integer> executed() {
        List<Integer> instances = new ArrayList<>();
        Mockito.mockingDetails(platform).getInvocations().stream()
                .filter(call -> call.getMethod().getName().equals("execute"))
                .forEach(call -> instances.add(call.getArgument(2)));
        return instances;
    }

    @Test
    void packsTheBusiestInstanceWithAFreeSlot() {
        selection = select(0);
        dispatch = toInstance(SMALL_ON_XLARGE);
        startReady(SMALL_ON_XLARGE, 2);

        for (int i = 0; i < 5; i++) {
            controller.requestArrived(STRICT);
        }
        // four slots each: the one that became ready last fills up first
        assertThat(executed()).containsExactly(1, 1, 1, 1, 0);

        // 3 busy beat 1 busy
        rows.executionFinished(0);
        controller.requestArrived(STRICT);
        assertThat(executed()).endsWith(1);

        // 1 busy beats 0 busy: the other one can become idle
        for (int row = 0; row < 4; row++) {
            rows.executionFinished(row);
        }
        controller.requestArrived(STRICT);
        assertThat(executed()).endsWith(0);
        assertThat(view.busySlots(SMALL_ON_XLARGE)).isEqualTo(2);
        assertThat(view.freeSlots(SMALL_ON_XLARGE)).isEqualTo(6);
    }

    @Nested
    class Queues {
        /** One slot is taken, then each class asks for it, a millisecond apart. */
        private List<Long> servedInOrder(QueueOrder queueOrder) {
            order = queueOrder;
            startReady(BIG_ON_XLARGE, 1);
            int running = controller.requestArrived(NAMED);
            for (int requestClass : new int[] {NAMED, RELAXED, STRICT, STRICT_SOON, RELAXED, STRICT}) {
                now += MS;
                controller.requestArrived(requestClass);
            }
            assertThat(view.queueLength(1)).isEqualTo(6);
            for (int i = 0; i < 7; i++) {
                rows.executionFinished(running);
                if (i < 6) {
                    List<org.mockito.invocation.Invocation> calls =
                            new ArrayList<>(Mockito.mockingDetails(platform).getInvocations());
                    running = calls.get(calls.size() - 1).getArgument(0);
                }
            }
            assertThat(view.queueLength(1)).isZero();
            return ended.stream().map(Ended::number).toList();
        }

        @Test
        void byArrival() {
            assertThat(servedInOrder(QueueOrder.ARRIVAL)).containsExactly(0L, 1L, 2L, 3L, 4L, 5L, 6L);
        }

        @Test
        void strictFirstThenEarliestDeadline() {
            // strict-soon is due at 504 ms, the strict ones at 1003 and 1006 ms, the relaxed ones at 10,002 and 10,005
            // ms;
            // the named one has no deadline
            assertThat(servedInOrder(QueueOrder.STRICT_FIRST)).containsExactly(0L, 4L, 3L, 6L, 2L, 5L, 1L);
        }

        @Test
        void anInstanceThatBecomesReadyTakesWhatWaits() {
            start(BIG_ON_XLARGE, 1);
            int first = controller.requestArrived(STRICT);
            controller.requestArrived(STRICT);
            verify(platform, never()).execute(anyInt(), anyInt(), anyInt());

            now = 3 * SECOND;
            rows.instanceReady(0);
            verify(platform).execute(first, 1, 0);
            assertThat(view.queueLength(1)).isEqualTo(1);
            assertThat(controller.metrics().meanInstanceWaitNanos()).isEqualTo(3 * SECOND);
        }

        @Test
        void nothingWaitsWhileAnotherFleetOfTheVariantIsFree() {
            selection = select(0);
            dispatch = toInstance(SMALL_ON_LARGE);
            startReady(SMALL_ON_XLARGE, 1);
            int sentElsewhere = controller.requestArrived(STRICT);
            dispatch = toQueue();
            int sentToQueue = controller.requestArrived(STRICT);

            verify(platform).execute(sentElsewhere, 1, 0);
            verify(platform).execute(sentToQueue, 1, 0);
        }

        @Test
        void aWaitLongerThanTheTimeoutIsRefused() {
            start();
            controller.requestArrived(STRICT);
            now = 2 * SECOND;
            controller.requestArrived(RELAXED);

            now = 20 * SECOND;
            interval();
            assertThat(ended).as("30 s are not more than 30 s").isEmpty();
            interval();
            assertThat(ended).containsExactly(new Ended(0, Outcome.REFUSED, 1), new Ended(1, Outcome.REFUSED, 1));
            assertThat(controller.metrics().refused()).isEqualTo(2);
            assertThat(controller.metrics().violations(STRICT)).isEqualTo(1);
            assertThat(controller.openRequests()).isZero();
            assertThat(view.queueLength(1)).isZero();
        }
    }

    @Nested
    class Scaling {
        @Test
        void aBusyInstanceDrainsAndThenEnds() {
            startReady(BIG_ON_XLARGE, 1);
            int request = controller.requestArrived(STRICT);
            interval(BIG_ON_XLARGE, 0);

            verify(platform, never()).terminate(anyInt());
            assertThat(view.readyInstances(BIG_ON_XLARGE)).isZero();
            assertThat(view.busySlots(BIG_ON_XLARGE)).isZero();
            int later = controller.requestArrived(STRICT);
            verify(platform, never()).execute(later, 1, 0);

            rows.executionFinished(request);
            verify(platform).terminate(0);
            assertThat(controller.aliveInstances()).isZero();
            assertThat(view.queueLength(1)).isEqualTo(1);
        }

        @Test
        void aDrainingInstanceIsTakenBackBeforeANewOneIsLaunched() {
            selection = select(0);
            dispatch = toInstance(SMALL_ON_XLARGE);
            startReady(SMALL_ON_XLARGE, 1);
            int running = controller.requestArrived(STRICT);
            interval(SMALL_ON_XLARGE, 0);
            int waiting = controller.requestArrived(STRICT);
            interval(SMALL_ON_XLARGE, 2);

            verify(platform).execute(waiting, 1, 0);
            verify(platform, times(1)).launch(anyInt(), anyInt());
            verify(platform).launch(1, SMALL_ON_XLARGE);
            assertThat(view.readyInstances(SMALL_ON_XLARGE)).isEqualTo(1);
            assertThat(view.busySlots(SMALL_ON_XLARGE)).isEqualTo(2);

            rows.executionFinished(running);
            rows.executionFinished(waiting);
            verify(platform, never()).terminate(anyInt());
            assertThat(view.busySlots(SMALL_ON_XLARGE)).isZero();
        }

        @Test
        void scaleInTakesPendingThenIdleLongestThenLeastBusy() {
            selection = select(0);
            dispatch = toInstance(SMALL_ON_XLARGE);
            startReady(SMALL_ON_XLARGE, 3);
            // 2 gets four requests, 1 gets two of which one ends, 0 stays idle since 0 s
            for (int i = 0; i < 6; i++) {
                controller.requestArrived(STRICT);
            }
            rows.executionFinished(4);
            interval(SMALL_ON_XLARGE, 5);
            rows.instanceReady(3);
            clearInvocations(platform);

            interval(SMALL_ON_XLARGE, 4);
            verify(platform).terminate(4);
            interval(SMALL_ON_XLARGE, 3);
            verify(platform).terminate(0);
            interval(SMALL_ON_XLARGE, 2);
            verify(platform).terminate(3);
            interval(SMALL_ON_XLARGE, 1);
            verify(platform, never()).terminate(1);
            rows.executionFinished(5);
            verify(platform).terminate(1);
            verify(platform, never()).terminate(2);
            assertThat(view.busySlots(SMALL_ON_XLARGE)).isEqualTo(4);
        }

        @Test
        void aFleetThatIsNotNamedKeepsWhatItHas() {
            startReady(BIG_ON_XLARGE, 2);
            interval(SMALL_ON_LARGE, 1);
            assertThat(view.readyInstances(BIG_ON_XLARGE)).isEqualTo(2);
            assertThat(view.pendingInstances(SMALL_ON_LARGE)).isEqualTo(1);
        }

        @Test
        void theLimitOnInstancesBoundsThePlanAndSaysSo() {
            settings = new ControllerSettings(Duration.ofSeconds(10), Duration.ofSeconds(30), 0, 3, 2);
            start(SMALL_ON_LARGE, 2, BIG_ON_XLARGE, 5);

            assertThat(controller.aliveInstances()).isEqualTo(3);
            FleetDecision bounded = log.plans().get(0).fleets().get(1);
            assertThat(bounded.launched()).isEqualTo(1);
            assertThat(bounded.target()).isEqualTo(5);
            assertThat(bounded.reason().code()).isEqualTo("instance-limit");
            assertThat(controller.metrics().peakInstances()).isEqualTo(3);
        }

        @Test
        void aLostInstanceGivesItsRequestsBackInTheOrderOfTheirArrival() {
            selection = select(0);
            dispatch = toInstance(SMALL_ON_LARGE);
            startReady(SMALL_ON_LARGE, 2);
            List<Integer> asked = new ArrayList<>();
            for (int i = 0; i < 6; i++) {
                asked.add(controller.requestArrived(STRICT));
            }
            // instance 1 serves 0 and 1, instance 0 serves 2 and 3; 4 and 5 wait
            assertThat(executed()).containsExactly(1, 1, 0, 0);
            clearInvocations(platform);
            plan = plan(SMALL_ON_LARGE, 2);
            now = SECOND;
            rows.instanceLost(1, Loss.CRASHED);

            assertThat(log.plans()).last().extracting(PlanDecision::trigger).isEqualTo(Trigger.LOSS);
            // the row of the lost instance is free again, and names its successor
            verify(platform).launch(1, SMALL_ON_LARGE);
            assertThat(view.queueLength(0)).isEqualTo(4);
            rows.instanceReady(1);
            rows.executionFinished(asked.get(2));
            rows.executionFinished(asked.get(3));
            InOrder inOrder = Mockito.inOrder(platform);
            inOrder.verify(platform).execute(asked.get(0), 1, 1);
            inOrder.verify(platform).execute(asked.get(1), 1, 1);
            inOrder.verify(platform).execute(asked.get(4), 1, 0);
            inOrder.verify(platform).execute(asked.get(5), 1, 0);
            assertThat(ended).hasSize(2);
            assertThat(controller.metrics().instancesStopped()).isEqualTo(1);
            // waited until 1 s: 0, 1, 4 and 5; not at all: the first beginnings of 0 to 3
            assertThat(controller.metrics().meanInstanceWaitNanos()).isEqualTo(4 * SECOND / 8.0);
        }

        @Test
        void aLaunchThatFailsIsALossToo() {
            start(BIG_ON_XLARGE, 1);
            int request = controller.requestArrived(STRICT);
            rows.instanceLost(0, Loss.CRASHED);
            verify(platform, times(2)).launch(0, BIG_ON_XLARGE);
            rows.instanceReady(0);
            verify(platform).execute(request, 1, 0);
        }

        @Test
        void aPlanAfterALossSeesTheLastWholeInterval() {
            settings = settings.withInitialRate(4);
            atPlan = provisioning -> Math.round(provisioning.arrivals(1) * 1000)
                    + Math.round(provisioning.utilisation(BIG_ON_XLARGE) * 100);
            startReady(BIG_ON_XLARGE, 1);
            rows.instanceLost(0, Loss.CRASHED);
            rows.instanceReady(0);
            int request = controller.requestArrived(STRICT);
            now = 5 * SECOND;
            rows.executionFinished(request);
            interval(BIG_ON_XLARGE, 1);
            rows.instanceLost(0, Loss.CRASHED);

            // 4 requests/s for 10 s at the start and in the first interval; then one request, for half the interval
            assertThat(seenAtPlan).containsExactly(40_000L, 40_000L, 1050L, 1050L);
        }

        @Test
        void theEstimateAtTheStartIsSharedOutAsRequestsWillBe() {
            settings = settings.withInitialRate(8);
            selection = select(0);
            atPlan = provisioning -> Math.round(provisioning.arrivals(0) * 1000 + provisioning.arrivals(1));
            start();
            // 80 an interval; one class in four names the big variant
            assertThat(seenAtPlan).containsExactly(60_020L);
            assertThat(controller.openRequests()).isZero();
            assertThat(controller.metrics().arrived()).isZero();
        }

        @Test
        void countsIdleInstances() {
            startReady(BIG_ON_XLARGE, 3);
            controller.requestArrived(STRICT);
            now = 4 * SECOND;
            rows.executionFinished(0);
            now = 10 * SECOND;
            ProvisioningView provisioning = (ProvisioningView) view;
            assertThat(provisioning.idleInstances(BIG_ON_XLARGE, 6 * SECOND)).isEqualTo(3);
            assertThat(provisioning.idleInstances(BIG_ON_XLARGE, 6 * SECOND + 1))
                    .isEqualTo(2);
            assertThat(provisioning.idleInstances(BIG_ON_XLARGE, 10 * SECOND + 1))
                    .isZero();
            when(platform.launchNanos(BIG_ON_XLARGE)).thenReturn(77L);
            assertThat(provisioning.launchNanos(BIG_ON_XLARGE)).isEqualTo(77);
            assertThat(provisioning.intervalNanos()).isEqualTo(10 * SECOND);
        }
    }

    @Nested
    class Functions {
        private void startFunctions() {
            selection = select(0);
            dispatch = toFunction(SMALL_AT_512);
            start();
            clearInvocations(platform);
        }

        @Test
        void aThrottledInvocationGoesAgainWhenOneEnds() {
            startFunctions();
            int first = controller.requestArrived(STRICT);
            int second = controller.requestArrived(STRICT);
            int third = controller.requestArrived(STRICT);
            assertThat(view.runningInvocations(SMALL_AT_512)).isEqualTo(3);
            rows.invocationThrottled(third);
            rows.invocationThrottled(second);
            assertThat(view.runningInvocations(SMALL_AT_512)).isEqualTo(1);
            clearInvocations(platform);

            rows.invocationFinished(first, true, 400 * MS);
            verify(platform).invoke(second, SMALL_AT_512);
            rows.invocationThrottled(second);
            verifyNoMoreInteractions(platform);
            assertThat(controller.metrics().throttles()).isEqualTo(3);
            assertThat(controller.metrics().coldStarts()).isEqualTo(1);
            assertThat(controller.openRequests()).isEqualTo(2);
        }

        @Test
        void anInvocationThatEndsBeforeAnotherIsKnownToBeThrottledWakesItAllTheSame() {
            startFunctions();
            int first = controller.requestArrived(STRICT);
            int second = controller.requestArrived(STRICT);
            rows.invocationFinished(first, false, 400 * MS);
            rows.invocationThrottled(second);
            verify(platform, times(2)).invoke(second, SMALL_AT_512);

            // that end has been used up, and the next look is at the end of the interval
            rows.invocationThrottled(second);
            verify(platform, times(2)).invoke(second, SMALL_AT_512);
            interval();
            verify(platform, times(3)).invoke(second, SMALL_AT_512);
            rows.invocationFinished(second, false, 400 * MS);
            assertThat(ended).hasSize(2);
        }

        @Test
        void aThrottledRequestIsRefusedInTheEnd() {
            startFunctions();
            controller.requestArrived(STRICT);
            int second = controller.requestArrived(STRICT);
            rows.invocationThrottled(second);
            now = 30 * SECOND;
            interval();
            assertThat(ended).containsExactly(new Ended(1, Outcome.REFUSED, 0));
        }

        @Test
        void keepAliveIsToldOnceAndAgainWhenItChanges() {
            keepAlive = new KeepAlive(60 * SECOND, 2, WHY);
            startFunctions();
            controller.requestArrived(STRICT);
            InOrder inOrder = Mockito.inOrder(platform);
            inOrder.verify(platform).keepAlive(SMALL_AT_512, 60 * SECOND);
            inOrder.verify(platform).prewarm(SMALL_AT_512, 2);
            inOrder.verify(platform).invoke(0, SMALL_AT_512);

            keepAlive = new KeepAlive(60 * SECOND, 0, WHY);
            interval();
            keepAlive = new KeepAlive(70 * SECOND, 0, WHY);
            interval();
            verify(platform).keepAlive(SMALL_AT_512, 70 * SECOND);
            verify(platform, times(2)).keepAlive(anyInt(), Mockito.anyLong());
            verify(platform, times(1)).prewarm(anyInt(), anyInt());
        }

        @Test
        void aThrottledInvocationCountsOnceForKeepAlive() {
            atKeepAlive = function -> function.invocations() * 100 + function.sandboxes() * 10 + function.function();
            dispatch = toFunction(SMALL_AT_1024);
            selection = select(0);
            start();
            int first = controller.requestArrived(STRICT);
            int second = controller.requestArrived(STRICT);
            rows.sandboxStarted(SMALL_AT_1024);
            rows.invocationThrottled(second);
            rows.invocationFinished(first, true, 200 * MS);
            interval();
            rows.sandboxReclaimed(SMALL_AT_1024);
            interval();
            assertThat(seenAtKeepAlive).containsExactly(1L, 211L, 1L);
            assertThat(controller.metrics().sandboxes()).isZero();
        }
    }

    @Nested
    class Mistakes {
        private void dispatches(Dispatch to, String... words) {
            dispatch = to;
            start();
            assertThatThrownBy(() -> controller.requestArrived(STRICT))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("dispatcher " + ControllerTest.class.getName())
                    .hasMessageContainingAll(words);
        }

        @Test
        void aFleetOfAnotherVariant() {
            dispatches(toInstance(SMALL_ON_LARGE), "request for big", "fleet 0", "does not serve");
        }

        @Test
        void aFleetThatDoesNotExist() {
            dispatches(toInstance(4), "fleet 4");
        }

        @Test
        void aNegativeFleet() {
            dispatches(toInstance(-1), "fleet -1");
        }

        @Test
        void aFunctionOfAnotherVariant() {
            dispatches(toFunction(SMALL_AT_1024), "request for big", "function 1", "cannot serve");
        }

        @Test
        void aFunctionTooSmallForTheVariant() {
            dispatches(toFunction(BIG_AT_512), "function 2");
        }

        @Test
        void aFunctionThatDoesNotExist() {
            dispatches(toFunction(4), "function 4");
        }

        @Test
        void aPlanForAFleetThatCannotServe() {
            assertThatThrownBy(() -> start(BIG_ON_LARGE, 1))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContainingAll("provisioner", "1 instances", "fleet 2", "cannot serve");
            assertThatThrownBy(() -> start(9, 0)).hasMessageContaining("fleet 9");
        }

        @Test
        void settingsOutOfRange() {
            Duration second = Duration.ofSeconds(1);
            assertThatThrownBy(() -> new ControllerSettings(Duration.ZERO, second, 0, 1, 1))
                    .hasMessageContaining("controlInterval");
            assertThatThrownBy(() -> new ControllerSettings(second, Duration.ZERO, 0, 1, 1))
                    .hasMessageContaining("requestTimeout");
            assertThatThrownBy(() -> new ControllerSettings(second, second, Double.NaN, 1, 1))
                    .hasMessageContaining("initialRate");
            assertThatThrownBy(() -> new ControllerSettings(second, second, 0, 0, 1))
                    .hasMessageContaining("maxInstances");
            assertThatThrownBy(() -> new ControllerSettings(second, second, 0, 1, 0))
                    .hasMessageContaining("maxLosses");
        }

        @Test
        void closingWithOpenRequests() {
            start();
            controller.requestArrived(STRICT);
            assertThatThrownBy(controller::close).hasMessageContaining("1 requests have not ended");
        }
    }

    @Nested
    class Endings {
        @Test
        void refusedByTheSelectorOrByTheDispatcher() {
            start();
            selection = select(Selection.NONE);
            controller.requestArrived(STRICT);
            selection = select(0);
            dispatch = refuse();
            controller.requestArrived(RELAXED);
            assertThat(ended).containsExactly(new Ended(0, Outcome.REFUSED, -1), new Ended(1, Outcome.REFUSED, 0));
            assertThat(controller.metrics().violations()).isEqualTo(2);
            assertThat(controller.openRequests()).isZero();
        }

        @Test
        void aRequestThatFailsFreesItsSlot() {
            startReady(BIG_ON_XLARGE, 1);
            int first = controller.requestArrived(STRICT);
            int second = controller.requestArrived(STRICT);
            rows.requestFailed(first);
            verify(platform).execute(second, 1, 0);

            interval(BIG_ON_XLARGE, 0);
            rows.requestFailed(second);
            verify(platform).terminate(0);
            assertThat(ended).containsExactly(new Ended(0, Outcome.FAILED, 1), new Ended(1, Outcome.FAILED, 1));
            assertThat(controller.metrics().failed()).isEqualTo(2);
            assertThat(controller.metrics().violations()).isEqualTo(2);
        }

        @Test
        void anInvocationThatFailsLetsAThrottledOneGo() {
            selection = select(0);
            dispatch = toFunction(SMALL_AT_512);
            start();
            int first = controller.requestArrived(STRICT);
            int second = controller.requestArrived(STRICT);
            rows.invocationThrottled(second);
            rows.requestFailed(first);
            verify(platform, times(2)).invoke(second, SMALL_AT_512);
            assertThat(view.runningInvocations(SMALL_AT_512)).isEqualTo(1);
        }

        @Test
        void aRequestThatWaitsCanBeWithdrawnAndOneThatIsServedCannot() {
            startReady(BIG_ON_XLARGE, 1);
            int served = controller.requestArrived(NAMED);
            int first = controller.requestArrived(NAMED);
            int second = controller.requestArrived(NAMED);
            assertThat(controller.withdraw(served)).isFalse();
            assertThat(controller.variant(first)).isEqualTo(1);
            assertThat(controller.withdraw(first)).isTrue();
            assertThat(ended).containsExactly(new Ended(1, Outcome.FAILED, 1));

            clearInvocations(platform);
            rows.executionFinished(served);
            verify(platform).execute(second, 1, 0);
        }

        @Test
        void aThrottledRequestCanBeWithdrawn() {
            dispatch = toFunction(SMALL_AT_512);
            selection = select(0);
            start();
            int first = controller.requestArrived(STRICT);
            int second = controller.requestArrived(STRICT);
            int third = controller.requestArrived(STRICT);
            int fourth = controller.requestArrived(STRICT);
            rows.invocationThrottled(second);
            rows.invocationThrottled(third);
            rows.invocationThrottled(fourth);
            assertThat(controller.withdraw(first)).isFalse();
            assertThat(controller.withdraw(fourth)).isTrue();
            assertThat(controller.withdraw(second)).isTrue();
            assertThat(ended).containsExactly(new Ended(3, Outcome.FAILED, 0), new Ended(1, Outcome.FAILED, 0));

            rows.invocationFinished(first, false, 400 * MS);
            verify(platform, times(2)).invoke(third, SMALL_AT_512);
            rows.invocationFinished(third, false, 400 * MS);
            assertThat(controller.openRequests()).isZero();
        }

        @Test
        void theSelectorHearsOfAnswersAndFeedback() {
            startReady(BIG_ON_XLARGE, 1);
            int request = controller.requestArrived(STRICT);
            now = 1250 * MS;
            rows.executionFinished(request);
            controller.feedback(1, false);
            controller.feedback(0, true);
            assertThat(heard).containsExactly("answered 1 1250 ms", "feedback 1 false", "feedback 0 true");

            Metrics metrics = controller.metrics();
            assertThat(metrics.answered()).isEqualTo(1);
            assertThat(metrics.answeredBy(1)).isEqualTo(1);
            assertThat(metrics.onInstances()).isEqualTo(1);
            assertThat(metrics.violations(STRICT)).as("1250 ms are over 1 s").isEqualTo(1);
            assertThat(metrics.latencyMicros(STRICT).getMaxValue()).isBetween(1_249_000L, 1_251_000L);
            assertThat(metrics.latencyMicros().getTotalCount()).isEqualTo(1);
            assertThat(metrics.meanAccuracy()).as("what users see").isEqualTo(0.75);
            assertThat(metrics.accuracyViolations()).isZero();
        }

        @Test
        void exactlyOnTimeIsNotLate() {
            startReady(BIG_ON_XLARGE, 1);
            int request = controller.requestArrived(STRICT);
            now = SECOND;
            rows.executionFinished(request);
            assertThat(controller.metrics().violations()).isZero();
        }

        @Test
        void closingPaysForEverythingThatWasRented() {
            selection = select(0);
            startReady(BIG_ON_XLARGE, 1);
            dispatch = toFunction(SMALL_AT_512);
            int cold = controller.requestArrived(STRICT);
            rows.sandboxStarted(SMALL_AT_512);
            rows.invocationFinished(cold, true, 401 * MS);
            rows.prewarmFinished(SMALL_AT_1024, 0, 0);
            now = 100 * SECOND - 1;
            plan = plan(BIG_ON_XLARGE, 1, SMALL_ON_LARGE, 1);
            rows.timerFired();
            now = 3600 * SECOND;
            controller.close();

            verify(platform).terminate(0);
            verify(platform).terminate(1);
            assertThat(controller.aliveInstances()).isZero();
            assertThat(controller.metrics().instancesStarted()).isEqualTo(2);
            assertThat(controller.metrics().instancesStopped()).isEqualTo(2);
            assertThat(controller.metrics().instanceSeconds()).isEqualTo(3600 + 3500 + 1e-9);
            // c5.large: 3501 s at 0.085 an hour; c5.xlarge: 0.17; 401 ms are billed as 500 ms of 512 MB: 0.25 GB-s;
            // 110 MB for an hour; two instances and a sandbox load their variants
            assertThat(controller.ledger().bill().lines())
                    .containsExactly(
                            line(Category.VM, "c5.large", "3501 s", "0.082663"),
                            line(Category.VM, "c5.xlarge", "3600 s", "0.170000"),
                            line(Category.FUNCTION, "duration", "0.25 GB-s", "0.000004"),
                            line(Category.FUNCTION, "requests", "2", "0.000000"),
                            line(Category.STORAGE, "stored", "0.000149 GB-months", "0.000003"),
                            line(Category.STORAGE, "objects read", "3", "0.000001"));
        }

        private static Bill.Line line(Category category, String item, String quantity, String usd) {
            return new Bill.Line(category, item, quantity, new BigDecimal(usd));
        }
    }

    @Nested
    class Decisions {
        @Test
        void plansNumberTheInstancesTheyLaunched() {
            startReady(BIG_ON_XLARGE, 2);
            interval(BIG_ON_XLARGE, 3, SMALL_ON_LARGE, 2);
            interval(BIG_ON_XLARGE, 1);
            assertThat(log.plans())
                    .containsExactly(
                            new PlanDecision(
                                    0,
                                    Trigger.START,
                                    List.of(new FleetDecision(BIG_ON_XLARGE, 0, 2, 0, 2, 0, 0, WHY)),
                                    plan.offload()),
                            new PlanDecision(
                                    10 * SECOND,
                                    Trigger.INTERVAL,
                                    List.of(
                                            new FleetDecision(BIG_ON_XLARGE, 2, 3, 2, 1, 0, 0, WHY),
                                            new FleetDecision(SMALL_ON_LARGE, 0, 2, 3, 2, 0, 0, WHY)),
                                    plan.offload()),
                            new PlanDecision(
                                    20 * SECOND,
                                    Trigger.INTERVAL,
                                    List.of(new FleetDecision(BIG_ON_XLARGE, 3, 1, -1, 0, 2, 0, WHY)),
                                    plan.offload()));
        }

        @Test
        void requestsWithTheirChoices() {
            start();
            dispatch = refuse();
            controller.requestArrived(NAMED);
            now = 5;
            controller.requestArrived(RELAXED);
            selection = select(Selection.NONE);
            controller.requestArrived(STRICT);
            assertThat(log.requests())
                    .containsExactly(
                            new RequestDecision(0, 0, NAMED, null, 1, dispatch),
                            new RequestDecision(5, 1, RELAXED, select(1), 1, dispatch),
                            new RequestDecision(5, 2, STRICT, selection, -1, null));
            assertThat(log.dispatchReasons()).containsExactly(java.util.Map.entry("test", 2L));
        }

        @Test
        void theRingKeepsTheLast() {
            DecisionLog small = new DecisionLog(2, 3);
            for (int i = 0; i < 8; i++) {
                small.request(i, i, 0, 0, null, null);
                small.plan(new PlanDecision(i, Trigger.INTERVAL, List.of(), plan.offload()));
            }
            assertThat(small.requests()).extracting(RequestDecision::request).containsExactly(5L, 6L, 7L);
            assertThat(small.plans()).extracting(PlanDecision::nanos).containsExactly(6L, 7L);
            assertThat(small.plansDropped()).isEqualTo(6);
            assertThatThrownBy(() -> new DecisionLog(0, 1)).hasMessageContaining("0 plans");
        }

        @Test
        void oneRequestCanBeKeptForGood() {
            DecisionLog focused = new DecisionLog(1, 3).focusOn(2);
            for (int i = 0; i < 100; i++) {
                focused.request(i, i, 0, 0, null, null);
            }
            assertThat(focused.requests()).extracting(RequestDecision::request).containsExactly(2L);
        }

        @Test
        void theTimelineHasWhatHappenedInEachInterval() {
            startReady(BIG_ON_XLARGE, 1);
            int request = controller.requestArrived(STRICT);
            controller.requestArrived(STRICT);
            interval(BIG_ON_XLARGE, 2);
            rows.executionFinished(request);
            interval();
            Timeline timeline = controller.metrics().timeline();
            assertThat(timeline.spanSeconds()).isEqualTo(10);
            assertThat(timeline.values(Channel.ARRIVALS)).containsExactly(2, 0);
            assertThat(timeline.values(Channel.ON_INSTANCES)).containsExactly(0, 1);
            assertThat(timeline.values(Channel.VIOLATIONS)).as("it took 10 s").containsExactly(0, 1);
            assertThat(timeline.values(Channel.READY_INSTANCES)).containsExactly(1, 1);
            assertThat(timeline.values(Channel.PENDING_INSTANCES)).containsExactly(0, 1);
            assertThat(timeline.values(Channel.QUEUED)).containsExactly(1, 0);
        }
    }
}
