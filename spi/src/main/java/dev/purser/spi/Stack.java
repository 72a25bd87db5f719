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
