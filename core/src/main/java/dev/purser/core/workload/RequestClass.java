package dev.purser.core.workload;

import org.jspecify.annotations.Nullable;

/**
 * Requests that are alike in what they ask for.
 *
 * @param name unique within its application
 * @param weight share of the arrivals, relative to the other classes' weights, over 0
 * @param variant the variant that these requests name; null for model-less requests, which a selector gives a variant
 * @param slo what they are promised
 */
public record RequestClass(
        String name, double weight, @Nullable String variant, Slo slo) {

    public RequestClass {
        if (name.isBlank()) {
            throw new IllegalArgumentException("name is blank");
        }
        if (!(weight > 0 && weight < Double.POSITIVE_INFINITY)) {
            throw new IllegalArgumentException("weight is " + weight + ", but it must be over 0");
        }
    }
}
