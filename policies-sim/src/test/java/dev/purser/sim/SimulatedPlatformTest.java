package dev.purser.sim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.purser.core.engine.ControllerSettings;
import dev.purser.core.engine.DecisionLog;
import dev.purser.core.engine.Metrics;
import dev.purser.core.engine.PolicySet;
import dev.purser.core.engine.RunResult;
import dev.purser.core.model.FunctionProfile;
import dev.purser.core.model.ModelPool;
import dev.purser.core.model.Variant;
import dev.purser.core.model.VmProfile;
import dev.purser.core.policy.Dispatch;
import dev.purser.core.policy.FleetTarget;
import dev.purser.core.policy.KeepAlive;
import dev.purser.core.policy.ModelSelector;
import dev.purser.core.policy.Offload;
import dev.purser.core.policy.Plan;
import dev.purser.core.policy.Reason;
import dev.purser.core.policy.RequestView;
import dev.purser.core.policy.Selection;
import dev.purser.core.policy.ServiceCatalog;
import dev.purser.core.policy.ServingView;
import dev.purser.core.pricing.PriceBooks;
import dev.purser.core.trace.ArrivalTrace;
import dev.purser.core.workload.Application;
import dev.purser.core.workload.FunctionConfiguration;
import dev.purser.core.workload.RequestClass;
import dev.purser.core.workload.Slo;
import dev.purser.core.workload.Workload;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.LongFunction;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/** Whole runs of a few requests at known times, worked by hand. */
class SimulatedPlatformTest {
    private static final long MS = 1_000_000L;
    private static final long SECOND = 1_000_000_000L;
    private static final Reason WHY = Reason.of("test", "because the test says so");

    /** Boot 100 s, dispatch 5 ms, invoke 20 ms, sandbox start 1 s, no spread; load 200 ms. */
    private static final SimulatorSettings SETTINGS = SimulatorSettings.ideal()
            .withInstanceBoot(Duration.ofSeconds(100), Spread.none())
            .withDispatchOverhead(Duration.ofMillis(5), Spread.none())
            .withInvokeOverhead(Duration.ofMillis(20))
            .withSandboxStart(Duration.ofSeconds(1), Spread.none());

    private final List<Long> latenciesMs = new ArrayList<>();
    private SimulatorSettings settings = SETTINGS;
    private Dispatch dispatch = new Dispatch.ToFunction(0, WHY);
    private LongFunction<Plan> plan = now -> plan(0);
    private LongFunction<KeepAlive> keepAlive = now -> new KeepAlive(5 * SECOND, 0, WHY);
    private String priceBook = "us-east-1-2019";
    private int concurrencyLimit = 10;
    private Duration timeout = Duration.ofMinutes(5);

    private static Plan plan(int instances) {
        return new Plan(List.of(new FleetTarget(0, instances, WHY)), Offload.always());
    }

    /** 400 ms in 1024 MB; two slots of 300 ms on c5.large. */
    private RunResult run(long seconds, double... arrivalSeconds) {
        long[] nanos = java.util.Arrays.stream(arrivalSeconds)
                .mapToLong(at -> Math.round(at * SECOND))
                .toArray();
        Variant variant = new Variant(
                "one",
                0.8,
                null,
                1,
                200,
                Map.of("c5.large", new VmProfile(300, 2)),
                new FunctionProfile(new TreeMap<>(Map.of(1024, 400.0))));
        Workload workload = new Workload(
                "w",
                "",
                new Application(
                        "task",
                        new ModelPool("p", "", List.of(variant)),
                        List.of(new RequestClass("all", 1, null, new Slo(Slo.Urgency.RELAXED, null, null, null)))),
                List.of("c5.large"),
                new FunctionConfiguration(List.of(1024), concurrencyLimit),
                priceBook);
        ModelSelector selector = new ModelSelector() {
            @Override
            public Selection select(RequestView request, ServingView view) {
                return new Selection(0, WHY);
            }

            @Override
            public void answered(int answeredBy, long latencyNanos) {
                latenciesMs.add(latencyNanos / MS);
            }
        };
        PolicySet policies = new PolicySet(
                selector,
                (request, view) -> dispatch,
                view -> plan.apply(view.nanos()),
                view -> keepAlive.apply(view.nanos()));
        ArrivalTrace trace = TestTraces.at(Duration.ofSeconds(seconds), nanos);
        return new Simulation(
                        new ServiceCatalog(workload, PriceBooks.named(priceBook)),
                        policies,
                        trace,
                        1,
                        settings,
                        new ControllerSettings(Duration.ofSeconds(10), timeout, 0, 100, 3),
                        DecisionLog.small())
                .run();
    }

    @Test
    void aColdStartIsSandboxThenLoadThenService() {
        RunResult result = run(60, 1, 3, 20);
        // 20 + 1000 + 200 + 400; warm after 0.4 s idle; cold again after more than 5 s
        assertThat(latenciesMs).containsExactly(1625L, 425L, 1625L);
        Metrics metrics = result.metrics();
        assertThat(metrics.coldStarts()).isEqualTo(2);
        assertThat(metrics.sandboxesStarted()).isEqualTo(2);
        assertThat(metrics.sandboxesReclaimed()).isEqualTo(2);
        // from 1 s to 3.42 + 5 s, and from 20 s to 21.62 + 5 s
        assertThat(metrics.meanSandboxes(result.endNanos())).isCloseTo((7.42 + 6.62) / 60, within(1e-9));
        assertThat(result.endNanos()).isEqualTo(60 * SECOND);
        // 2019: initialisation and overhead are not paid for; each 400 ms of 1 GB
        assertThat(result.usage().functionMbMillis()).isEqualTo(3 * 400 * 1024);
        assertThat(result.usage().functionRequests()).isEqualTo(3);
        assertThat(result.usage().objectsRead()).isEqualTo(2);
    }

    @Test
    void theModelLoadIsPaidForWhereTheBookSaysSo() {
        priceBook = "us-east-1-2026";
        RunResult result = run(60, 1, 3, 20);
        assertThat(result.usage().functionMbMillis()).isEqualTo((600 + 400 + 600) * 1024);
    }

    @Test
    void theSandboxThatBecameIdleLastIsTakenFirst() {
        keepAlive = now -> new KeepAlive(8 * SECOND, 0, WHY);
        // two at once make two sandboxes; one request every 4 s keeps one of them, the other goes
        RunResult result = run(60, 1, 1, 5, 9, 13, 17, 21);
        assertThat(result.metrics().coldStarts()).isEqualTo(2);
        assertThat(result.metrics().meanSandboxes(result.endNanos()))
                .isCloseTo(((2.62 + 8 - 1) + (21.42 + 8 - 1)) / 60, within(1e-9));
    }

    @Test
    void anUnboundedKeepAliveKeepsForGood() {
        keepAlive = now -> new KeepAlive(Long.MAX_VALUE, 0, WHY);
        RunResult result = run(4000, 1, 3900);
        assertThat(result.metrics().coldStarts()).isEqualTo(1);
        assertThat(result.metrics().sandboxes()).isEqualTo(1);
        assertThat(result.endNanos()).isEqualTo(4000 * SECOND);
    }

    @Test
    void noKeepAliveMakesEveryRequestCold() {
        keepAlive = now -> new KeepAlive(0, 0, WHY);
        assertThat(run(60, 1, 5, 9).metrics().coldStarts()).isEqualTo(3);
    }

    @Test
    void aLongerKeepAliveHoldsForWhatIsIdleAlready() {
        // idle at 9.62 s, to be reclaimed at 14.62 s; from 10 s on only after 20 s
        keepAlive = now -> new KeepAlive((now < 10 * SECOND ? 5 : 20) * SECOND, 0, WHY);
        RunResult result = run(60, 8, 29);
        assertThat(result.metrics().coldStarts()).isEqualTo(1);
    }

    @Test
    void aShorterKeepAliveHoldsForWhatIsIdleAlready() {
        keepAlive = now -> new KeepAlive((now < 10 * SECOND ? 30 : 3) * SECOND, 0, WHY);
        RunResult result = run(60, 1, 8, 8);
        assertThat(result.metrics().sandboxesReclaimed()).isEqualTo(2);
        // both idle: one since 8.42 s, the other since 9.62 s
        assertThat(result.metrics().meanSandboxes(result.endNanos()))
                .isCloseTo(((11.42 - 1) + (12.62 - 8)) / 60, within(1e-9));
    }

    @Test
    void aShorterKeepAliveMayBeOverAlready() {
        keepAlive = now -> new KeepAlive((now < 10 * SECOND ? 30 : 3) * SECOND, 0, WHY);
        RunResult result = run(60, 1);
        assertThat(result.metrics().meanSandboxes(result.endNanos())).isCloseTo((10.0 - 1.005) / 60, within(1e-9));
    }

    @Test
    void aPrewarmedSandboxIsWarmForTheNextRequest() {
        keepAlive = now -> new KeepAlive(15 * SECOND, now == 10 * SECOND ? 2 : 0, WHY);
        RunResult result = run(60, 1, 12, 12, 12);
        assertThat(latenciesMs).containsExactly(1625L, 425L, 425L, 425L);
        assertThat(result.metrics().sandboxesStarted()).isEqualTo(3);
        // a prewarming is an invocation, of nothing in 2019
        assertThat(result.usage().functionRequests()).isEqualTo(6);
        assertThat(result.usage().functionMbMillis()).isEqualTo(4 * 400 * 1024);
    }

    @Test
    void theConcurrencyLimitMakesRequestsWait() {
        concurrencyLimit = 1;
        RunResult result = run(60, 1, 1.001, 1.002);
        // the first ends at 2.620 s, then each takes 420 ms
        assertThat(latenciesMs).containsExactly(1625L, 2044L, 2463L);
        assertThat(result.metrics().throttles()).isEqualTo(2);
        assertThat(result.metrics().coldStarts()).isEqualTo(1);
    }

    /** The first ends at 14.520 s, before the second, sent at 14.510 s, is known to be throttled at 14.530 s. */
    @Test
    void aThrottledRequestIsNotForgottenWhenTheLastInvocationEndsFirst() {
        concurrencyLimit = 1;
        keepAlive = now -> new KeepAlive(60 * SECOND, 0, WHY);
        run(60, 1, 14.1, 14.51);
        assertThat(latenciesMs).containsExactly(1625L, 425L, 445L);
    }

    @Test
    void aThrottledRequestIsRefusedAfterItsTimeout() {
        concurrencyLimit = 1;
        timeout = Duration.ofMillis(500);
        settings = SETTINGS.withSandboxStart(Duration.ofSeconds(30), Spread.none());
        RunResult result = run(60, 1, 2);
        assertThat(result.metrics().refused()).isEqualTo(1);
        assertThat(result.metrics().answered()).isEqualTo(1);
    }

    /** Two slots of 300 ms, 450 ms after a pause of 2 s; 5 ms until dispatched. */
    @Test
    void theFirstServiceAfterAPauseTakesLonger() {
        dispatch = new Dispatch.ToInstance(0, WHY);
        plan = now -> plan(1);
        settings =
                SETTINGS.withAfterIdle(new SimulatorSettings.AfterIdle(Duration.ofSeconds(2), Duration.ofMillis(150)));
        // launched at 0 s; the third comes 1.99 s and the fourth 2.01 s after the one before, the fifth meets the
        // fourth
        run(60, 1, 20, 22.44, 24.75, 25, 30);
        assertThat(latenciesMs).containsExactly(305L, 455L, 305L, 455L, 305L, 455L);
    }

    /** 400 ms, 550 ms after a pause of 2 s; a cold start is not a pause. */
    @Test
    void theFirstInvocationAfterAPauseTakesLonger() {
        settings =
                SETTINGS.withAfterIdle(new SimulatorSettings.AfterIdle(Duration.ofSeconds(2), Duration.ofMillis(150)));
        run(60, 1, 3, 6);
        assertThat(latenciesMs).containsExactly(1625L, 425L, 575L);
    }

    @Test
    void theWayToADispatchSpreadsAndNoRequestOvertakesAnother() {
        dispatch = new Dispatch.ToInstance(0, WHY);
        plan = now -> plan(1);
        settings = SETTINGS.withDispatchOverhead(Duration.ofMillis(50), Spread.exponential());
        double[] seconds = java.util.stream.IntStream.range(0, 400)
                .mapToDouble(i -> 1 + i * 0.4)
                .toArray();
        run(200, seconds);
        double mean = latenciesMs.stream().mapToLong(ms -> ms - 300).average().orElseThrow();
        assertThat(mean).isBetween(40.0, 60.0);
        assertThat(latenciesMs.stream().distinct().count()).isGreaterThan(50);

        latenciesMs.clear();
        // a tenth of the overhead apart: each answer comes after the one before it
        double[] close = java.util.stream.IntStream.range(0, 100)
                .mapToDouble(i -> 1 + i * 0.005)
                .toArray();
        run(60, close);
        for (int i = 1; i < latenciesMs.size(); i++) {
            assertThat(latenciesMs.get(i) + 5 * i + 1).isGreaterThanOrEqualTo(latenciesMs.get(i - 1) + 5 * (i - 1));
        }
    }

    @Test
    void aWarmFleetServesAtOnceAndALaterInstanceBootsFirst() {
        dispatch = new Dispatch.ToInstance(0, WHY);
        plan = now -> plan(now < 20 * SECOND ? 1 : 2);
        RunResult result = run(200, 0, 0, 0, 50, 50, 50, 150, 150, 150);
        // 5 ms to be dispatched, two slots of 300 ms; the third waits for one; from 120.2 s on there are four
        assertThat(latenciesMs).containsExactly(305L, 305L, 605L, 305L, 305L, 605L, 305L, 305L, 305L);
        assertThat(result.metrics().meanInstanceWaitNanos()).isCloseTo((9 * 5.0 + 2 * 300.0) * MS / 9, within(1.0));
        assertThat(result.metrics().instanceSeconds()).isEqualTo(200 + 180);
        assertThat(result.aliveInstances()).isEqualTo(2);
        assertThat(result.usage().instances().get(0).billedSeconds()).isEqualTo(380);
    }

    @Test
    void aColdFleetBootsAndLoads() {
        dispatch = new Dispatch.ToInstance(0, WHY);
        plan = now -> plan(1);
        settings = new SimulatorSettings(
                Duration.ofSeconds(100),
                Spread.none(),
                false,
                Duration.ZERO,
                Spread.none(),
                Duration.ZERO,
                Duration.ZERO,
                Spread.none(),
                Spread.none(),
                SimulatorSettings.AfterIdle.none(),
                0,
                Duration.ZERO,
                SpotMarket.defaults(),
                Faults.none());
        run(200, 100);
        assertThat(latenciesMs).containsExactly(500L);
    }

    @Test
    void anInstanceThatIsGivenUpWhileItStartsNeverServes() {
        dispatch = new Dispatch.ToInstance(0, WHY);
        // launched at 10 s, given up at 20 s; launched at 30 s in the same row, ready at 130.2 s
        plan = now -> plan(now == 10 * SECOND || now >= 30 * SECOND ? 1 : 0);
        RunResult result = run(200, 40);
        assertThat(latenciesMs).containsExactly(90_500L);
        assertThat(result.metrics().instancesStarted()).isEqualTo(2);
        assertThat(result.usage().instances().get(0).billedSeconds())
                .as("60 s at the least")
                .isEqualTo(60 + 170);
    }

    @Test
    void theRunGoesOnUntilTheLastRequestHasEnded() {
        RunResult result = run(5, 4.9);
        assertThat(result.endNanos()).isEqualTo(6525 * MS);
        assertThat(run(5).endNanos()).isEqualTo(5 * SECOND);
    }

    @Test
    void theOperatorsEstimateIsWhatTheFirstMinuteIsExpectedToBring() {
        long[] everySecond = LongStream.range(0, 30).map(i -> i * 2 * SECOND).toArray();
        assertThat(Simulation.initialRate(TestTraces.at(Duration.ofSeconds(600), everySecond)))
                .isEqualTo(0.5);
        assertThat(Simulation.initialRate(TestTraces.at(Duration.ofSeconds(20), everySecond)))
                .isEqualTo(0.5);
    }
}
