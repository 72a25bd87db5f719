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
 * INFaaS-style choice (ATC'21; rules read from the release's {@code queryfe_server.cc}): among the variants that are
 * accurate and fast enough, one that is running and not overloaded, the tightest fit to the latency bound, "do not give a
 * fast machine to a loose query", which stands for the cheapest hardware; where none is running, the least load plus
 * inference time. A variant is passed over as overloaded while more waits for it than {@code overload} seconds of its
 * capacity (the release blacklists at a backlog of 0.8 n capacity).
 */
public final class InfaasSelector implements ModelSelector {

    /**
     * Settings.
     *
     * @param overload backlog, in seconds of capacity, at which a variant counts as overloaded
     */
    public record Settings(
            @Setting(
                    value = "backlog, in seconds of capacity, at which a variant counts as overloaded",
                    byDefault = "0.8",
                    min = 0,
                    max = 3600)
            double overload) {}

    private final double overload;
    private final ServiceCatalog catalog;
    private final long[] profiled;
    private final Selection[] running;
    private final Selection[] loading;

    /** A selector for what the context will serve. */
    public InfaasSelector(Settings settings, PolicyContext context) {
        overload = settings.overload();
        catalog = context.catalog();
        profiled = new long[catalog.variants()];
        for (int v = 0; v < profiled.length; v++) {
            profiled[v] = Feasible.profiledNanos(catalog, v);
        }
        running = Feasible.selections(
                catalog, Reason.of("tightest-fit", "the running variant that fits the latency bound most tightly"));
        loading = Feasible.selections(
                catalog, Reason.of("least-load", "no fitting variant is running; this one loads and answers soonest"));
    }

    @Override
    public Selection select(RequestView request, ServingView view) {
        int c = request.requestClass();
        int tightest = -1;
        int soonest = -1;
        for (int v = 0; v < profiled.length; v++) {
            if (catalog.accuracy(v) < catalog.minAccuracy(c)
                    || profiled[v] > catalog.maxLatencyNanos(c)
                    || catalog.leastUsdPerRequest(v) > catalog.maxUsdPerRequest(c)) {
                continue;
            }
            if (isRunning(v, view) && (tightest < 0 || profiled[v] > profiled[tightest])) {
                tightest = v;
            }
            if (soonest < 0 || loadAndInfer(v) < loadAndInfer(soonest)) {
                soonest = v;
            }
        }
        if (tightest >= 0) {
            return running[tightest];
        }
        return soonest >= 0 ? loading[soonest] : Feasible.none();
    }

    private boolean isRunning(int variant, ServingView view) {
        int fleet = catalog.cheapestFleet(variant);
        if (fleet < 0) {
            return false;
        }
        int ready = view.readyInstances(fleet);
        return ready > 0 && view.queueLength(variant) <= overload * ready * catalog.capacity(fleet);
    }

    private long loadAndInfer(int variant) {
        return catalog.loadNanos(variant) + profiled[variant];
    }
}
