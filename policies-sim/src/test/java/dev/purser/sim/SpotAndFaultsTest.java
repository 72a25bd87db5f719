package dev.purser.sim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.purser.core.InputException;
import dev.purser.core.engine.ControllerSettings;
import dev.purser.core.engine.DecisionLog;
import dev.purser.core.engine.DecisionLog.InstanceEvent;
import dev.purser.core.engine.PolicySet;
import dev.purser.core.engine.RunResult;
import dev.purser.core.model.ModelPool;
import dev.purser.core.model.Variant;
import dev.purser.core.model.VmProfile;
import dev.purser.core.policy.Dispatch;
import dev.purser.core.policy.FleetTarget;
import dev.purser.core.policy.KeepAlive;
import dev.purser.core.policy.ModelSelector;
import dev.purser.core.policy.Offload;
import dev.purser.core.policy.Plan;
import dev.purser.core.policy.ProvisioningView;
import dev.purser.core.policy.Reason;
import dev.purser.core.policy.RequestView;
import dev.purser.core.policy.Selection;
import dev.purser.core.policy.ServiceCatalog;
import dev.purser.core.policy.ServingView;
import dev.purser.core.pricing.BurstPricing;
import dev.purser.core.pricing.PriceBooks;
import dev.purser.core.workload.Application;
import dev.purser.core.workload.FunctionConfiguration;
import dev.purser.core.workload.RequestClass;
import dev.purser.core.workload.Slo;
import dev.purser.core.workload.SpotConfiguration;
import dev.purser.core.workload.Workload;
import java.io.IOException;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the provider does to instances, second by second: one variant, boot 100 s, load 200 ms, no spread. */
class SpotAndFaultsTest {
    private static final Reason WHY = Reason.of("test", "because the test says so");
    private static final int LARGE = 0;
    private static final int BURSTABLE = 1;
    private static final int SPOT = 2;

    private final List<Double> latencies = new ArrayList<>();
    private SimulatorSettings settings = SimulatorSettings.ideal()
            .withInstanceBoot(Duration.ofSeconds(100), Spread.none())
            .withSpot(new SpotMarket(null, Duration.ZERO, Duration.ofMinutes(2), 0, 0, 0.8));
    private ControllerSettings controller = ControllerSettings.defaults();
    private Function<ProvisioningView, Plan> plan = view -> plan(SPOT, 1, 0);
    private Dispatch dispatch = new Dispatch.ToQueue(WHY);
    private double serviceMs = 300;
    private BurstPricing.Mode burst = BurstPricing.Mode.STANDARD;

    private static Plan plan(int fleet, int instances, int standby) {
        return new Plan(List.of(new FleetTarget(fleet, instances, standby, WHY)), Offload.always());
    }

    private RunResult run(long seconds, double... arrivals) {
        Variant variant = new Variant(
                "one",
                0.8,
                null,
                1,
                200,
                Map.of("c5.large", new VmProfile(serviceMs, 1), "t2.medium", new VmProfile(serviceMs, 2)),
                null);
        Workload workload = new Workload(
                "w",
                "",
                new Application(
                        "task",
                        new ModelPool("p", "", List.of(variant)),
                        List.of(new RequestClass("all", 1, null, new Slo(Slo.Urgency.RELAXED, null, null, null)))),
                List.of("c5.large", "t2.medium"),
                new FunctionConfiguration(List.of(), 1),
                "us-east-1-2019",
                new SpotConfiguration(List.of("c5.large"), 1),
                burst);
        ModelSelector selector = new ModelSelector() {
            @Override
            public Selection select(RequestView request, ServingView view) {
                return new Selection(0, WHY);
            }

            @Override
            public void answered(int answeredBy, long latencyNanos) {
                latencies.add(latencyNanos / 1e9);
            }
        };
        RunResult result = new Simulation(
                        new ServiceCatalog(workload, PriceBooks.named("us-east-1-2019")),
                        new PolicySet(
                                selector, (request, view) -> dispatch, plan::apply, view -> new KeepAlive(0, 0, WHY)),
                        TestTraces.at(
                                Duration.ofSeconds(seconds),
                                Arrays.stream(arrivals)
                                        .mapToLong(at -> Math.round(at * 1e9))
                                        .toArray()),
                        1,
                        settings,
                        controller,
                        DecisionLog.small())
                .run();
        assertThat(result.metrics().answered() + result.metrics().refused()).isEqualTo(arrivals.length);
        return result;
    }

    private static List<String> events(RunResult result) {
        return result.log().instanceEvents().stream()
                .map(event -> event.kind() + " " + event.instance() + " at " + event.nanos() / 1e9)
                .toList();
    }

    private void interrupt(double atSeconds, double missingNotice) {
        settings = settings.withSpot(new SpotMarket(null, Duration.ZERO, Duration.ofMinutes(2), missingNotice, 0, 0.8))
                .withFaults(new Faults(
                        0,
                        0,
                        List.of(),
                        List.of(new Faults.Interruption(Duration.ofMillis(Math.round(atSeconds * 1000)), 1, null))));
    }

    @Test
    void anInstanceWithNoticeServesToTheLastAndItsReplacementGoesOn() {
        interrupt(10, 0);
        RunResult result = run(1000, 60, 128, 129, 500);
        // the replacement is launched with the notice, at 10 s, and serves from 110.2 s on
        assertThat(latencies).containsExactly(0.3, 0.3, 0.3, 0.3);
        assertThat(events(result)).containsExactly("notice 0 at 10.0", "leaving 0 at 128.4", "interrupted 0 at 130.0");
        // nothing is paid for an instance that is taken back in its first hour
        assertThat(result.usage().spot()).hasSize(1);
        assertThat(result.usage().spot().getFirst().billedSeconds()).isEqualTo(990);
    }

    @Test
    void withoutNoticeAHalfServedRequestIsServedAgainAndOnce() {
        interrupt(9.9, 1);
        RunResult result = run(1000, 129.8);
        // lost at 129.9, launched again at once
        assertThat(latencies).containsExactly(0.1 + 100.2 + 0.3);
        assertThat(events(result)).containsExactly("interrupted 0 at 129.9");
        assertThat(result.log().instanceEvents().getFirst().words()).contains("without notice");
    }

    @Test
    void aShareOfAFleetGoesTogether() {
        plan = view -> plan(SPOT, 20, 0);
        settings = settings.withFaults(
                new Faults(0, 0, List.of(), List.of(new Faults.Interruption(Duration.ofSeconds(10), 0.8, "c5.large"))));
        RunResult result = run(300, 5);
        assertThat(result.log().instanceEvents())
                .filteredOn(event -> event.kind().equals("interrupted"))
                .hasSize(16)
                .allSatisfy(event -> assertThat(event.nanos()).isEqualTo(130_000_000_000L));
        assertThat(result.aliveInstances()).isEqualTo(20);
        assertThat(result.metrics().instancesStarted()).isEqualTo(36);
    }

    @Test
    void aPriceAboveTheMostThatIsPaidTakesInstancesAndLetsNoneBeLaunched(@TempDir Path folder) throws IOException {
        Path prices = folder.resolve("prices.csv");
        Files.writeString(prices, """
                time,c5.large
                2018-09-06 17:00:00+00:00,0.02
                2018-09-06 18:00:00+00:00,0.03
                2018-09-06 19:00:00+00:00,0.2
                2018-09-06 20:00:00+00:00,0.04
                """);
        settings = settings.withSpot(
                new SpotMarket(prices.toString(), Duration.ofHours(1), Duration.ofMinutes(2), 0, 0, 0.8));
        List<Double> seen = new ArrayList<>();
        plan = view -> {
            if (seen.isEmpty() || seen.getLast() != view.usdPerSecond(SPOT)) {
                seen.add(view.usdPerSecond(SPOT));
            }
            return plan(SPOT, 1, 0);
        };
        controller = new ControllerSettings(
                Duration.ofSeconds(10), Duration.ofHours(3), 0, 10, 3, Duration.ofMinutes(10), Duration.ofSeconds(15));
        RunResult result = run(2 * 3600 + 600, 10, 5000);
        assertThat(seen).containsExactly(0.03 / 3600, 0.2 / 3600, 0.04 / 3600);
        assertThat(events(result).subList(0, 2)).containsExactly("notice 0 at 3600.0", "no-capacity 1 at 3601.0");
        assertThat(result.log().instanceEvents())
                .anyMatch(event -> event.kind().equals("interrupted") && event.nanos() == 3720_000_000_000L);
        // launches are tried ever more seldom, 16 times the first wait at most, until the price has fallen at 7200 s
        assertThat(latencies.getLast()).isBetween(2200 + 100.0, 2200 + 100.0 + 16 * 15 + 15);
        assertThat(result.bill().vm())
                .isEqualByComparingTo(new BigDecimal("0.03")
                        .add(new BigDecimal("0.2")
                                .multiply(new BigDecimal(120))
                                .divide(new BigDecimal(3600), 20, RoundingMode.HALF_UP))
                        .add(lastInstance(result))
                        .setScale(6, RoundingMode.HALF_UP));
    }

    private static BigDecimal lastInstance(RunResult result) {
        long seconds = result.usage().spot().stream()
                .filter(used -> used.usdPerHour().compareTo(new BigDecimal("0.04")) == 0)
                .mapToLong(used -> used.billedSeconds())
                .sum();
        assertThat(seconds).isBetween(300L, 600L);
        return new BigDecimal("0.04")
                .multiply(BigDecimal.valueOf(seconds))
                .divide(new BigDecimal(3600), 20, RoundingMode.HALF_UP);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "hour,c5.large\n1,2\n",
                "time,c5.large\nnoon,0.1\n",
                "time,c5.large\n2018-09-06T17:00:00Z,-1\n",
                "time,c5.large\n2018-09-06T17:00:00Z,0.1\n2018-09-06T17:00:00Z,0.1\n",
                "time,p2.xlarge\n2018-09-06T17:00:00Z,0.1\n"
            })
    void badPricesAreNamed(String text, @TempDir Path folder) throws IOException {
        Path prices = folder.resolve("prices.csv");
        Files.writeString(prices, text);
        settings =
                settings.withSpot(new SpotMarket(prices.toString(), Duration.ZERO, Duration.ofMinutes(2), 0, 0, 0.8));
        assertThatThrownBy(() -> run(10, 1)).isInstanceOf(InputException.class).hasMessageContaining("prices.csv");
    }

    @Test
    void aTypeWithoutCapacityIsTriedAgainAndFailedLaunchesCostNothing() {
        plan = view -> plan(LARGE, 1, 0);
        settings = settings.withFaults(new Faults(
                0, 0, List.of(new Faults.Outage("c5.large", Duration.ZERO, Duration.ofSeconds(60))), List.of()));
        RunResult result = run(300, 5);
        // tried at 0, 20, 60 s: after 15 and 30 s, at the plans every 10 s
        assertThat(events(result)).containsExactly("no-capacity 0 at 1.0", "no-capacity 1 at 21.0");
        assertThat(latencies.getFirst()).isCloseTo(60 + 100.2 + 0.3 - 5, within(1e-9));
        assertThat(result.usage().instances().get(LARGE).billedSeconds()).isEqualTo(240);
        assertThat(result.log().plans())
                .anySatisfy(decision ->
                        assertThat(decision.fleets().getFirst().reason().code()).isEqualTo("unavailable"));
    }

    @Test
    void aLaunchThatHangsIsGivenUp() {
        plan = view -> plan(LARGE, 1, 0);
        settings = settings.withFaults(new Faults(0, 1, List.of(), List.of()));
        controller = new ControllerSettings(
                Duration.ofSeconds(10),
                Duration.ofMinutes(5),
                0,
                10,
                3,
                Duration.ofSeconds(150),
                Duration.ofSeconds(15));
        RunResult result = run(400, 5);
        assertThat(events(result)).containsExactly("launch-timeout 0 at 160.0", "launch-timeout 1 at 340.0");
        assertThat(result.metrics().refused()).isEqualTo(1);
    }

    @Test
    void aLaunchThatFailsIsTriedAgain() {
        plan = view -> plan(LARGE, 1, 0);
        settings = settings.withFaults(new Faults(1, 0, List.of(), List.of()));
        RunResult result = run(100, 5);
        assertThat(events(result))
                .containsExactly(
                        "launch-failed 0 at 5.0",
                        "launch-failed 1 at 25.0",
                        "launch-failed 2 at 65.0",
                        "launch-failed 3 at 135.0",
                        "launch-failed 4 at 265.0");
        assertThat(result.metrics().refused()).isEqualTo(1);
        assertThat(result.bill().vm()).isEqualByComparingTo(BigDecimal.ZERO);
    }

    @Test
    void withoutCreditsAStandardInstanceFallsBackToItsBaseline() {
        plan = view -> plan(BURSTABLE, 1, 0);
        serviceMs = 3_000_000;
        RunResult result = run(7000, 0, 0);
        // 60 launch credits; two processors use 2 and earn 0.4: used up after 3600 / 1.6 = 2250 s; then at a fifth
        assertThat(latencies).containsExactly(2250 + 750 / 0.2, 2250 + 750 / 0.2);
        // after an idle while it can burst again: two processors for a minute need 120 s of credits, at 0.4 a second
        assertThat(events(result)).containsExactly("throttled 0 at 2250.0");
        assertThat(result.usage().surplus()).isEmpty();
    }

    @Test
    void anUnlimitedInstanceGoesOnAndPaysTheSurplus() {
        burst = BurstPricing.Mode.UNLIMITED;
        plan = view -> plan(BURSTABLE, 1, 0);
        serviceMs = 3_000_000;
        RunResult result = run(3000, 0, 0);
        assertThat(latencies).containsExactly(3000.0, 3000.0);
        // used 6000, earned 1200, given 3600 processor seconds
        assertThat(result.usage().surplus().getFirst().vcpuMillis()).isEqualTo(1_200_000);
        assertThat(result.bill().lines()).anySatisfy(line -> {
            assertThat(line.item()).isEqualTo("t2.medium surplus credits");
            assertThat(line.quantity()).isEqualTo("20 credits");
            assertThat(line.usd()).isEqualByComparingTo("0.016667");
        });
        assertThat(events(result)).isEmpty();
    }

    @Test
    void whatAnIdleInstanceEarnsPaysTheSurplusBack() {
        burst = BurstPricing.Mode.UNLIMITED;
        plan = view -> plan(BURSTABLE, 1, 0);
        serviceMs = 3_000_000;
        assertThat(run(6000, 0, 0).usage().surplus()).isEmpty();
    }

    @Test
    void aStoppedInstanceStartsSoonerAndKeepsItsVolumeOnly() {
        settings = settings.withFaults(Faults.none());
        plan = view -> plan(LARGE, view.nanos() >= 60e9 && view.nanos() < 200e9 ? 2 : 1, 1);
        RunResult result = run(400, 59.9, 59.95, 59.96, 300);
        // the standby is started at 60 s; starting takes no time here, its load 200 ms, and another one is prepared
        assertThat(latencies).hasSize(4);
        assertThat(latencies.get(2)).isCloseTo(60.2 + 0.3 - 59.95, within(0.2));
        assertThat(result.usage().volumeByteNanos().signum()).isPositive();
        assertThat(result.metrics().instancesStarted()).isEqualTo(4);
        assertThat(result.bill().lines()).anyMatch(line -> line.item().equals("volumes of stopped instances"));
    }

    @Test
    void aFleetsOwnQueueIsServedByOthersWhenItHasNoInstance() {
        dispatch = new Dispatch.ToFleet(LARGE, WHY);
        plan = view -> new Plan(
                List.of(new FleetTarget(LARGE, view.nanos() < 50e9 ? 1 : 0, WHY), new FleetTarget(BURSTABLE, 1, WHY)),
                Offload.always());
        serviceMs = 60_000;
        run(400, 1, 2, 3);
        // one runs on the large one until 61 s; the two that wait for it go to the other when it is given up at 50 s
        assertThat(latencies).containsExactly(60.0, 50 + 60 - 2.0, 50 + 60 - 3.0);
    }

    @Test
    void theOftenerInstancesAreTakenTheMoreAreLost() {
        List<Long> lost = new ArrayList<>();
        for (double often : new double[] {0, 100, 1000}) {
            settings = settings.withSpot(new SpotMarket(null, Duration.ZERO, Duration.ofMinutes(2), 0, often, 0));
            plan = view -> plan(SPOT, 20, 0);
            lost.add(run(36_000, 5).log().instanceEvents().stream()
                    .filter(event -> event.kind().equals("interrupted"))
                    .count());
        }
        // 10 % a month: 0.1054 / 730 an hour, 20 instances, 10 hours: 2.9 at a hundred times that, 28.9 at a thousand
        // times
        assertThat(lost.getFirst()).isZero();
        assertThat(lost.get(1)).isBetween(1L, 9L);
        assertThat(lost.get(2)).isBetween(15L, 45L);
    }

    @Test
    void eventsThatTakeManyTakeAsManyInAllAsSingleOnes() {
        plan = view -> plan(SPOT, 20, 0);
        settings = settings.withSpot(new SpotMarket(null, Duration.ZERO, Duration.ofMinutes(2), 0, 5000, 0.8));
        RunResult result = run(360_000, 5);
        // as above, in a hundred hours at 5000 times: 1445 are taken and replaced; the log keeps the last 512 events
        assertThat(result.metrics().instancesStarted() - 20).isBetween(1000L, 1900L);
        List<Long> times = result.log().instanceEvents().stream()
                .filter(event -> event.kind().equals("interrupted"))
                .map(InstanceEvent::nanos)
                .toList();
        assertThat(times.stream().distinct().count()).isLessThan(times.size() / 2);
    }
}
