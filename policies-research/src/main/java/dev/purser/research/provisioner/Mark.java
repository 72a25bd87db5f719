package dev.purser.research.provisioner;

import com.fasterxml.jackson.annotation.JsonProperty;
import dev.purser.core.policy.FleetTarget;
import dev.purser.core.policy.Offload;
import dev.purser.core.policy.Plan;
import dev.purser.core.policy.ProvisioningView;
import dev.purser.core.policy.ProvisioningView.Trigger;
import dev.purser.core.policy.ResourceProvisioner;
import dev.purser.core.policy.ServiceCatalog;
import dev.purser.research.batching.SloBatches;
import dev.purser.spi.PolicyContext;
import dev.purser.spi.PolicySpec;
import dev.purser.spi.Setting;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * MArk's provisioning (Zhang et al., ATC'19, with github.com/marcoszh/MArk-Project where the paper leaves things open): every
 * period the load to come is forecast ({@link PeriodForecast}) and the cheapest instances for it are planned anew
 * ({@link GreedyPlan}), from several types, on demand and on the spot market; instances are given up only above what the
 * last plans wanted; a watch over the latency promise launches one more where it is broken ({@link SloMonitor}); stopped
 * instances stand by for those that the spot market takes back. Each variant is planned for by itself.
 *
 * <p>Where it departs from the release, and why:
 *
 * <ul>
 *   <li>The release waits for five periods before it does anything; here the operator's estimate stands in.
 *   <li>A sampling window is a control interval (the release has 5 s).
 *   <li>An instance that was lost, or that the provider has announced to take back, is planned for at once, with the last
 *       forecast. A fleet whose launches fail is left out until one can be tried again. Burstable instances without
 *       credits count with what their baseline serves.
 *   <li>Backups are started for the capacity that is missing, not all at once, and stopped when what the plan launched
 *       serves, not after 100 s. They are held for variants that may be served from the spot market.
 *   <li>{@code onDemandShare}: that share of the forecast is planned from on-demand instances alone, the rest from all.
 * </ul>
 */
public final class Mark implements ResourceProvisioner {

    /** How the load to come is told. */
    public enum Estimator {
        /** By the load predictor: what the paper describes. */
        @JsonProperty("predictor")
        PREDICTOR,
        /** As the last period. */
        @JsonProperty("persistence")
        PERSISTENCE,
        /** The greatest load ever: what the release does, in which the maximum is never reset. */
        @JsonProperty("sticky-max")
        STICKY_MAX
    }

    /**
     * Settings.
     *
     * @param estimator how the load to come is told
     * @param predictor the load predictor, one for each variant, fed once each period
     * @param period how often is planned
     * @param warmUp periods before the estimator is believed
     * @param safety what the forecast is multiplied by
     * @param horizon periods that are forecast
     * @param lookAhead periods in which the plan must suffice
     * @param launchOverhead paid time of an instance before it serves
     * @param hysteresis plans above all of which an instance is given up
     * @param instanceTypes types to plan with; empty for all
     * @param priceRefresh how often prices are looked at
     * @param onDemandShare share of the forecast that is planned from on-demand instances alone
     * @param margin share of the latency promise that batches leave free
     * @param allowance taken off the promise for what is neither wait nor service
     * @param monitorWeight what one request counts in the moving share of those that broke their promise
     * @param violationLimit that share, above which is launched
     * @param standbyLaunches how many instances are launched then
     * @param standbyType their type
     * @param standbyCooldown periods without another such launch
     * @param backups stopped instances to hold
     * @param backupType their type
     */
    public record Settings(
            @Setting(value = "how the load to come is told", byDefault = "predictor")
            Estimator estimator,

            @Setting(value = "load predictor, fed with the load of each period", byDefault = "ensemble")
            PolicySpec predictor,

            @Setting(value = "how often is planned: as many control intervals as that is", byDefault = "60s")
            Duration period,

            @Setting(
                    value = "periods before the estimator is believed: until then the load stays, and is the operator's"
                            + " estimate at least",
                    byDefault = "5",
                    min = 0,
                    max = 10000)
            int warmUp,

            @Setting(value = "safety factor on the forecast", byDefault = "1.2", min = 0, max = 100)
            double safety,

            @Setting(value = "periods that are forecast", byDefault = "50", min = 1, max = 1000)
            int horizon,

            @Setting(value = "periods for which the plan must suffice", byDefault = "6", min = 1, max = 1000)
            int lookAhead,

            @Setting(value = "paid time of an instance before it serves", byDefault = "180s")
            Duration launchOverhead,

            @Setting(
                    value = "an instance is given up above the most that so many plans wanted of its type",
                    byDefault = "6",
                    min = 1,
                    max = 1000)
            int hysteresis,

            @Setting(
                    value =
                            "instance types to plan with, on demand and spot; empty for all that are not burstable and of no"
                                    + " managed service",
                    byDefault = "[]")
            List<String> instanceTypes,

            @Setting(value = "how often spot prices are looked at", byDefault = "600s")
            Duration priceRefresh,

            @Setting(
                    value = "least share of the forecast that on-demand instances alone are planned for",
                    byDefault = "0",
                    min = 0,
                    max = 1)
            double onDemandShare,

            @Setting(
                    value = "share of the latency promise that batches leave free, as the batching policy has it",
                    byDefault = "0.1",
                    min = 0,
                    max = 0.99)
            double margin,

            @Setting(value = "taken off the latency promise for what is neither wait nor service", byDefault = "5ms")
            Duration allowance,

            @Setting(
                    value = "what one request counts in the moving share of broken promises",
                    byDefault = "0.001",
                    min = 0,
                    max = 1)
            double monitorWeight,

            @Setting(
                    value = "moving share of broken promises above which more is launched",
                    byDefault = "0.02",
                    min = 0,
                    max = 1)
            double violationLimit,

            @Setting(
                    value = "instances launched when promises are broken; 0 for none",
                    byDefault = "1",
                    min = 0,
                    max = 1000)
            int standbyLaunches,

            @Setting(
                    value =
                            "their type (MArk has c5.xlarge), may be burstable; 'auto' for the on-demand type with the least"
                                    + " cost per request",
                    byDefault = "auto")
            String standbyType,

            @Setting(value = "periods after such a launch without another", byDefault = "5", min = 0, max = 10000)
            int standbyCooldown,

            @Setting(
                    value = "stopped instances to hold for those that the spot market takes back (MArk has 10)",
                    byDefault = "0",
                    min = 0,
                    max = 10000)
            int backups,

            @Setting(
                    value = "their type (MArk has t2.medium); 'auto' for the cheapest burstable one, else the cheapest",
                    byDefault = "auto")
            String backupType) {
        public Settings {
            Durations.requirePositive("period", period);
            Durations.requireNotNegative("launchOverhead", launchOverhead);
            Durations.requireNotNegative("priceRefresh", priceRefresh);
            Durations.requireNotNegative("allowance", allowance);
            instanceTypes = List.copyOf(instanceTypes);
        }
    }

    private final Settings settings;
    private final double[] usdPerSecond;
    private final List<MarkFleets> variants = new ArrayList<>();
    private long pricesAt = Long.MIN_VALUE;
    private int windows;

    /** A provisioner for what the context will serve. */
    public Mark(Settings settings, PolicyContext context) {
        this.settings = settings;
        ServiceCatalog catalog = context.catalog();
        usdPerSecond = new double[catalog.instanceTypes()];
        settings.instanceTypes().forEach(name -> InstanceTypes.onDemand(catalog, "instanceTypes", name));
        SloBatches batches = new SloBatches(catalog, settings.margin(), settings.allowance());
        for (int v = 0; v < catalog.variants(); v++) {
            variants.add(new MarkFleets(
                    settings,
                    catalog,
                    batches,
                    v,
                    new PeriodForecast(
                            settings.estimator(),
                            context.loadPredictor(settings.predictor()),
                            settings.safety(),
                            settings.warmUp(),
                            settings.horizon())));
        }
    }

    @Override
    public Plan plan(ProvisioningView view) {
        lookAtPrices(view);
        double length = Math.max(1, (double) settings.period().toNanos() / view.intervalNanos());
        boolean ends = view.trigger() == Trigger.INTERVAL && ++windows >= Math.rint(length);
        if (ends) {
            windows = 0;
        }
        List<FleetTarget> targets = new ArrayList<>();
        for (MarkFleets fleets : variants) {
            fleets.plan(view, length, ends, usdPerSecond, targets);
        }
        return new Plan(targets, Offload.always());
    }

    private void lookAtPrices(ProvisioningView view) {
        if (pricesAt == Long.MIN_VALUE
                || view.nanos() - pricesAt >= settings.priceRefresh().toNanos()) {
            pricesAt = view.nanos();
            for (int t = 0; t < usdPerSecond.length; t++) {
                usdPerSecond[t] = view.usdPerSecond(t);
            }
        }
    }
}
