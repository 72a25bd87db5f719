package dev.purser.research.selector;

import dev.purser.core.policy.ModelSelector;
import dev.purser.core.policy.Reason;
import dev.purser.core.policy.RequestView;
import dev.purser.core.policy.Selection;
import dev.purser.core.policy.ServiceCatalog;
import dev.purser.core.policy.ServingView;
import dev.purser.spi.PolicyContext;
import dev.purser.spi.Setting;

/**
 * The cheapest variant whose accuracy, as learned from users' feedback, may be what the request was promised. Paragon
 * (WoSC'20, section 3.1) asks for a learning-based selector on user feedback and gives no algorithm; this is a bandit over
 * the pool with an upper confidence bound (after UCB1, Auer et al. 2002, where c is 2): mean + sqrt(c ln n / n_v), where
 * n_v counts a variant's feedback and the published accuracy counts as {@code prior} of it. A variant is given up once
 * even the bound falls below the promise; among those left the cheapest is taken, which also explores it.
 */
public final class LearnedAccuracy implements ModelSelector {

    /**
     * Settings.
     *
     * @param confidence the factor c of the bound
     * @param prior how many feedbacks the published accuracy counts as
     */
    public record Settings(
            @Setting(
                    value = "width of the confidence bound: c in sqrt(c ln n / n_v)",
                    byDefault = "0.5",
                    min = 0,
                    max = 100)
            double confidence,

            @Setting(
                    value = "feedbacks that the published accuracy counts as",
                    byDefault = "20",
                    min = 1,
                    max = 1000000)
            double prior) {}

    private final double confidence;
    private final ServiceCatalog catalog;
    private final long[] profiled;
    private final double[] usd;
    private final double[] correct;
    private final double[] count;
    private double total;
    private final Selection[] cheapest;
    private final Selection[] mostPromising;

    /** A selector for what the context will serve. */
    public LearnedAccuracy(Settings settings, PolicyContext context) {
        confidence = settings.confidence();
        catalog = context.catalog();
        int variants = catalog.variants();
        profiled = new long[variants];
        usd = new double[variants];
        correct = new double[variants];
        count = new double[variants];
        for (int v = 0; v < variants; v++) {
            profiled[v] = Feasible.profiledNanos(catalog, v);
            usd[v] = catalog.leastUsdPerRequest(v);
            count[v] = settings.prior();
            correct[v] = settings.prior() * catalog.accuracy(v);
            total += count[v];
        }
        cheapest = Feasible.selections(
                catalog, Reason.of("learned", "the cheapest variant whose learned accuracy may keep the promise"));
        mostPromising = Feasible.selections(
                catalog,
                Reason.of("most-promising", "no variant's learned accuracy keeps the promise; this comes nearest"));
    }

    @Override
    public Selection select(RequestView request, ServingView view) {
        int c = request.requestClass();
        int best = -1;
        int nearest = -1;
        for (int v = 0; v < usd.length; v++) {
            if (profiled[v] > catalog.maxLatencyNanos(c) || usd[v] > catalog.maxUsdPerRequest(c)) {
                continue;
            }
            if (bound(v) >= catalog.minAccuracy(c) && (best < 0 || usd[v] < usd[best])) {
                best = v;
            }
            if (nearest < 0 || bound(v) > bound(nearest)) {
                nearest = v;
            }
        }
        if (best >= 0) {
            return cheapest[best];
        }
        return nearest >= 0 ? mostPromising[nearest] : Feasible.none();
    }

    private double bound(int v) {
        return correct[v] / count[v] + Math.sqrt(confidence * Math.log(total) / count[v]);
    }

    @Override
    public void feedback(int variant, boolean wasCorrect) {
        count[variant]++;
        total++;
        if (wasCorrect) {
            correct[variant]++;
        }
    }
}
