package dev.purser.research.bound;

import dev.purser.core.policy.ServiceCatalog;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.IntToDoubleFunction;

/**
 * What someone who knew every arrival would pay to answer all of them within their SLOs: the yardstick for policies, and
 * not one of them. It is the {@link RelaxedBound} with each class's latency limit as its window, which no policy that
 * keeps its SLOs undercuts. {@link ExactBound} is not used here: a request that comes late in a step may be served early
 * in the next one, so a policy that queues can pay a little less than it says.
 *
 * <p>A policy that breaks SLOs, or grants itself an accuracy margin, can pay less.
 */
public final class Clairvoyant {
    private static final double NANOS = 1e9;
    /** Where nothing may wait longer than this, steps are no longer either, if the trace is short enough. */
    private static final double FINE_STEP_SECONDS = 1;

    private static final int FINE_STEPS = 4_000;
    /** With longer traces the steps are made longer, so that the programme does not grow. */
    private static final int MOST_STEPS = 5_000;

    private final ServiceCatalog catalog;
    private final IntToDoubleFunction functionUsd;
    private final IntToDoubleFunction launchSeconds;
    private final List<Set<Integer>> admissible = new ArrayList<>();
    private final double stepSeconds;

    /**
     * The bound for a length of time.
     *
     * @param catalog profiles, prices and SLOs
     * @param duration how long requests arrive
     * @param functionUsd mean cost of a warm invocation by function, in USD
     * @param launchSeconds billed seconds from an instance's launch until it serves, by fleet
     */
    public Clairvoyant(
            ServiceCatalog catalog,
            Duration duration,
            IntToDoubleFunction functionUsd,
            IntToDoubleFunction launchSeconds) {
        this.catalog = catalog;
        this.functionUsd = functionUsd;
        this.launchSeconds = launchSeconds;
        boolean prompt = true;
        for (int c = 0; c < catalog.requestClasses(); c++) {
            admissible.add(admissible(c));
            prompt &= catalog.maxLatencyNanos(c) <= FINE_STEP_SECONDS * NANOS;
        }
        double seconds = duration.toNanos() / NANOS;
        stepSeconds = prompt && seconds <= FINE_STEPS * FINE_STEP_SECONDS
                ? FINE_STEP_SECONDS
                : Math.max(RelaxedBound.DEFAULT_STEP_SECONDS, Math.ceil(seconds / MOST_STEPS));
    }

    private Set<Integer> admissible(int c) {
        Set<Integer> variants = new HashSet<>();
        for (int v = 0; v < catalog.variants(); v++) {
            boolean named = catalog.namedVariant(c) < 0 || catalog.namedVariant(c) == v;
            if (named
                    && catalog.accuracy(v) >= catalog.minAccuracy(c)
                    && catalog.fastestNanos(v) <= catalog.maxLatencyNanos(c)
                    && catalog.leastUsdPerRequest(v) <= catalog.maxUsdPerRequest(c)) {
                variants.add(v);
            }
        }
        return variants;
    }

    /** The step in which the demand is to be given. */
    public Duration step() {
        return Duration.ofNanos(Math.round(stepSeconds * NANOS));
    }

    /**
     * The bound.
     *
     * @param vmUsd instances
     * @param functionUsd functions
     * @param instanceSeconds instance time
     * @param peakInstances most instances at a time, rounded up
     * @param functionRequests requests on functions
     */
    public record Result(
            BigDecimal vmUsd,
            BigDecimal functionUsd,
            double instanceSeconds,
            int peakInstances,
            long functionRequests) {}

    /**
     * Computes it.
     *
     * @param demand requests by class and {@link #step}
     * @return nothing where no bound could be computed
     */
    public Optional<Result> bound(double[][] demand) {
        List<RelaxedBound.Variant> variants = new ArrayList<>();
        for (int v = 0; v < catalog.variants(); v++) {
            List<RelaxedBound.Fleet> fleets = new ArrayList<>();
            for (int t = 0; t < catalog.instanceTypes(); t++) {
                int f = catalog.fleet(v, t);
                if (catalog.slots(f) > 0) {
                    fleets.add(new RelaxedBound.Fleet(
                            catalog.capacity(f),
                            catalog.usdPerSecond(t),
                            launchSeconds.applyAsDouble(f) * catalog.usdPerSecond(t)));
                }
            }
            variants.add(new RelaxedBound.Variant(cheapestFunction(v), fleets));
        }
        double horizon = demand[0].length * stepSeconds;
        List<RelaxedBound.RequestClass> classes = new ArrayList<>();
        for (int c = 0; c < demand.length; c++) {
            double window = Math.min(horizon, catalog.maxLatencyNanos(c) / NANOS);
            classes.add(new RelaxedBound.RequestClass(window, admissible.get(c)));
        }
        return switch (RelaxedBound.solve(stepSeconds, variants, classes, demand, true)) {
            case RelaxedBound.NoBound none -> Optional.empty();
            case RelaxedBound.Bound bound -> Optional.of(result(bound, variants));
        };
    }

    private Result result(RelaxedBound.Bound bound, List<RelaxedBound.Variant> variants) {
        double instanceSteps = 0;
        double[] total = new double[0];
        for (int v = 0; v < variants.size(); v++) {
            for (int i = 0; i < variants.get(v).fleets().size(); i++) {
                double[] on = bound.fleet(v, i);
                total = total.length == 0 ? new double[on.length] : total;
                for (int t = 0; t < on.length; t++) {
                    total[t] += on[t];
                    instanceSteps += on[t];
                }
            }
        }
        BigDecimal all = money(bound.usd());
        BigDecimal vm = money(bound.vmUsd()).min(all);
        return new Result(
                vm,
                all.subtract(vm),
                instanceSteps * stepSeconds,
                (int) Math.ceil(Arrays.stream(total).max().orElse(0) - 1e-6),
                Math.round(bound.functionRequests()));
    }

    /** The least mean cost of a function fast enough for the most patient class that may use the variant. */
    private double cheapestFunction(int variant) {
        long bound = 0;
        for (int c = 0; c < admissible.size(); c++) {
            if (admissible.get(c).contains(variant)) {
                bound = Math.max(bound, catalog.maxLatencyNanos(c));
            }
        }
        double least = Double.POSITIVE_INFINITY;
        for (int m = 0; m < catalog.memorySizes(); m++) {
            int function = catalog.function(variant, m);
            if (catalog.functionNanos(function) <= bound) {
                least = Math.min(least, functionUsd.applyAsDouble(function));
            }
        }
        return least;
    }

    private static BigDecimal money(double usd) {
        return BigDecimal.valueOf(usd).setScale(6, RoundingMode.DOWN);
    }
}
