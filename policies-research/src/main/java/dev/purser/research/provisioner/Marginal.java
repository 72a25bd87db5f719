package dev.purser.research.provisioner;

import dev.purser.core.policy.FleetTarget;
import dev.purser.core.policy.ProvisioningView;
import dev.purser.core.policy.Reason;
import dev.purser.core.policy.ServiceCatalog;
import dev.purser.spi.PolicyContext;
import dev.purser.spi.Setting;
import java.time.Duration;

/**
 * Keeps the k-th instance for as long as it would have saved more in function cost over the last while than it costs
 * itself. Not published: it is the marginal argument of the clairvoyant bound, applied to the recent past in place of the
 * future. With functions at r times an instance's cost per request, an instance pays once its level of demand is
 * exceeded more than 1/r of the time; rules that follow the load buy far above that.
 */
public final class Marginal extends FleetRule {

    /**
     * Settings.
     *
     * @param window the past that stands for the future
     * @param idleTimeout how long an instance is idle before it is given up
     * @param minInstances least instances of each variant
     */
    public record Settings(
            @Setting(value = "the past that stands for the future", byDefault = "10m")
            Duration window,

            @Setting(value = "an instance idle for this long is given up", byDefault = "3m")
            Duration idleTimeout,

            @Setting(value = "least instances of each variant", byDefault = "0", min = 0, max = 100000)
            int minInstances) {
        public Settings {
            Durations.requirePositive("window", window);
            Durations.requireNotNegative("idleTimeout", idleTimeout);
        }
    }

    private final Load load;
    private final double[] functionUsd;

    /** A provisioner for what the context will serve. */
    public Marginal(Settings settings, PolicyContext context) {
        super(settings.idleTimeout().toNanos(), settings.minInstances());
        ServiceCatalog catalog = context.catalog();
        load = new Load(catalog.variants(), settings.window());
        functionUsd = new double[catalog.variants()];
        for (int v = 0; v < functionUsd.length; v++) {
            functionUsd[v] = Double.POSITIVE_INFINITY;
            for (int m = 0; m < catalog.memorySizes(); m++) {
                functionUsd[v] = Math.min(functionUsd[v], catalog.functionUsd(catalog.function(v, m)));
            }
        }
    }

    @Override
    void observe(ProvisioningView view) {
        load.observe(view);
    }

    @Override
    FleetTarget want(ProvisioningView view, int variant, int fleet) {
        ServiceCatalog catalog = view.catalog();
        double capacity = catalog.capacity(fleet);
        double price = catalog.usdPerSecond(catalog.typeOfFleet(fleet));
        double intervalSeconds = view.intervalNanos() / 1e9;
        // a later instance never saves more than an earlier one, and none above the peak saves anything
        int from = 0;
        int to = instancesFor(peak(variant) / intervalSeconds, capacity);
        while (from < to) {
            int k = from + (to - from) / 2;
            if (saving(variant, k, capacity, intervalSeconds) > price) {
                from = k + 1;
            } else {
                to = k;
            }
        }
        return new FleetTarget(
                fleet,
                from,
                Reason.of(
                        "marginal-saving",
                        "one more instance would save {observed} USD/h of function cost and costs {limit} USD/h",
                        saving(variant, from, capacity, intervalSeconds) * 3600,
                        price * 3600));
    }

    private double peak(int variant) {
        RateWindow window = load.window(variant);
        double peak = 0;
        for (int i = 0; window != null && i < window.filled(); i++) {
            peak = Math.max(peak, window.count(i));
        }
        return peak;
    }

    /** What instance k (from 0) would have saved in function cost, in USD per second. */
    private double saving(int variant, int k, double capacity, double intervalSeconds) {
        RateWindow window = load.window(variant);
        if (window == null || window.filled() == 0) {
            return 0;
        }
        double served = 0;
        for (int i = 0; i < window.filled(); i++) {
            double above = window.count(i) / intervalSeconds - k * capacity;
            served += Math.max(0, Math.min(capacity, above));
        }
        return served == 0 ? 0 : served / window.filled() * functionUsd[variant];
    }
}
