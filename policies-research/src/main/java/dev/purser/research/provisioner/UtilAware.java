package dev.purser.research.provisioner;

import dev.purser.core.policy.FleetTarget;
import dev.purser.core.policy.ProvisioningView;
import dev.purser.core.policy.Reason;
import dev.purser.spi.PolicyContext;
import dev.purser.spi.Setting;
import java.time.Duration;

/**
 * Launches when the fleet is busy: the {@code util_aware} baseline of Paragon's scaling study (WoSC'20), "spawn at 80 %
 * utilisation", as a cloud's autoscaling group does it. The paper gives the threshold alone; the step, the lower
 * threshold, and holding back while much is pending are the usual rules of such groups.
 */
public final class UtilAware extends FleetRule {

    /**
     * Settings.
     *
     * @param upper utilisation at which instances are added
     * @param lower utilisation below which idle instances are given up
     * @param step instances added, as a share of the fleet
     * @param idleTimeout how long an instance is idle before it is given up
     * @param minInstances least instances of each variant
     */
    public record Settings(
            @Setting(value = "utilisation at which instances are added", byDefault = "0.8", min = 0.01, max = 1)
            double upper,

            @Setting(value = "utilisation below which idle instances are given up", byDefault = "0.5", min = 0, max = 1)
            double lower,

            @Setting(value = "instances added, as a share of the fleet", byDefault = "0.1", min = 0, max = 10)
            double step,

            @Setting(value = "an instance idle for this long is given up", byDefault = "3m")
            Duration idleTimeout,

            @Setting(value = "least instances of each variant", byDefault = "1", min = 1, max = 100000)
            int minInstances) {
        public Settings {
            Durations.requireNotNegative("idleTimeout", idleTimeout);
            if (lower > upper) {
                throw new IllegalArgumentException("lower is " + lower + ", but it must not be above upper, " + upper);
            }
        }
    }

    /** While more than this share of the fleet is pending, nothing is added. */
    private static final double PENDING_LIMIT = 0.5;

    private final Settings settings;

    /** A provisioner for what the context will serve. */
    public UtilAware(Settings settings, PolicyContext context) {
        super(settings.idleTimeout().toNanos(), settings.minInstances());
        this.settings = settings;
    }

    @Override
    void observe(ProvisioningView view) {
        // the view's utilisation is all that this rule looks at
    }

    @Override
    FleetTarget want(ProvisioningView view, int variant, int fleet) {
        if (view.trigger() == ProvisioningView.Trigger.START) {
            double rate = view.arrivals(variant) * 1e9 / view.intervalNanos();
            double capacity = view.catalog().capacity(fleet) * settings.upper();
            return new FleetTarget(
                    fleet,
                    instancesFor(rate, capacity),
                    Reason.of("start", "{observed} requests/s at {limit} requests/s an instance", rate, capacity));
        }
        int ready = view.readyInstances(fleet);
        int pending = view.pendingInstances(fleet);
        int have = ready + pending;
        double utilisation = view.utilisation(fleet);
        boolean busy = utilisation >= settings.upper() || (ready == 0 && view.queueLength(variant) > 0);
        if (busy && pending > PENDING_LIMIT * have) {
            return new FleetTarget(
                    fleet,
                    have,
                    Reason.of("pending", "{observed} instances of {limit} are starting already", pending, have));
        }
        if (busy) {
            return new FleetTarget(
                    fleet,
                    have + Math.max(1, instancesFor(settings.step() * have, 1)),
                    Reason.of("busy", "utilisation {observed} has reached {limit}", utilisation, settings.upper()));
        }
        if (utilisation < settings.lower()) {
            return new FleetTarget(
                    fleet,
                    instancesFor(have * utilisation, settings.upper()),
                    Reason.of("idle", "utilisation {observed} is below {limit}", utilisation, settings.lower()));
        }
        return new FleetTarget(
                fleet,
                have,
                Reason.of("in-range", "utilisation {observed} is below {limit}", utilisation, settings.upper()));
    }
}
