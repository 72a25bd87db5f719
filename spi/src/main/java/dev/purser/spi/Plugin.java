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

/**
 * What a jar brings. Found through {@link java.util.ServiceLoader}: one line in
 * {@code META-INF/services/dev.purser.spi.Plugin}. Every method defaults to nothing, so that a plugin names only what it
 * has, and new kinds of policy leave old plugins working.
 */
public interface Plugin {

    /** The plugin's name, for messages. */
    String name();

    /** Which variant answers a request. */
    default List<PolicyFactory<? extends ModelSelector, ?>> modelSelectors() {
        return List.of();
    }

    /** Instance, queue, function, or refusal. */
    default List<PolicyFactory<? extends Dispatcher, ?>> dispatchers() {
        return List.of();
    }

    /** What to hold until the next look. */
    default List<PolicyFactory<? extends ResourceProvisioner, ?>> resourceProvisioners() {
        return List.of();
    }

    /** How much will arrive. */
    default List<PolicyFactory<? extends LoadPredictor, ?>> loadPredictors() {
        return List.of();
    }

    /** When the next arrival is to be expected. */
    default List<PolicyFactory<? extends InterArrivalPredictor, ?>> interArrivalPredictors() {
        return List.of();
    }

    /** When to warm a function and how long to keep it. */
    default List<PolicyFactory<? extends ColdStartManager, ?>> coldStartManagers() {
        return List.of();
    }

    /** How many requests to gather before they are served together, and how long to wait. */
    default List<PolicyFactory<? extends BatchingPolicy, ?>> batchingPolicies() {
        return List.of();
    }

    /** Where to cut a model, and the memory of each part. */
    default List<PolicyFactory<? extends Partitioner, ?>> partitioners() {
        return List.of();
    }

    /** Stacks by name: sets of policies with their settings. */
    default List<Stack> stacks() {
        return List.of();
    }
}
