package dev.purser.core.engine;

import dev.purser.core.engine.DecisionLog.FleetDecision;
import dev.purser.core.engine.DecisionLog.PlanDecision;
import dev.purser.core.policy.FleetTarget;
import dev.purser.core.policy.Offload;
import dev.purser.core.policy.Plan;
import dev.purser.core.policy.ProvisioningView.Trigger;
import dev.purser.core.policy.Reason;
import dev.purser.core.policy.ServiceCatalog;
import dev.purser.core.pricing.Market;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Asks the provisioner and carries its plan out, within the ceilings, which bind every plan. */
final class Planning {
    private static final Reason UNAVAILABLE =
            Reason.of("unavailable", "a launch failed lately, and none is tried for a while");
    private static final Reason INSTANCE_LIMIT =
            Reason.of("instance-limit", "the controller's limit on instances bounds the plan");
    private static final Reason DOLLAR_LIMIT =
            Reason.of("dollar-limit", "the controller's limit on dollars an hour bounds the plan");
    private static final Offload TOO_DEAR = new Offload(false, Double.POSITIVE_INFINITY, DOLLAR_LIMIT);

    private final Engine engine;
    private final ServiceCatalog catalog;
    private final FleetTable fleets;
    /** By fleet: launches that failed since the last that did not, and until when none is tried. */
    private final int[] failures;

    private final long[] unavailableUntil;
    /** By fleet: stopped instances to hold. */
    private final int[] standbyTarget;

    private Offload offload = Offload.always();

    Planning(Engine engine) {
        this.engine = engine;
        catalog = engine.catalog;
        fleets = engine.fleets;
        failures = new int[catalog.fleets()];
        unavailableUntil = new long[catalog.fleets()];
        standbyTarget = new int[catalog.fleets()];
    }

    Offload offload() {
        return offload;
    }

    /** What may be spent on functions in this interval is spent. */
    void functionsTooDear() {
        offload = TOO_DEAR;
    }

    boolean isUnavailable(int fleet) {
        return engine.clock.nanos() < unavailableUntil[fleet];
    }

    /** A launch for a fleet succeeded. */
    void launched(int fleet) {
        failures[fleet] = 0;
        unavailableUntil[fleet] = 0;
    }

    /** A launch for a fleet failed: none is tried for a while, longer with each. */
    void launchFailed(int fleet, long now) {
        int waits = 1 << Math.min(failures[fleet]++, Integer.numberOfTrailingZeros(ControllerSettings.MOST_RETRIES));
        unavailableUntil[fleet] = now + engine.settings.launchRetry().toNanos() * waits;
    }

    /** Whether a fleet is to hold more stopped instances than it does. */
    boolean wantsStandby(int fleet) {
        return fleets.standbyInstances(fleet) + fleets.preparingInstances(fleet) < standbyTarget[fleet];
    }

    /** Whether a fleet is to hold as many stopped instances as it does. */
    boolean holdsStandby(int fleet) {
        return fleets.standbyInstances(fleet) <= standbyTarget[fleet];
    }

    void plan(Trigger trigger) {
        Plan plan = engine.policies.plan(engine.view.at(trigger));
        if (plan == null) {
            return;
        }
        offload = plan.offload();
        List<FleetDecision> decisions = new ArrayList<>(plan.fleets().size());
        for (FleetTarget target : plan.fleets()) {
            if (isPossible(target)) {
                decisions.add(apply(target));
            }
        }
        engine.log.plan(new PlanDecision(engine.clock.nanos(), trigger, decisions, offload));
    }

    private boolean isPossible(FleetTarget target) {
        int fleet = target.fleet();
        if (fleet < 0 || fleet >= catalog.fleets() || (target.instances() > 0 && catalog.slots(fleet) == 0)) {
            engine.policies.misled(
                    Policies.Kind.PROVISIONER,
                    "asks for " + target.instances() + " instances of fleet " + fleet + ", which cannot serve");
            return false;
        }
        if (target.standby() > 0 && catalog.market(catalog.typeOfFleet(fleet)) == Market.SPOT) {
            engine.policies.misled(
                    Policies.Kind.PROVISIONER,
                    "asks for spot instances on standby in fleet " + fleet + ", but those cannot be stopped");
            return false;
        }
        return true;
    }

    private FleetDecision apply(FleetTarget target) {
        int fleet = target.fleet();
        long now = engine.clock.nanos();
        int before = fleets.readyInstances(fleet) + fleets.pendingInstances(fleet) - fleets.noticedInstances(fleet);
        int have = before;
        long first = -1;
        int launched = 0;
        int stopped = 0;
        Reason reason = target.reason();
        standbyTarget[fleet] = engine.platform.keepsStopped() ? target.standby() : 0;
        while (have < target.instances() && fleets.drainingInstances(fleet) > 0) {
            fleets.undrain(fleet, now);
            have++;
        }
        engine.batches.serve(fleet, now);
        while (have < target.instances()) {
            Reason limit = limit(fleet);
            if (limit != null) {
                reason = limit;
                break;
            }
            int standby = fleets.firstStandby(fleet);
            if (standby == FleetTable.NONE && now < unavailableUntil[fleet]) {
                reason = UNAVAILABLE;
                break;
            }
            first = first < 0 ? fleets.started() : first;
            if (standby == FleetTable.NONE) {
                engine.instances.launch(fleet, false, now);
            } else {
                engine.instances.start(standby, now);
            }
            launched++;
            have++;
        }
        while (have > target.instances()) {
            int instance = fleets.dispensable(fleet);
            if (fleets.busySlots(instance) > 0) {
                fleets.drain(instance, now);
            } else {
                engine.instances.giveUp(instance, now);
            }
            stopped++;
            have--;
        }
        engine.batches.releaseWithoutInstance(fleet, now);
        keepStandbys(fleet, now);
        return new FleetDecision(
                fleet, before, target.instances(), first, launched, stopped, standbyTarget[fleet], reason);
    }

    /** The ceiling that forbids one more instance of a fleet; null where none does. */
    private @Nullable Reason limit(int fleet) {
        if (fleets.alive() + fleets.ending() >= engine.settings.maxInstances()) {
            return INSTANCE_LIMIT;
        }
        double most = engine.settings.maxUsdPerHour();
        double usd = engine.account.usdPerSecond(catalog.typeOfFleet(fleet)) * 3600;
        return most < Double.POSITIVE_INFINITY && engine.account.usdPerHour() + usd > most ? DOLLAR_LIMIT : null;
    }

    private void keepStandbys(int fleet, long now) {
        // those that drain will stand by when they have served what they have
        int have = fleets.standbyInstances(fleet) + fleets.preparingInstances(fleet) + fleets.drainingInstances(fleet);
        while (have < standbyTarget[fleet] && limit(fleet) == null && now >= unavailableUntil[fleet]) {
            engine.instances.launch(fleet, true, now);
            have++;
        }
        while (have > standbyTarget[fleet] && fleets.dispensableStandby(fleet) != FleetTable.NONE) {
            engine.instances.end(fleets.dispensableStandby(fleet), now, false);
            have--;
        }
    }
}
