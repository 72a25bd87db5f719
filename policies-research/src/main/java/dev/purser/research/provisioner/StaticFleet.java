package dev.purser.research.provisioner;

import dev.purser.core.policy.FleetTarget;
import dev.purser.core.policy.ProvisioningView;
import dev.purser.core.policy.Reason;
import dev.purser.spi.PolicyContext;
import dev.purser.spi.Setting;

/**
 * A fleet that is sized once and never changes: the operator's estimate of the load, with headroom; or a fixed number of
 * instances for each variant.
 */
public final class StaticFleet extends FleetRule {

    /**
     * Settings.
     *
     * @param headroom fleet capacity over the estimated load
     * @param instances instances of each variant; 0 to size them by the load
     * @param minInstances least instances of each variant
     */
    public record Settings(
            @Setting(
                    value = "fleet capacity over the operator's estimate of the load",
                    byDefault = "1.2",
                    min = 0,
                    max = 100)
            double headroom,

            @Setting(
                    value = "instances of each variant; 0 sizes them by the estimate",
                    byDefault = "0",
                    min = 0,
                    max = 100000)
            int instances,

            @Setting(value = "least instances of each variant", byDefault = "1", min = 0, max = 100000)
            int minInstances) {}

    private final Settings settings;
    private final double[] rate;

    /** A fleet for what the context will serve. */
    public StaticFleet(Settings settings, PolicyContext context) {
        super(Long.MAX_VALUE / 2, settings.minInstances());
        this.settings = settings;
        rate = new double[context.catalog().variants()];
    }

    @Override
    void observe(ProvisioningView view) {
        if (view.trigger() == ProvisioningView.Trigger.START) {
            for (int v = 0; v < rate.length; v++) {
                rate[v] = view.arrivals(v) * 1e9 / view.intervalNanos();
            }
        }
    }

    @Override
    FleetTarget want(ProvisioningView view, int variant, int fleet) {
        if (settings.instances() > 0) {
            return new FleetTarget(
                    fleet, settings.instances(), Reason.of("static", "the fleet is fixed by its settings"));
        }
        double load = settings.headroom() * rate[variant];
        return new FleetTarget(
                fleet,
                instancesFor(load, view.catalog().capacity(fleet)),
                Reason.of(
                        "static",
                        "sized once for {observed} requests/s at {limit} requests/s an instance",
                        load,
                        view.catalog().capacity(fleet)));
    }
}
