package dev.purser.core.engine;

import dev.purser.core.policy.ColdStartManager;
import dev.purser.core.policy.Dispatcher;
import dev.purser.core.policy.ModelSelector;
import dev.purser.core.policy.ResourceProvisioner;

/** The policies that one controller asks. They belong to it alone: a policy may hold state. */
public record PolicySet(
        ModelSelector selector,
        Dispatcher dispatcher,
        ResourceProvisioner provisioner,
        ColdStartManager coldStartManager) {}
