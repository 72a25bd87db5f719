package dev.purser.research.provisioner;

import dev.purser.core.policy.FleetTarget;
import dev.purser.core.policy.Offload;
import dev.purser.core.policy.Plan;
import dev.purser.core.policy.ProvisioningView;
import dev.purser.core.policy.ProvisioningView.Trigger;
import dev.purser.core.policy.Reason;
import dev.purser.core.policy.ResourceProvisioner;
import dev.purser.core.policy.ServiceCatalog;
import dev.purser.spi.PolicyContext;
import dev.purser.spi.Setting;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Target tracking on one instance type, as a managed service does it: MArk's baseline, SageMaker. What AWS documents:
 *
 * <ul>
 *   <li>The metric is {@code SageMakerVariantInvocationsPerInstance}, a sum each minute; its target is the requests per
 *       second that an instance can take, times a safety factor, 0.5 to begin with, times 60
 *       (docs.aws.amazon.com/sagemaker/latest/dg/endpoint-scaling-loadtest.html).
 *   <li>Both cooldowns of an endpoint variant are 300 s; in that of a scale-out only a larger one is made, that of a scale-in
 *       is broken off by a scale-out (docs.aws.amazon.com/autoscaling/application/APIReference,
 *       TargetTrackingScalingPolicyConfiguration).
 *   <li>Without enough data there is no scale-in (docs.aws.amazon.com/autoscaling/application/userguide, target tracking).
 * </ul>
 *
 * <p>Our reading, where the documents give no figures: the alarms that target tracking makes are those seen on accounts, three
 * data points above the target and fifteen below nine tenths of it; a data point can be read a minute after its minute; the
 * count wanted is that of the instances that served in that minute times metric over target, rounded up; a minute without
 * requests has no data point. A cooldown begins with its decision, and "larger" compares the instances added. The first count
 * is sized by the operator's estimate, as a careful operator would; a variant that is not asked for has no endpoint.
 */
public final class TargetTracking implements ResourceProvisioner {

    /**
     * Settings.
     *
     * @param instanceType the one type
     * @param target invocations per instance and minute
     * @param safetyFactor that of the capacity that is the target
     * @param metricDelay how late a data point can be read
     * @param scaleOutPoints data points above the target
     * @param scaleInPoints data points below the lower threshold
     * @param scaleInShare the lower threshold over the target
     * @param scaleOutCooldown how long after a scale-out only a larger one is made
     * @param scaleInCooldown how long after a scale-in none is made
     * @param minCapacity least instances of each variant
     * @param maxCapacity most instances of each variant
     */
    public record Settings(
            @Setting(
                    value =
                            "the instance type; 'auto' for the one with the least cost per request, of the managed service"
                                    + " (ml.*) where the workload has such types",
                    byDefault = "auto")
            String instanceType,

            @Setting(
                    value = "target of invocations per instance and minute; 0 for capacity times safetyFactor",
                    byDefault = "0",
                    min = 0,
                    max = 1e9)
            double target,

            @Setting(
                    value = "share of an instance's capacity, serving one by one, that is the target",
                    byDefault = "0.5",
                    min = 0.01,
                    max = 1)
            double safetyFactor,

            @Setting(value = "how long after its minute a data point can be read", byDefault = "60s")
            Duration metricDelay,

            @Setting(
                    value = "successive data points above the target for a scale-out",
                    byDefault = "3",
                    min = 1,
                    max = 1440)
            int scaleOutPoints,

            @Setting(
                    value = "successive data points below the lower threshold for a scale-in",
                    byDefault = "15",
                    min = 1,
                    max = 1440)
            int scaleInPoints,

            @Setting(value = "the lower threshold over the target", byDefault = "0.9", min = 0, max = 1)
            double scaleInShare,

            @Setting(value = "after a scale-out only a larger one is made for this long", byDefault = "300s")
            Duration scaleOutCooldown,

            @Setting(value = "after a scale-in none is made for this long", byDefault = "300s")
            Duration scaleInCooldown,

            @Setting(value = "least instances of each variant", byDefault = "1", min = 0, max = 100000)
            int minCapacity,

            @Setting(value = "most instances of each variant", byDefault = "1000", min = 1, max = 100000)
            int maxCapacity) {
        public Settings {
            Durations.requireNotNegative("metricDelay", metricDelay);
            Durations.requireNotNegative("scaleOutCooldown", scaleOutCooldown);
            Durations.requireNotNegative("scaleInCooldown", scaleInCooldown);
            if (minCapacity > maxCapacity) {
                throw new IllegalArgumentException(
                        "minCapacity is " + minCapacity + ", but it must not be above maxCapacity, " + maxCapacity);
            }
        }
    }

    private static final double MINUTE_NANOS = 60e9;

    private final Settings settings;
    private final List<Endpoint> endpoints = new ArrayList<>();

    /** A provisioner for what the context will serve. */
    public TargetTracking(Settings settings, PolicyContext context) {
        this.settings = settings;
        ServiceCatalog catalog = context.catalog();
        for (int v = 0; v < catalog.variants(); v++) {
            int fleet = fleet(catalog, v);
            if (fleet >= 0) {
                endpoints.add(new Endpoint(v, fleet, target(catalog, fleet)));
            }
        }
    }

    private int fleet(ServiceCatalog catalog, int variant) {
        if (!settings.instanceType().equals(InstanceTypes.AUTO)) {
            int fleet =
                    catalog.fleet(variant, InstanceTypes.onDemand(catalog, "instanceType", settings.instanceType()));
            return catalog.slots(fleet) > 0 ? fleet : -1;
        }
        return IntStream.range(0, catalog.instanceTypes())
                .filter(t -> InstanceTypes.isOnDemand(catalog, t)
                        && catalog.burst(t) == null
                        && catalog.slots(catalog.fleet(variant, t)) > 0)
                .boxed()
                .min(Comparator.<Integer, Boolean>comparing(t -> !InstanceTypes.isManaged(catalog, t))
                        .thenComparingDouble(t -> catalog.usdPerRequest(catalog.fleet(variant, t))))
                .map(t -> catalog.fleet(variant, t))
                .orElse(-1);
    }

    private double target(ServiceCatalog catalog, int fleet) {
        return settings.target() > 0 ? settings.target() : catalog.capacity(fleet) * 60 * settings.safetyFactor();
    }

    @Override
    public Plan plan(ProvisioningView view) {
        List<FleetTarget> targets = new ArrayList<>(endpoints.size());
        for (Endpoint endpoint : endpoints) {
            if (view.trigger() == Trigger.START) {
                endpoint.start(view);
            } else if (view.trigger() == Trigger.INTERVAL) {
                endpoint.interval(view);
            }
            targets.add(new FleetTarget(endpoint.fleet, endpoint.capacity, endpoint.reason));
        }
        return new Plan(targets, Offload.always());
    }

    /** One data point: what an instance was asked in a minute, and how many instances there were. */
    private record Point(double perInstance, double instances, long readableNanos) {}

    /** One variant's instances, their metric and the two alarms on it. */
    private final class Endpoint {
        private final int variant;
        private final int fleet;
        private final double target;
        private final List<Point> unread = new ArrayList<>();
        private boolean inUse;
        private int capacity;
        private Reason reason = Reason.of("unused", "no request came for it yet, so it has no endpoint");
        private double requests;
        private double instances;
        private double elapsed;
        private int above;
        private int below;
        private int lastAdded;
        private long outUntil = Long.MIN_VALUE;
        private long inUntil = Long.MIN_VALUE;

        Endpoint(int variant, int fleet, double target) {
            this.variant = variant;
            this.fleet = fleet;
            this.target = target;
        }

        void start(ProvisioningView view) {
            if (view.arrivals(variant) == 0) {
                return;
            }
            inUse = true;
            double perMinute = view.arrivals(variant) * MINUTE_NANOS / view.intervalNanos();
            capacity = wanted(perMinute);
            reason = Reason.of(
                    "start", "sized for {observed} requests a minute at {limit} for each instance", perMinute, target);
        }

        private int wanted(double perMinute) {
            double count = Math.ceil(perMinute / target * (1 - 1e-12));
            return (int) Math.max(settings.minCapacity(), Math.min(settings.maxCapacity(), count));
        }

        void interval(ProvisioningView view) {
            if (!inUse && view.arrivals(variant) > 0) {
                inUse = true;
                capacity = settings.minCapacity();
                reason = Reason.of(
                        "first-request", "the first requests came, {observed} of them", view.arrivals(variant), 0);
            }
            requests += view.arrivals(variant);
            instances += (double) view.readyInstances(fleet) * view.intervalNanos();
            elapsed += view.intervalNanos();
            if (elapsed >= MINUTE_NANOS) {
                double serving = instances / elapsed;
                if (requests > 0 && serving > 0) {
                    double perMinute = requests * MINUTE_NANOS / elapsed;
                    unread.add(new Point(
                            perMinute / serving,
                            serving,
                            view.nanos() + settings.metricDelay().toNanos()));
                } else {
                    unread.add(new Point(
                            Double.NaN,
                            serving,
                            view.nanos() + settings.metricDelay().toNanos()));
                }
                requests = 0;
                instances = 0;
                elapsed = 0;
            }
            while (!unread.isEmpty() && unread.getFirst().readableNanos() <= view.nanos()) {
                read(unread.removeFirst(), view.nanos());
            }
        }

        private void read(Point point, long now) {
            double metric = point.perInstance();
            above = metric > target ? above + 1 : 0;
            below = metric < settings.scaleInShare() * target ? below + 1 : 0;
            int want = wanted(metric * point.instances());
            if (above >= settings.scaleOutPoints() && want > capacity) {
                scaleOut(want, metric, now);
            } else if (below >= settings.scaleInPoints() && want < capacity && now >= inUntil) {
                capacity = want;
                inUntil = now + settings.scaleInCooldown().toNanos();
                reason = Reason.of(
                        "scale-in",
                        "{observed} invocations per instance and minute, and for " + settings.scaleInPoints()
                                + " minutes below " + settings.scaleInShare() + " of the target, {limit}",
                        metric,
                        target);
            }
        }

        private void scaleOut(int want, double metric, long now) {
            int added = want - capacity;
            if (now < outUntil && added <= lastAdded) {
                reason = Reason.of(
                        "cooldown",
                        "{observed} more are wanted, but after a scale-out by {limit} only a larger one is made for a"
                                + " while",
                        added,
                        lastAdded);
                return;
            }
            capacity = want;
            lastAdded = added;
            outUntil = now + settings.scaleOutCooldown().toNanos();
            inUntil = Long.MIN_VALUE;
            reason = Reason.of(
                    "scale-out",
                    "{observed} invocations per instance and minute, and for " + settings.scaleOutPoints()
                            + " minutes above the target, {limit}",
                    metric,
                    target);
        }
    }
}
