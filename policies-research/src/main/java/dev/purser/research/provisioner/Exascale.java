package dev.purser.research.provisioner;

import dev.purser.core.policy.FleetTarget;
import dev.purser.core.policy.Forecast;
import dev.purser.core.policy.LoadPredictor;
import dev.purser.core.policy.ProvisioningView;
import dev.purser.core.policy.Reason;
import dev.purser.spi.PolicyContext;
import dev.purser.spi.PolicySpec;
import dev.purser.spi.Setting;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Launches ahead of a forecast and more than it says: the {@code exascale} baseline of Paragon's scaling study (WoSC'20),
 * "spawn more VMs than the predicted demand". The forecast is for the time at which an instance launched now would serve.
 * With a headroom of 1 it is Spock's predictive policy (moving-window linear regression; InferAll's
 * {@code periodic_events.py} multiplies by its {@code burst_threshold}).
 *
 * <p>Two things are ours, so that it is not weaker than {@link Reactive} for reasons that are not its own: the same drain
 * term for a backlog, and at the start the operator's estimate stands for some minutes of past load, for a line through
 * two or three points says nothing.
 */
public final class Exascale extends FleetRule {

    /**
     * Settings.
     *
     * @param predictor the load predictor, one for each variant, fed once each control interval
     * @param headroom fleet capacity over the forecast
     * @param drain within what time a backlog is to be worked off
     * @param idleTimeout how long an instance is idle before it is given up
     * @param minInstances least instances of each variant
     */
    public record Settings(
            @Setting(
                    value = "load predictor, fed with the arrivals of each control interval",
                    byDefault = "linear-regression")
            PolicySpec predictor,

            @Setting(value = "fleet capacity over the forecast", byDefault = "1.2", min = 0, max = 100)
            double headroom,

            @Setting(value = "time within which a backlog is to be worked off", byDefault = "60s")
            Duration drain,

            @Setting(value = "an instance idle for this long is given up", byDefault = "3m")
            Duration idleTimeout,

            @Setting(value = "least instances of each variant", byDefault = "1", min = 0, max = 100000)
            int minInstances) {
        public Settings {
            Durations.requirePositive("drain", drain);
            Durations.requireNotNegative("idleTimeout", idleTimeout);
        }
    }

    /** Intervals of past load that the operator's estimate stands for: five minutes of the usual ones. */
    private static final int PAST_INTERVALS = 30;

    private final double headroom;
    private final double drainSeconds;
    private final LoadPredictor[] predictors;
    private final @Nullable Forecast[] forecasts;

    /** A provisioner for what the context will serve. */
    public Exascale(Settings settings, PolicyContext context) {
        super(settings.idleTimeout().toNanos(), settings.minInstances());
        headroom = settings.headroom();
        drainSeconds = settings.drain().toNanos() / 1e9;
        int variants = context.catalog().variants();
        predictors = new LoadPredictor[variants];
        forecasts = new Forecast[variants];
        for (int v = 0; v < variants; v++) {
            predictors[v] = context.loadPredictor(settings.predictor());
        }
    }

    @Override
    void observe(ProvisioningView view) {
        int times = view.trigger() == ProvisioningView.Trigger.START ? PAST_INTERVALS : 1;
        for (int v = 0; v < predictors.length; v++) {
            for (int i = 0; i < times; i++) {
                predictors[v].observe(view.arrivals(v));
            }
            forecasts[v] = null;
        }
    }

    @Override
    FleetTarget want(ProvisioningView view, int variant, int fleet) {
        int steps = (int) Math.min(1000, 1 + view.launchNanos(fleet) / view.intervalNanos());
        Forecast forecast = forecasts[variant];
        if (forecast == null || forecast.steps() != steps) {
            forecast = predictors[variant].forecast(steps);
            forecasts[variant] = forecast;
        }
        double rate =
                headroom * forecast.mean(steps) * 1e9 / view.intervalNanos() + view.queueLength(variant) / drainSeconds;
        double capacity = view.catalog().capacity(fleet);
        return new FleetTarget(
                fleet,
                instancesFor(rate, capacity),
                Reason.of(
                        "forecast",
                        "{observed} requests/s forecast for when an instance launched now would serve (with headroom and"
                                + " backlog), at {limit} requests/s an instance",
                        rate,
                        capacity));
    }
}
