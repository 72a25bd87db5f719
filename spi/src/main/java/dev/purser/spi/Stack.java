package dev.purser.spi;

import org.jspecify.annotations.Nullable;

/**
 * A named set of policies with their settings: what a run or a deployment is driven by.
 *
 * @param name lower case with hyphens
 * @param description one sentence, with its source
 * @param modelSelector which variant answers a request
 * @param dispatcher instance, queue, function, or refusal
 * @param resourceProvisioner what to hold until the next look
 * @param coldStartManager when to warm a function and how long to keep it
 * @param batchingPolicy how many requests to gather before they are served together, and how long to wait; null
 *     where each is served by itself
 */
public record Stack(
        String name,
        String description,
        PolicySpec modelSelector,
        PolicySpec dispatcher,
        PolicySpec resourceProvisioner,
        PolicySpec coldStartManager,
        @Nullable PolicySpec batchingPolicy) {

    public Stack {
        if (!name.matches("[a-z0-9][a-z0-9._-]*")) {
            throw new IllegalArgumentException(
                    "name is '" + name + "', but it must be lower case letters, digits, '.', '_' and '-'");
        }
    }

    /** The same with another selector. */
    public Stack withModelSelector(PolicySpec selector) {
        return new Stack(
                name, description, selector, dispatcher, resourceProvisioner, coldStartManager, batchingPolicy);
    }

    /** The same with another dispatcher. */
    public Stack withDispatcher(PolicySpec newDispatcher) {
        return new Stack(
                name, description, modelSelector, newDispatcher, resourceProvisioner, coldStartManager, batchingPolicy);
    }

    /** The same with another provisioner. */
    public Stack withResourceProvisioner(PolicySpec provisioner) {
        return new Stack(name, description, modelSelector, dispatcher, provisioner, coldStartManager, batchingPolicy);
    }

    /** The same with another batching policy. */
    public Stack withBatchingPolicy(PolicySpec batching) {
        return new Stack(name, description, modelSelector, dispatcher, resourceProvisioner, coldStartManager, batching);
    }

    /** A stack that serves each request by itself. */
    public Stack(
            String name,
            String description,
            PolicySpec modelSelector,
            PolicySpec dispatcher,
            PolicySpec resourceProvisioner,
            PolicySpec coldStartManager) {
        this(name, description, modelSelector, dispatcher, resourceProvisioner, coldStartManager, null);
    }
}
