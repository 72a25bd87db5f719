package dev.purser.core.engine;

import dev.purser.core.policy.BatchingPolicy;
import dev.purser.core.policy.ColdStartManager;
import dev.purser.core.policy.Dispatcher;
import dev.purser.core.policy.ModelSelector;
import dev.purser.core.policy.ResourceProvisioner;

/** The policies that one controller asks. They belong to it alone: a policy may hold state. */
public record PolicySet(
        ModelSelector selector,
        Dispatcher dispatcher,
        ResourceProvisioner provisioner,
        ColdStartManager coldStartManager,
        BatchingPolicy batching) {

    /** Policies that serve each request by itself. */
    public PolicySet(
            ModelSelector selector,
            Dispatcher dispatcher,
            ResourceProvisioner provisioner,
            ColdStartManager coldStartManager) {
        this(selector, dispatcher, provisioner, coldStartManager, BatchingPolicy.NONE);
    }
}
