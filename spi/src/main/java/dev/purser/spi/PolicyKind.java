package dev.purser.spi;

import dev.purser.core.policy.BatchingPolicy;
import dev.purser.core.policy.ColdStartManager;
import dev.purser.core.policy.Dispatcher;
import dev.purser.core.policy.InterArrivalPredictor;
import dev.purser.core.policy.LoadPredictor;
import dev.purser.core.policy.ModelSelector;
import dev.purser.core.policy.Partitioner;
import dev.purser.core.policy.ResourceProvisioner;
import java.util.List;
import java.util.function.Function;

/**
 * One kind of policy, as people name it and as plugins bring it.
 *
 * @param <P> the policy's interface
 */
public final class PolicyKind<P> {
    /** Which variant answers a request. */
    public static final PolicyKind<ModelSelector> MODEL_SELECTOR =
            new PolicyKind<>("model selector", Plugin::modelSelectors);

    /** Instance, queue, function, or refusal. */
    public static final PolicyKind<Dispatcher> DISPATCHER = new PolicyKind<>("dispatcher", Plugin::dispatchers);

    /** What to hold until the next look. */
    public static final PolicyKind<ResourceProvisioner> RESOURCE_PROVISIONER =
            new PolicyKind<>("resource provisioner", Plugin::resourceProvisioners);

    /** How much will arrive. */
    public static final PolicyKind<LoadPredictor> LOAD_PREDICTOR =
            new PolicyKind<>("load predictor", Plugin::loadPredictors);

    /** When the next arrival is to be expected. */
    public static final PolicyKind<InterArrivalPredictor> INTER_ARRIVAL_PREDICTOR =
            new PolicyKind<>("inter-arrival predictor", Plugin::interArrivalPredictors);

    /** When to warm a function and how long to keep it. */
    public static final PolicyKind<ColdStartManager> COLD_START_MANAGER =
            new PolicyKind<>("cold-start manager", Plugin::coldStartManagers);

    /** How many requests to gather before they are served together, and how long to wait. */
    public static final PolicyKind<BatchingPolicy> BATCHING_POLICY =
            new PolicyKind<>("batching policy", Plugin::batchingPolicies);

    /** Where to cut a model, and the memory of each part. */
    public static final PolicyKind<Partitioner> PARTITIONER = new PolicyKind<>("partitioner", Plugin::partitioners);

    private final String title;
    private final Function<Plugin, List<PolicyFactory<? extends P, ?>>> factories;

    private PolicyKind(String title, Function<Plugin, List<PolicyFactory<? extends P, ?>>> factories) {
        this.title = title;
        this.factories = factories;
    }

    /** All kinds: in the order in which a request meets them, then what is asked once a deployment. */
    public static List<PolicyKind<?>> all() {
        return List.of(
                MODEL_SELECTOR,
                DISPATCHER,
                BATCHING_POLICY,
                RESOURCE_PROVISIONER,
                COLD_START_MANAGER,
                LOAD_PREDICTOR,
                INTER_ARRIVAL_PREDICTOR,
                PARTITIONER);
    }

    /** What people call it, in the singular. */
    public String title() {
        return title;
    }

    List<PolicyFactory<? extends P, ?>> of(Plugin plugin) {
        return factories.apply(plugin);
    }
}
