package dev.purser.core.workload;

import dev.purser.core.model.ModelPool;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * One task that users ask for: the variants that can do it and the classes of requests for it.
 *
 * @param name the application's name, which model-less requests use as the model's name
 * @param pool the variants
 * @param classes at least one; names are unique
 */
public record Application(String name, ModelPool pool, List<RequestClass> classes) {

    public Application {
        if (name.isBlank()) {
            throw new IllegalArgumentException("name is blank");
        }
        if (classes.isEmpty()) {
            throw new IllegalArgumentException("classes is empty, but an application needs at least one");
        }
        Set<String> seen = new HashSet<>();
        for (RequestClass requestClass : classes) {
            if (!seen.add(requestClass.name())) {
                throw new IllegalArgumentException("classes has two of the name '" + requestClass.name() + "'");
            }
        }
        classes = List.copyOf(classes);
    }
}
