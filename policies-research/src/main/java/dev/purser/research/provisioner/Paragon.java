package dev.purser.research.provisioner;

import dev.purser.core.policy.FleetTarget;
import dev.purser.core.policy.Forecast;
import dev.purser.core.policy.LoadPredictor;
import dev.purser.core.policy.Offload;
import dev.purser.core.policy.ProvisioningView;
import dev.purser.core.policy.Reason;
import dev.purser.spi.PolicyContext;
import dev.purser.spi.PolicySpec;
import dev.purser.spi.Setting;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Paragon's autoscaler (WoSC'20, sections 3 and 4): in a period of static load instances for the period's peak, and no functions
 * but for a flash crowd; in a period with peaks instances for the trend, with functions for what comes above it. Which
 * period it is, the {@link LoadMonitor} says. Together with the dispatcher {@code paragon}, which sends strict requests
 * to functions and lets relaxed ones wait.
 *
 * <p>The paper leaves open: the window and bins of the monitor (10 minutes of control intervals here), what a flash crowd
 * is (a rate 1.5 times the mean of the window), and the rule for the trend (the {@link Reactive} one). Its monitor also
 * estimates how long a static period will last; no rule depends on that, so it is left out. Functions stay on until the
 * instances for a static period's peak serve: the paper does not say, and without it strict requests would wait for every
 * boot, which is not the "same SLO as mixed" that it reports.
 *
 * <p>The monitor can look ahead (ours): a peak that the predictor expects within {@code lookAhead} counts as seen. With
 * {@code last-value}, the default, none is ever expected, as in the paper.
 */
public final class Paragon extends FleetRule {

    /**
     * Settings.
     *
     * @param monitorWindow how far back the load monitor looks
     * @param predictor the load predictor that the monitor looks ahead with, fed with all arrivals of each control interval
     * @param lookAhead how far
     * @param flashCrowd a rate this many times the window's mean is a flash crowd
     * @param window how far back the trend's rate is averaged
     * @param drain within what time a backlog is to be worked off
     * @param idleTimeout how long an instance is idle before it is given up
     * @param minInstances least instances of each variant
     */
    public record Settings(
            @Setting(value = "how far back the load monitor looks", byDefault = "10m")
            Duration monitorWindow,

            @Setting(
                    value = "load predictor whose forecast peaks the load monitor counts as seen",
                    byDefault = "last-value")
            PolicySpec predictor,

            @Setting(value = "how far ahead the load monitor looks with it", byDefault = "2m")
            Duration lookAhead,

            @Setting(value = "a rate this many times the mean is a flash crowd", byDefault = "1.5", min = 1, max = 1000)
            double flashCrowd,

            @Setting(value = "how far back the rate is averaged", byDefault = "1m")
            Duration window,

            @Setting(value = "time within which a backlog is to be worked off", byDefault = "60s")
            Duration drain,

            @Setting(value = "an instance idle for this long is given up", byDefault = "3m")
            Duration idleTimeout,

            @Setting(value = "least instances of each variant", byDefault = "1", min = 0, max = 100000)
            int minInstances) {
        public Settings {
            Durations.requirePositive("monitorWindow", monitorWindow);
            Durations.requirePositive("lookAhead", lookAhead);
            Durations.requirePositive("window", window);
            Durations.requirePositive("drain", drain);
            Durations.requireNotNegative("idleTimeout", idleTimeout);
        }
    }

    private static final Reason NOT_KNOWN =
            Reason.of("not-known", "too little was seen to tell a static load from peaks: functions take peaks");

    private static final Reason BOOTING =
            Reason.of("booting", "the load is static, and functions stay until the instances for its peak serve");

    private final Settings settings;
    private final Load trend;
    private final Load period;
    private final double drainSeconds;
    private final LoadPredictor predictor;
    private @Nullable LoadMonitor monitor;
    private double meanRate;

    /** A provisioner for what the context will serve. */
    public Paragon(Settings settings, PolicyContext context) {
        super(settings.idleTimeout().toNanos(), settings.minInstances());
        this.settings = settings;
        trend = new Load(context.catalog().variants(), settings.window());
        period = new Load(context.catalog().variants(), settings.monitorWindow());
        drainSeconds = settings.drain().toNanos() / 1e9;
        predictor = context.loadPredictor(settings.predictor());
    }

    private LoadMonitor monitor(ProvisioningView view) {
        LoadMonitor current = monitor;
        if (current == null) {
            long bins = settings.monitorWindow().toNanos() / view.intervalNanos();
            current = new LoadMonitor((int) Math.max(2, Math.min(100_000, bins)));
            monitor = current;
        }
        return current;
    }

    @Override
    void observe(ProvisioningView view) {
        trend.observe(view);
        period.observe(view);
        double total = 0;
        meanRate = 0;
        for (int v = 0; v < view.catalog().variants(); v++) {
            total += view.arrivals(v);
            meanRate += period.rate(v);
        }
        predictor.observe(total);
        monitor(view).observe(total, expectedPeak(view));
    }

    private double expectedPeak(ProvisioningView view) {
        int steps = Math.clamp(settings.lookAhead().toNanos() / view.intervalNanos(), 1, 1000);
        Forecast forecast = predictor.forecast(steps);
        double peak = 0;
        for (int step = 1; step <= steps; step++) {
            peak = Math.max(peak, forecast.mean(step));
        }
        return peak;
    }

    @Override
    FleetTarget want(ProvisioningView view, int variant, int fleet) {
        RateWindow window = period.window(variant);
        if (window == null || !monitor(view).isStatic()) {
            return Reactive.follow(view, variant, fleet, trend.rate(variant), drainSeconds);
        }
        double peak = 0;
        for (int i = 0; i < window.filled(); i++) {
            peak = Math.max(peak, window.count(i));
        }
        double rate = peak * 1e9 / view.intervalNanos();
        double capacity = view.catalog().capacity(fleet);
        return new FleetTarget(
                fleet,
                instancesFor(rate, capacity),
                Reason.of(
                        "static-period",
                        "the load is static: {observed} requests/s at its peak, at {limit} requests/s an instance",
                        rate,
                        capacity));
    }

    @Override
    Offload offload(ProvisioningView view) {
        LoadMonitor current = monitor(view);
        double flashCrowdRate = settings.flashCrowd() * meanRate;
        if (Double.isNaN(current.ratio())) {
            return new Offload(true, flashCrowdRate, NOT_KNOWN);
        }
        if (!current.isStatic()) {
            return new Offload(
                    true,
                    flashCrowdRate,
                    Reason.of(
                            "peaks",
                            "peak over median is {observed}, above {limit}: functions take peaks",
                            current.ratio(),
                            current.threshold()));
        }
        return isReady(view)
                ? new Offload(
                        false,
                        flashCrowdRate,
                        Reason.of(
                                "static-period",
                                "peak over median is {observed}, at most {limit}: instances alone",
                                current.ratio(),
                                current.threshold()))
                : new Offload(true, flashCrowdRate, BOOTING);
    }

    /** Whether the instances for the period's peak serve. */
    private boolean isReady(ProvisioningView view) {
        for (int v = 0; v < view.catalog().variants(); v++) {
            int fleet = view.catalog().cheapestFleet(v);
            if (fleet >= 0 && view.readyInstances(fleet) < want(view, v, fleet).instances()) {
                return false;
            }
        }
        return true;
    }
}
