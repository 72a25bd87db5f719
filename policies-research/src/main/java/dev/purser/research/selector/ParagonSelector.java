package dev.purser.research.selector;

import dev.purser.core.policy.ModelSelector;
import dev.purser.core.policy.PerRequestClass;
import dev.purser.core.policy.Reason;
import dev.purser.core.policy.RequestView;
import dev.purser.core.policy.Selection;
import dev.purser.core.policy.ServiceCatalog;
import dev.purser.core.policy.ServingView;
import dev.purser.spi.PolicyContext;
import dev.purser.spi.Setting;
import java.time.Duration;

/**
 * Paragon's joint model selection (WoSC'20, section 3): any two of cost, latency and accuracy constrain, and the third is
 * optimised, over an offline cache of what each variant takes, costs and scores. Latency is corrected online by an
 * exponentially weighted mean of what was observed, which is forgotten again, so that a variant shunned for a slow spell
 * is tried again.
 *
 * <p>The paper chooses a variant with its resource; here the dispatcher chooses the resource, so a variant counts with the
 * latency of its cheapest instance type and the cost of its cheapest resource. What is observed is held for each variant,
 * not for each class: waits of relaxed requests tell against the variant for strict ones too.
 *
 * <p>Where no variant fits, the paper is silent; here the accuracy margin is granted, then the latency margin (Cocktail,
 * NSDI'22, grants 10 ms), then the profile is believed over what was observed, and what still does not fit is refused.
 */
public final class ParagonSelector implements ModelSelector {

    /**
     * Settings.
     *
     * @param optimise what is optimised
     * @param accuracyMargin by how much accuracy may fall short where nothing else fits
     * @param latencyMargin by how much latency may exceed its bound where nothing else fits
     * @param alpha weight of the newest observed latency
     * @param forget time after which an observed latency counts for 1/e
     */
    public record Settings(
            @Setting(value = "what is optimised; auto: what the SLO leaves open", byDefault = "auto")
            Objective optimise,

            @Setting(
                    value = "shortfall of accuracy granted where nothing else fits",
                    byDefault = "0.02",
                    min = 0,
                    max = 1)
            double accuracyMargin,

            @Setting(value = "excess of latency granted where nothing else fits", byDefault = "10ms")
            Duration latencyMargin,

            @Setting(value = "weight of the newest observed latency", byDefault = "0.1", min = 0, max = 1)
            double alpha,

            @Setting(value = "time after which an observed latency counts for 1/e", byDefault = "1m")
            Duration forget) {}

    private final Settings settings;
    private final ServiceCatalog catalog;
    private final PerRequestClass<Objective> objectives;
    private final long[] profiled;
    private final double[] usd;
    private final double[] excess;
    private final long[] observedAt;
    private final double forgetNanos;
    private final Selection[] fits;
    private final Selection[] withAccuracyMargin;
    private final Selection[] withMargins;
    private final Selection[] byProfile;
    private long now;

    /** A selector for what the context will serve. */
    public ParagonSelector(Settings settings, PolicyContext context) {
        this.settings = settings;
        catalog = context.catalog();
        int variants = catalog.variants();
        objectives = new PerRequestClass<>(c -> settings.optimise().of(catalog, c));
        profiled = new long[variants];
        usd = new double[variants];
        for (int v = 0; v < variants; v++) {
            profiled[v] = Feasible.profiledNanos(catalog, v);
            usd[v] = catalog.leastUsdPerRequest(v);
        }
        excess = new double[variants];
        observedAt = new long[variants];
        forgetNanos = Math.max(1, settings.forget().toNanos());
        fits = Feasible.selections(catalog, Reason.of("best-feasible", "the best variant that meets the SLO"));
        withAccuracyMargin = Feasible.selections(
                catalog,
                Reason.of("accuracy-margin", "no variant meets the SLO; accuracy may fall short by the margin"));
        withMargins = Feasible.selections(
                catalog,
                Reason.of("margins", "no variant meets the SLO; accuracy and latency may miss by their margins"));
        byProfile = Feasible.selections(
                catalog,
                Reason.of("profile", "every variant is slow at the moment; the best one by its profile is chosen"));
    }

    @Override
    public Selection select(RequestView request, ServingView view) {
        now = view.nanos();
        int c = request.requestClass();
        long latency = catalog.maxLatencyNanos(c);
        double accuracy = catalog.minAccuracy(c);
        int best = best(c, accuracy, latency, true);
        if (best >= 0) {
            return fits[best];
        }
        double lower = accuracy - settings.accuracyMargin();
        best = best(c, lower, latency, true);
        if (best >= 0) {
            return withAccuracyMargin[best];
        }
        long higher = latency == ServiceCatalog.UNBOUNDED
                ? latency
                : latency + settings.latencyMargin().toNanos();
        best = best(c, lower, higher, true);
        if (best >= 0) {
            return withMargins[best];
        }
        best = best(c, accuracy, latency, false);
        if (best < 0) {
            best = best(c, lower, higher, false);
        }
        return best >= 0 ? byProfile[best] : Feasible.none();
    }

    private int best(int c, double accuracy, long latency, boolean online) {
        int best = -1;
        for (int v = 0; v < profiled.length; v++) {
            if (catalog.accuracy(v) >= accuracy
                    && usd[v] <= catalog.maxUsdPerRequest(c)
                    && latencyOf(v, online) <= latency
                    && (best < 0 || better(v, best, objectives.get(c), online))) {
                best = v;
            }
        }
        return best;
    }

    private boolean better(int a, int b, Objective objective, boolean online) {
        return switch (objective) {
            case LATENCY -> latencyOf(a, online) < latencyOf(b, online);
            case ACCURACY -> catalog.accuracy(a) > catalog.accuracy(b);
            default -> usd[a] < usd[b];
        };
    }

    private double latencyOf(int v, boolean online) {
        if (!online || excess[v] == 0) {
            return profiled[v];
        }
        return profiled[v] + excess[v] * Math.exp((observedAt[v] - now) / forgetNanos);
    }

    @Override
    public void answered(int variant, long latencyNanos) {
        double faded = excess[variant] * Math.exp((observedAt[variant] - now) / forgetNanos);
        excess[variant] = faded + settings.alpha() * (latencyNanos - profiled[variant] - faded);
        observedAt[variant] = now;
    }
}
