package dev.purser.core.engine;

import dev.purser.core.policy.Batching;
import dev.purser.core.policy.BatchingPolicy;
import dev.purser.core.policy.ColdStartManager;
import dev.purser.core.policy.Dispatch;
import dev.purser.core.policy.Dispatcher;
import dev.purser.core.policy.Ensemble;
import dev.purser.core.policy.KeepAlive;
import dev.purser.core.policy.ModelSelector;
import dev.purser.core.policy.Plan;
import dev.purser.core.policy.QueueOrder;
import dev.purser.core.policy.Reason;
import dev.purser.core.policy.ResourceProvisioner;
import dev.purser.core.policy.Selection;
import dev.purser.core.policy.ServiceCatalog;
import java.time.Duration;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The guard around the policies: one that throws, or asks for what cannot be done, is named, counted and replaced by a
 * default for this one decision. Whatever a policy does, the engine goes on, until it has done so more often than the user
 * allows.
 */
final class Policies {
    private static final Logger LOG = LoggerFactory.getLogger(Policies.class);

    private static final Reason DEFAULT =
            Reason.of("policy-failed", "the policy failed, and this is what the engine does without its word");
    private static final Selection NONE = new Selection(Selection.NONE, DEFAULT);
    private static final Dispatch WAIT = new Dispatch.ToQueue(DEFAULT);
    private static final Batching SINGLE = new Batching(1, 0, DEFAULT);
    private static final KeepAlive KEEP = new KeepAlive(Duration.ofMinutes(10).toNanos(), 0, DEFAULT);

    private final ServiceCatalog catalog;
    private final ControllerSettings settings;
    private final Metrics metrics;
    private final Clock clock;
    private final ModelSelector selector;
    private final Dispatcher dispatcher;
    private final ResourceProvisioner provisioner;
    private final ColdStartManager coldStarts;
    private final BatchingPolicy batching;
    private final QueueOrder queueOrder;
    private final Set<Kind> told = EnumSet.noneOf(Kind.class);
    private long failures;

    /** Which policy. */
    enum Kind {
        SELECTOR,
        DISPATCHER,
        PROVISIONER,
        COLD_START_MANAGER("cold-start manager"),
        BATCHING("batching policy");

        private final String words;

        Kind() {
            words = name().toLowerCase(Locale.ROOT);
        }

        Kind(String words) {
            this.words = words;
        }
    }

    Policies(PolicySet policies, ServiceCatalog catalog, ControllerSettings settings, Metrics metrics, Clock clock) {
        this.clock = clock;
        this.catalog = catalog;
        this.settings = settings;
        this.metrics = metrics;
        selector = policies.selector();
        dispatcher = policies.dispatcher();
        provisioner = policies.provisioner();
        coldStarts = policies.coldStartManager();
        batching = policies.batching();
        queueOrder = dispatcher.queueOrder();
    }

    QueueOrder queueOrder() {
        return queueOrder;
    }

    Selection select(RequestTable.Cursor request, View view) {
        try {
            Selection selection = selector.select(request, view);
            if (selection.variant() >= Selection.NONE && selection.variant() < catalog.variants()) {
                return selection;
            }
            misled(Kind.SELECTOR, "selects variant " + selection.variant() + ", which does not exist");
        } catch (Throwable e) {
            threw(Kind.SELECTOR, e);
        }
        return anyVariant(request.requestClass(), view);
    }

    /** One that is accurate enough, best with instances that serve, or the function of one. */
    private Selection anyVariant(int requestClass, View view) {
        int found = Selection.NONE;
        int most = -1;
        for (int v = 0; v < catalog.variants(); v++) {
            int ready = 0;
            for (int t = 0; t < catalog.instanceTypes(); t++) {
                ready += view.readyInstances(catalog.fleet(v, t));
            }
            if (catalog.accuracy(v) >= catalog.minAccuracy(requestClass) && ready > most) {
                found = v;
                most = ready;
            }
        }
        return found == Selection.NONE ? NONE : new Selection(found, DEFAULT);
    }

    /** The dispatcher's word, where it can be done. */
    Dispatch dispatch(RequestTable.Cursor request, int variant, View view) {
        try {
            Dispatch dispatch = dispatcher.dispatch(request, view);
            String wrong = switch (dispatch) {
                case Dispatch.ToInstance to -> wrongFleet(to.fleet(), variant);
                case Dispatch.ToFleet to -> wrongFleet(to.fleet(), variant);
                case Dispatch.ToFunction to -> wrongFunction(to.function(), variant);
                case Dispatch.ToQueue ignored -> null;
                case Dispatch.Refuse ignored -> null;
            };
            if (wrong == null) {
                return dispatch;
            }
            misled(Kind.DISPATCHER, "sends a request for " + catalog.variantName(variant) + " to " + wrong);
        } catch (Throwable e) {
            threw(Kind.DISPATCHER, e);
        }
        return anyWhere(variant, view);
    }

    private @Nullable String wrongFleet(int fleet, int variant) {
        return fleet >= 0 && fleet < catalog.fleets() && catalog.variantOfFleet(fleet) == variant
                ? null
                : "fleet " + fleet + ", which does not serve it";
    }

    private @Nullable String wrongFunction(int function, int variant) {
        return function >= 0
                        && function < catalog.functions()
                        && catalog.variantOfFunction(function) == variant
                        && catalog.functionNanos(function) != ServiceCatalog.UNBOUNDED
                ? null
                : "function " + function + ", which cannot serve it";
    }

    /** A queue where there are instances, or none can be had otherwise; else the largest function that can serve. */
    private Dispatch anyWhere(int variant, View view) {
        for (int t = 0; t < catalog.instanceTypes(); t++) {
            int fleet = catalog.fleet(variant, t);
            if (view.readyInstances(fleet) + view.pendingInstances(fleet) > 0) {
                return WAIT;
            }
        }
        for (int m = catalog.memorySizes() - 1; m >= 0; m--) {
            int function = catalog.function(variant, m);
            if (catalog.functionNanos(function) != ServiceCatalog.UNBOUNDED) {
                return new Dispatch.ToFunction(function, DEFAULT);
            }
        }
        return WAIT;
    }

    Batching batch(View view) {
        try {
            return batching.batch(view);
        } catch (Throwable e) {
            threw(Kind.BATCHING, e);
            return SINGLE;
        }
    }

    /** The next plan; null where there is none, and all stays as it is. */
    @Nullable
    Plan plan(View view) {
        try {
            return provisioner.plan(view);
        } catch (Throwable e) {
            threw(Kind.PROVISIONER, e);
            return null;
        }
    }

    KeepAlive keepAlive(View view) {
        try {
            return coldStarts.keepAlive(view);
        } catch (Throwable e) {
            threw(Kind.COLD_START_MANAGER, e);
            return KEEP;
        }
    }

    void answered(int variant, long latencyNanos) {
        try {
            selector.answered(variant, latencyNanos);
        } catch (Throwable e) {
            threw(Kind.SELECTOR, e);
        }
    }

    void feedback(int variant, boolean correct) {
        try {
            selector.feedback(variant, correct);
        } catch (Throwable e) {
            threw(Kind.SELECTOR, e);
        }
    }

    void feedback(int requestClass, Ensemble ensemble, int right) {
        try {
            selector.feedback(requestClass, ensemble, right);
        } catch (Throwable e) {
            threw(Kind.SELECTOR, e);
        }
    }

    private void threw(Kind kind, Throwable thrown) {
        if (thrown instanceof OutOfMemoryError error) {
            throw error; // nobody's fault, and no default helps
        }
        failed(kind, "threw " + thrown, thrown);
    }

    /** A policy decided what cannot be done. */
    void misled(Kind kind, String what) {
        failed(kind, what, null);
    }

    private void failed(Kind kind, String what, @Nullable Throwable thrown) {
        Object policy = switch (kind) {
            case SELECTOR -> selector;
            case DISPATCHER -> dispatcher;
            case PROVISIONER -> provisioner;
            case COLD_START_MANAGER -> coldStarts;
            case BATCHING -> batching;
        };
        String message = String.format(
                Locale.ROOT,
                "%s %s %s, at %.3f s",
                kind.words,
                policy.getClass().getName().replaceFirst("\\$\\$Lambda.*", ""),
                what,
                clock.nanos() / 1e9);
        metrics.policyFailed();
        if (++failures > settings.maxPolicyFailures()) {
            throw new PolicyException(message, thrown);
        }
        if (told.add(kind)) {
            LOG.error("{}; the engine decides in its place, and does not tell again", message, thrown);
        }
    }
}
