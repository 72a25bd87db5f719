package dev.purser.research.provisioner;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.purser.core.InputException;
import dev.purser.core.json.Json;
import dev.purser.core.policy.FleetTarget;
import dev.purser.core.policy.Plan;
import dev.purser.core.policy.ProvisioningView.Trigger;
import dev.purser.core.policy.ServiceCatalog;
import dev.purser.research.FakeView;
import dev.purser.research.Worlds;
import dev.purser.spi.SettingsBinder;
import org.junit.jupiter.api.Test;

/** Target tracking for Inception-v3 at 100 invocations per instance and minute, in control intervals of 20 s. */
class TargetTrackingTest {
    private static final int TARGET = 100;

    private final ServiceCatalog catalog = Worlds.shipped("mark");
    private final FakeView view = new FakeView(catalog).interval(20);
    private double now;
    private int fleet;

    private TargetTracking policy(String settings) {
        ObjectNode json = (ObjectNode) Json.parse("the test", settings);
        return new TargetTracking(
                SettingsBinder.bind("test", TargetTracking.Settings.class, json), Worlds.context(catalog));
    }

    private TargetTracking started(double perMinute) {
        return started("{\"target\": " + TARGET + "}", perMinute);
    }

    private TargetTracking started(String settings, double perMinute) {
        TargetTracking policy = policy(settings);
        Plan plan = policy.plan(view.trigger(Trigger.START).arrivals(0, perMinute / 3));
        fleet = plan.fleets().getFirst().fleet();
        view.ready(fleet, plan.fleets().getFirst().instances());
        return policy;
    }

    /** A minute with so many requests; instances are there at once. */
    private FleetTarget minute(TargetTracking policy, double requests) {
        FleetTarget target = null;
        for (int i = 0; i < 3; i++) {
            now += 20;
            target = policy.plan(view.at(now).trigger(Trigger.INTERVAL).arrivals(0, requests / 3))
                    .fleets()
                    .getFirst();
            view.ready(fleet, target.instances());
        }
        return target;
    }

    @Test
    void theTypeIsTheManagedServicesCheapestAndTheFirstCountTheOperators() {
        TargetTracking policy = started("{}", 1400);
        assertThat(catalog.fleetName(fleet)).isEqualTo("inception-v3 on ml.c5.large");
        // half of 284 a minute is the target
        assertThat(view.readyInstances(fleet)).isEqualTo(10);
        assertThat(policy.plan(view.trigger(Trigger.LOSS)).fleets().getFirst().instances())
                .isEqualTo(10);
    }

    @Test
    void variantsThatNobodyAsksForHaveNoEndpoint() {
        TargetTracking policy = policy("{\"instanceType\": \"c5.xlarge\", \"minCapacity\": 2}");
        Plan plan = policy.plan(view.trigger(Trigger.START).arrivals(0, 1));
        assertThat(plan.fleets()).hasSize(4);
        assertThat(plan.fleets().stream().mapToInt(FleetTarget::instances)).containsExactly(2, 0, 0, 0);
        plan = policy.plan(view.trigger(Trigger.INTERVAL).arrivals(2, 1));
        assertThat(plan.fleets().stream().mapToInt(FleetTarget::instances)).containsExactly(2, 0, 2, 0);
    }

    @Test
    void threeDataPointsAboveTheTargetScaleOutAMinuteLate() {
        TargetTracking policy = started(1000);
        assertThat(view.readyInstances(fleet)).isEqualTo(10);
        for (int i = 1; i <= 3; i++) {
            assertThat(minute(policy, 1990).instances()).as("minute %d", i).isEqualTo(10);
        }
        FleetTarget target = minute(policy, 1990);
        assertThat(target.instances()).isEqualTo(20);
        assertThat(target.reason().code()).isEqualTo("scale-out");
        assertThat(target.reason().observed()).isEqualTo(199);
    }

    @Test
    void inACooldownOnlyALargerScaleOutIsMade() {
        TargetTracking policy = started(1000);
        for (int i = 0; i < 4; i++) {
            minute(policy, 1200);
        }
        assertThat(view.readyInstances(fleet)).isEqualTo(12);
        FleetTarget target = minute(policy, 1400);
        for (int i = 0; i < 3; i++) {
            assertThat(target.instances()).as("minute %d", i).isEqualTo(12);
            target = minute(policy, 1400);
        }
        assertThat(target.instances()).isEqualTo(12);
        assertThat(target.reason().code()).isEqualTo("cooldown");
        // the cooldown is over
        assertThat(minute(policy, 1400).instances()).isEqualTo(14);
        for (int i = 0; i < 3; i++) {
            target = minute(policy, 3000);
        }
        assertThat(target.instances()).isEqualTo(30);
    }

    @Test
    void fifteenDataPointsBelowScaleInAndThenACooldownHolds() {
        TargetTracking policy = started(1000);
        for (int i = 1; i <= 15; i++) {
            assertThat(minute(policy, 500).instances()).as("minute %d", i).isEqualTo(10);
        }
        FleetTarget target = minute(policy, 500);
        assertThat(target.instances()).isEqualTo(5);
        assertThat(target.reason().code()).isEqualTo("scale-in");
        for (int i = 0; i < 4; i++) {
            assertThat(minute(policy, 200).instances()).isEqualTo(5);
        }
        assertThat(minute(policy, 200).instances()).isEqualTo(2);
    }

    @Test
    void alittleBelowTheTargetNothingChanges() {
        TargetTracking policy = started(1000);
        for (int i = 0; i < 40; i++) {
            assertThat(minute(policy, 910).instances()).isEqualTo(10);
        }
    }

    @Test
    void withoutRequestsThereIsNoDataAndNoScaleIn() {
        TargetTracking policy = started(1000);
        for (int i = 0; i < 40; i++) {
            assertThat(minute(policy, 0).instances()).isEqualTo(10);
        }
    }

    @Test
    void theBoundsHold() {
        TargetTracking policy = started("{\"target\": 100, \"minCapacity\": 3, \"maxCapacity\": 12}", 100);
        assertThat(view.readyInstances(fleet)).isEqualTo(3);
        for (int i = 0; i < 4; i++) {
            minute(policy, 1e6);
        }
        assertThat(view.readyInstances(fleet)).isEqualTo(12);
    }

    @Test
    void settingsThatContradictOneAnotherAreRefused() {
        assertThatThrownBy(() -> policy("{\"minCapacity\": 5, \"maxCapacity\": 4}"))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("minCapacity is 5");
        assertThatThrownBy(() -> policy("{\"instanceType\": \"ml.c5.lage\"}"))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("ml.c5.large");
    }
}
