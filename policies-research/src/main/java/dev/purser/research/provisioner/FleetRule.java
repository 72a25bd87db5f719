package dev.purser.research.provisioner;

import dev.purser.core.policy.FleetTarget;
import dev.purser.core.policy.Offload;
import dev.purser.core.policy.Plan;
import dev.purser.core.policy.ProvisioningView;
import dev.purser.core.policy.Reason;
import dev.purser.core.policy.ResourceProvisioner;
import dev.purser.core.policy.ServiceCatalog;
import java.util.ArrayList;
import java.util.List;

/**
 * The skeleton that the published provisioners share: one fleet for each variant, of the instance type with the least
 * cost per request; a rule says how many instances the load wants; an instance above that is given up once it has been
 * idle for a while (Spock releases a VM after three idle minutes, InferAll's simulator after 180 s).
 */
abstract class FleetRule implements ResourceProvisioner {
    /** A load that a fleet of n can just serve must not ask for n + 1 because of the last bit. */
    private static final double ROUNDING = 1e-9;

    private final long idleNanos;
    private final int minInstances;

    FleetRule(long idleNanos, int minInstances) {
        this.idleNanos = idleNanos;
        this.minInstances = minInstances;
    }

    @Override
    public final Plan plan(ProvisioningView view) {
        ServiceCatalog catalog = view.catalog();
        if (view.trigger() != ProvisioningView.Trigger.LOSS) {
            observe(view);
        }
        List<FleetTarget> targets = new ArrayList<>(catalog.variants());
        for (int v = 0; v < catalog.variants(); v++) {
            int fleet = catalog.cheapestFleet(v);
            if (fleet >= 0) {
                targets.add(target(view, v, fleet));
            }
        }
        return new Plan(targets, offload(view));
    }

    private FleetTarget target(ProvisioningView view, int variant, int fleet) {
        FleetTarget wanted = want(view, variant, fleet);
        int have = view.readyInstances(fleet) + view.pendingInstances(fleet);
        int want = Math.max(minInstances, wanted.instances());
        if (want >= have) {
            return new FleetTarget(fleet, want, wanted.reason());
        }
        int keep = Math.max(want, have - view.idleInstances(fleet, idleNanos));
        if (keep == want) {
            return new FleetTarget(fleet, want, wanted.reason());
        }
        return new FleetTarget(
                fleet,
                keep,
                Reason.of(
                        "idle-timeout",
                        "{limit} instances would do, but only those idle for " + idleNanos / 1_000_000_000
                                + " s are given up, which leaves {observed}",
                        keep,
                        want));
    }

    /** Takes in what the last interval brought; called once for each interval and at the start. */
    abstract void observe(ProvisioningView view);

    /** How many instances a variant's load wants, and why. */
    abstract FleetTarget want(ProvisioningView view, int variant, int fleet);

    /** What dispatchers are told of functions. */
    Offload offload(ProvisioningView view) {
        return Offload.always();
    }

    /** Instances that serve a rate at full utilisation: ceil(rate S / slots). */
    static int instancesFor(double rate, double capacity) {
        return (int) Math.min(Integer.MAX_VALUE, Math.ceil(rate / capacity - ROUNDING));
    }
}
