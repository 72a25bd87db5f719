package dev.purser.research.provisioner;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.purser.core.InputException;
import dev.purser.core.json.Json;
import dev.purser.core.policy.FleetTarget;
import dev.purser.core.policy.Forecast;
import dev.purser.core.policy.LoadPredictor;
import dev.purser.core.policy.Plan;
import dev.purser.core.policy.ProvisioningView.Trigger;
import dev.purser.core.policy.Reason;
import dev.purser.core.policy.ServiceCatalog;
import dev.purser.core.policy.StateExchange;
import dev.purser.core.pricing.Market;
import dev.purser.research.FakeView;
import dev.purser.research.Worlds;
import dev.purser.spi.SettingsBinder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** MArk for Inception-v3: 284 requests a minute on c5.large, 3320 on p2.xlarge; control intervals of 10 s, periods of 60 s. */
class MarkTest {
    private static final int WINDOWS = 6;

    private final ServiceCatalog catalog = Worlds.shipped("mark");
    private final FakeView view = new FakeView(catalog);
    private final List<Double> observed = new ArrayList<>();
    private double forecast = 1000;
    private double now;

    /** Says that every period to come has so many requests as {@link #forecast}. */
    private final class Told implements LoadPredictor {
        @Override
        public void observe(double count) {
            observed.add(count);
        }

        @Override
        public Forecast forecast(int steps) {
            double[] mean = new double[steps];
            Arrays.fill(mean, forecast);
            return Forecast.ofPoints(mean);
        }

        @Override
        public void exchange(StateExchange state) {}
    }

    private Mark mark(String settings) {
        return mark(catalog, settings);
    }

    private Mark mark(ServiceCatalog of, String settings) {
        ObjectNode json = (ObjectNode) Json.parse("the test", settings);
        return new Mark(SettingsBinder.bind("test", Mark.Settings.class, json), Worlds.context(of, 1, Told::new));
    }

    private int fleet(String type, Market market) {
        for (int t = 0; t < catalog.instanceTypes(); t++) {
            if (catalog.instanceType(t).name().equals(type) && catalog.market(t) == market) {
                return catalog.fleet(0, t);
            }
        }
        throw new AssertionError(type);
    }

    private int onDemand(String type) {
        return fleet(type, Market.ON_DEMAND);
    }

    private int spot(String type) {
        return fleet(type, Market.SPOT);
    }

    private Plan start(Mark mark, double perMinute) {
        return mark.plan(view.trigger(Trigger.START).arrivals(0, perMinute / WINDOWS));
    }

    private Plan interval(Mark mark, double perMinute) {
        now += 10;
        return mark.plan(view.at(now).trigger(Trigger.INTERVAL).arrivals(0, perMinute / WINDOWS));
    }

    private Plan period(Mark mark, double perMinute) {
        Plan plan = interval(mark, perMinute);
        for (int i = 1; i < WINDOWS; i++) {
            plan = interval(mark, perMinute);
        }
        return plan;
    }

    private static int instances(Plan plan, int fleet) {
        return target(plan, fleet).instances();
    }

    private static FleetTarget target(Plan plan, int fleet) {
        return plan.fleets().stream()
                .filter(t -> t.fleet() == fleet)
                .findFirst()
                .orElse(new FleetTarget(fleet, 0, Reason.of("none", "not in the plan")));
    }

    /** What the plan asks for is there. */
    private void obey(Plan plan) {
        for (FleetTarget target : plan.fleets()) {
            view.ready(target.fleet(), target.instances());
            if (target.standby() > 0) {
                view.standby(target.fleet(), target.standby());
            }
        }
    }

    private static final String ON_DEMAND = "{\"onDemandShare\": 1}";

    @Test
    void theFirstPlanIsMadeFromTheOperatorsEstimate() {
        // 1.2 times 2500 are 3000
        Plan plan = start(mark(ON_DEMAND), 2500);
        assertThat(plan.fleets()).hasSize(1);
        assertThat(instances(plan, onDemand("c5.large"))).isEqualTo(11);
        assertThat(plan.fleets().getFirst().reason().code()).isEqualTo("greedy-plan");
        assertThat(plan.fleets().getFirst().reason().words())
                .contains("11 launched and 0 kept")
                .contains("3000 requests a period");
    }

    @Test
    void spotInstancesAreTakenWhereTheyAreCheaper() {
        Plan plan = start(mark("{}"), 2500);
        assertThat(plan.fleets())
                .allSatisfy(t -> assertThat(catalog.market(catalog.typeOfFleet(t.fleet())))
                        .isEqualTo(Market.SPOT));
        for (int t = 0; t < catalog.instanceTypes(); t++) {
            if (catalog.market(t) == Market.SPOT) {
                view.usdPerHour(t, 100);
            }
        }
        assertThat(instances(start(mark("{}"), 2500), onDemand("c5.large"))).isEqualTo(11);
    }

    @Test
    void pricesAreLookedAtEveryTenMinutes() {
        Mark mark = mark("{\"instanceTypes\": [\"c5.large\"]}");
        Plan plan = start(mark, 500);
        assertThat(instances(plan, spot("c5.large"))).isEqualTo(3);
        view.usdPerHour(catalog.typeOfFleet(spot("c5.large")), 100);
        view.unavailable(spot("c5.large"), false);
        forecast = 500;
        for (int i = 0; i < 9; i++) {
            plan = period(mark, 500);
        }
        assertThat(instances(plan, onDemand("c5.large"))).isZero();
        assertThat(instances(period(mark, 500), onDemand("c5.large"))).isEqualTo(3);
    }

    @Test
    void theLoadIsTheBusiestWindowScaledToThePeriod() {
        Mark mark = mark(ON_DEMAND);
        start(mark, 0);
        for (int i = 0; i < WINDOWS; i++) {
            interval(mark, i == 2 ? 600 : 60);
        }
        assertThat(observed).containsExactly(600.0);
    }

    @Test
    void forWarmUpTheEstimateAndTheLoadStandInForThePredictor() {
        Mark mark = mark(ON_DEMAND);
        start(mark, 100);
        forecast = 30_000;
        Plan plan = period(mark, 200);
        assertThat(instances(plan, onDemand("c5.large"))).isEqualTo(1);
        for (int i = 0; i < 4; i++) {
            plan = period(mark, 200);
        }
        assertThat(instances(plan, onDemand("p2.xlarge"))).isZero();
        assertThat(instances(period(mark, 200), onDemand("p2.xlarge"))).isPositive();
    }

    @Test
    void theReleasesEstimatorNeverForgetsAPeak() {
        Mark sticky = mark("{\"estimator\": \"sticky-max\", \"onDemandShare\": 1, \"warmUp\": 0}");
        start(sticky, 0);
        period(sticky, 2500);
        assertThat(instances(period(sticky, 10), onDemand("c5.large"))).isEqualTo(11);
        Mark persistence = mark("{\"estimator\": \"persistence\", \"onDemandShare\": 1, \"warmUp\": 0}");
        start(persistence, 0);
        period(persistence, 2500);
        assertThat(instances(period(persistence, 10), onDemand("c5.large"))).isEqualTo(1);
        assertThat(observed).isEmpty();
    }

    @Test
    void instancesAreGivenUpOnlyAboveWhatTheLastPlansWanted() {
        Mark mark = mark("{\"onDemandShare\": 1, \"warmUp\": 0}");
        int fleet = onDemand("c5.large");
        forecast = 2500;
        obey(start(mark, 2500));
        forecast = 100;
        for (int plans = 2; plans <= 6; plans++) {
            Plan plan = period(mark, 100);
            assertThat(target(plan, fleet).instances()).as("plan %d", plans).isEqualTo(11);
            assertThat(target(plan, fleet).reason().code()).isEqualTo("hysteresis");
            obey(plan);
        }
        assertThat(instances(period(mark, 100), fleet)).isEqualTo(1);
    }

    @Test
    void whatTheProviderTakesBackIsReplacedAtOnce() {
        Mark mark = mark("{\"instanceTypes\": [\"c5.large\"]}");
        int fleet = spot("c5.large");
        obey(start(mark, 2500));
        view.noticed(fleet, 8);
        Plan plan = mark.plan(view.trigger(Trigger.NOTICE));
        // targets do not count those that are taken back
        assertThat(instances(plan, fleet)).isEqualTo(11);
        view.noticed(fleet, 0).ready(fleet, 3).pending(fleet, 8);
        assertThat(instances(mark.plan(view.trigger(Trigger.LOSS)), fleet)).isEqualTo(11);
    }

    @Test
    void aFleetWhoseLaunchesFailIsLeftOutUntilItCanBeTriedAgain() {
        Mark mark = mark("{\"warmUp\": 1000}");
        Plan plan = start(mark, 500);
        int fleet = spot("c5.large");
        assertThat(instances(plan, fleet)).isEqualTo(3);
        view.unavailable(fleet, true);
        plan = mark.plan(view.trigger(Trigger.LOSS));
        assertThat(instances(plan, fleet)).isZero();
        assertThat(plan.fleets()).isNotEmpty();
        view.unavailable(fleet, false);
        assertThat(instances(period(mark, 500), fleet)).isEqualTo(3);
    }

    @Test
    void theLeastShareOnDemandIsKept() {
        Mark mark = mark("{\"instanceTypes\": [\"c5.large\"], \"onDemandShare\": 0.5}");
        Plan plan = start(mark, 2500);
        // half of 3000 are 6 instances, and the other 1296 are 5
        assertThat(instances(plan, onDemand("c5.large"))).isEqualTo(6);
        assertThat(instances(plan, spot("c5.large"))).isEqualTo(5);
        obey(plan);
        plan = mark.plan(view.trigger(Trigger.LOSS));
        assertThat(instances(plan, onDemand("c5.large"))).isEqualTo(6);
        assertThat(instances(plan, spot("c5.large"))).isEqualTo(5);
    }

    @Test
    void brokenPromisesLaunchOneMoreAndThenWait() {
        Mark mark = mark("{\"onDemandShare\": 1, \"standbyType\": \"c5.xlarge\"}");
        int standby = onDemand("c5.xlarge");
        obey(start(mark, 1000));
        // f = v (1 - 0.999^n): 10 % of 250 requests is 0.022
        view.ended(0, 200, 20);
        assertThat(instances(interval(mark, 1000), standby)).isZero();
        view.ended(0, 50, 5);
        Plan plan = interval(mark, 1000);
        assertThat(instances(plan, standby)).isEqualTo(1);
        assertThat(target(plan, standby).reason().code()).isEqualTo("promises-broken");
        assertThat(target(plan, standby).reason().observed()).isCloseTo(0.0221, within(0.0001));
        obey(plan);
        // for five periods no other; the plans remember this one
        view.ended(0, 10_000, 10_000);
        for (int i = 0; i < 4; i++) {
            plan = period(mark, 1000);
            obey(plan);
            assertThat(instances(plan, standby)).isEqualTo(1);
        }
        assertThat(instances(period(mark, 1000), standby)).isEqualTo(2);
    }

    @Test
    void aBurstableInstanceWithoutCreditsCountsWithItsBaseline() {
        Mark mark = mark("{\"instanceTypes\": [\"t2.medium\", \"c5.large\"], \"onDemandShare\": 1, \"warmUp\": 1000}");
        int burstable = onDemand("t2.medium");
        Plan plan = start(mark, 700);
        // 840 a minute: t2.medium serves as much as c5.large, and is cheaper
        assertThat(instances(plan, burstable)).isEqualTo(3);
        obey(plan);
        view.throttled(burstable, 3);
        plan = mark.plan(view.trigger(Trigger.LOSS));
        // three that serve a fifth each leave room for others
        assertThat(instances(plan, burstable) + instances(plan, onDemand("c5.large")))
                .isGreaterThan(3);
    }

    @Test
    void backupsStandByAreStartedForWhatIsLostAndStoppedAgain() {
        Mark mark = mark("{\"instanceTypes\": [\"c5.large\"], \"backups\": 10, \"backupType\": \"t2.medium\"}");
        int fleet = spot("c5.large");
        int backup = onDemand("t2.medium");
        Plan plan = start(mark, 2500);
        assertThat(target(plan, backup).standby()).isEqualTo(10);
        assertThat(instances(plan, backup)).isZero();
        obey(plan);
        view.noticed(fleet, 8);
        plan = mark.plan(view.trigger(Trigger.NOTICE));
        // 3 are left for 3000 a minute: 2148 are missing
        assertThat(instances(plan, backup)).isEqualTo(8);
        assertThat(target(plan, backup).standby()).isEqualTo(2);
        assertThat(target(plan, backup).reason().code()).isEqualTo("backups-started");
        view.noticed(fleet, 0)
                .ready(fleet, 3)
                .pending(fleet, 8)
                .ready(backup, 8)
                .standby(backup, 2);
        plan = interval(mark, 2500);
        assertThat(instances(plan, backup)).isEqualTo(8);
        view.ready(fleet, 8).pending(fleet, 3);
        plan = interval(mark, 2500);
        assertThat(instances(plan, backup)).isEqualTo(3);
        view.ready(fleet, 11).pending(fleet, 0).ready(backup, 3).standby(backup, 7);
        plan = interval(mark, 2500);
        assertThat(instances(plan, backup)).isZero();
        assertThat(target(plan, backup).standby()).isEqualTo(10);
    }

    @Test
    void backupsThatDoNotStandByAreNotLaunched() {
        Mark mark = mark("{\"instanceTypes\": [\"c5.large\"], \"backups\": 10}");
        obey(start(mark, 2500));
        view.standby(onDemand("t2.medium"), 4).noticed(spot("c5.large"), 8);
        Plan plan = mark.plan(view.trigger(Trigger.NOTICE));
        assertThat(instances(plan, onDemand("t2.medium"))).isEqualTo(4);
    }

    @Test
    void withoutASpotMarketThereAreNoBackups() {
        ServiceCatalog single = Worlds.single();
        Mark mark = mark(single, "{\"backups\": 10}");
        Plan plan = mark.plan(new FakeView(single).trigger(Trigger.START).arrivals(0, 100));
        assertThat(plan.fleets())
                .hasSize(1)
                .allSatisfy(t -> assertThat(t.standby()).isZero());
    }

    @Test
    void machinesOfAManagedServiceAreNotPlanned() {
        for (int t = 0; t < catalog.instanceTypes(); t++) {
            view.unavailable(
                    catalog.fleet(0, t), !catalog.instanceType(t).name().startsWith("ml."));
        }
        assertThat(start(mark("{}"), 2500).fleets()).isEmpty();
    }

    @Test
    void aTypeThatTheWorkloadLacksIsNamed() {
        for (String setting : List.of(
                "\"instanceTypes\": [\"c5.lrge\"]",
                "\"standbyType\": \"c5.lrge\"",
                "\"backups\": 1, \"backupType\": \"c5.lrge\"")) {
            assertThatThrownBy(() -> mark("{" + setting + "}"))
                    .isInstanceOf(InputException.class)
                    .hasMessageContaining("c5.lrge")
                    .hasMessageContaining("c5.large");
        }
    }

    @Test
    void aFleetThatCannotKeepThePromiseIsNotPlanned() {
        // c5.large takes 211 ms
        ServiceCatalog tight = Worlds.catalog(
                Worlds.pool("mark"), List.of("c5.large", "c5.xlarge"), List.of(), Worlds.strict(200L, "inception-v3"));
        Plan plan = mark(tight, ON_DEMAND)
                .plan(new FakeView(tight).trigger(Trigger.START).arrivals(0, 20));
        assertThat(plan.fleets())
                .isNotEmpty()
                .allSatisfy(t -> assertThat(
                                tight.instanceType(tight.typeOfFleet(t.fleet())).name())
                        .isNotEqualTo("c5.large"));
    }
}
