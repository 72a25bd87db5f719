package dev.purser.research.provisioner;

import dev.purser.core.policy.FleetTarget;
import dev.purser.core.policy.ProvisioningView;
import dev.purser.core.policy.Reason;
import dev.purser.spi.PolicyContext;
import dev.purser.spi.Setting;
import java.time.Duration;

/**
 * Follows the load: as many instances as the rate of the last while needs, and enough to work off what waits. It is the
 * reactive baseline of Spock (CLOUD'19) and Paragon (WoSC'20, scaling study), the VM side of {@code mixed}, and of Paragon in
 * a period of changing load.
 *
 * <p>want = ceil((rate + backlog / drain) S / slots). The papers name the rule and not its window; the drain term is
 * ours, for without it a backlog that built up while instances booted would never shrink.
 */
public final class Reactive extends FleetRule {

    /**
     * Settings.
     *
     * @param window how far back the rate is averaged
     * @param drain within what time a backlog is to be worked off
     * @param idleTimeout how long an instance is idle before it is given up
     * @param minInstances least instances of each variant
     */
    public record Settings(
            @Setting(value = "how far back the rate is averaged", byDefault = "1m")
            Duration window,

            @Setting(value = "time within which a backlog is to be worked off", byDefault = "60s")
            Duration drain,

            @Setting(value = "an instance idle for this long is given up", byDefault = "3m")
            Duration idleTimeout,

            @Setting(value = "least instances of each variant", byDefault = "1", min = 0, max = 100000)
            int minInstances) {
        public Settings {
            Durations.requirePositive("window", window);
            Durations.requirePositive("drain", drain);
            Durations.requireNotNegative("idleTimeout", idleTimeout);
        }
    }

    private final Load load;
    private final double drainSeconds;

    /** A provisioner for what the context will serve. */
    public Reactive(Settings settings, PolicyContext context) {
        super(settings.idleTimeout().toNanos(), settings.minInstances());
        load = new Load(context.catalog().variants(), settings.window());
        drainSeconds = settings.drain().toNanos() / 1e9;
    }

    @Override
    void observe(ProvisioningView view) {
        load.observe(view);
    }

    @Override
    FleetTarget want(ProvisioningView view, int variant, int fleet) {
        return follow(view, variant, fleet, load.rate(variant), drainSeconds);
    }

    /** The rule, for those who know the rate from elsewhere. */
    static FleetTarget follow(ProvisioningView view, int variant, int fleet, double rate, double drainSeconds) {
        double capacity = view.catalog().capacity(fleet);
        double demand = rate + view.queueLength(variant) / drainSeconds;
        return new FleetTarget(
                fleet,
                instancesFor(demand, capacity),
                Reason.of(
                        "load",
                        "{observed} requests/s (with the backlog) at {limit} requests/s an instance",
                        demand,
                        capacity));
    }
}
