package dev.purser.core.policy;

import java.util.Arrays;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/**
 * What a policy knows of each request class, worked out when it is first asked for and then kept: a deployment that
 * serves may meet classes that its workload did not name.
 *
 * @param <T> what is known
 */
public final class PerRequestClass<T> {
    private final IntFunction<T> make;
    private @Nullable Object[] values = new Object[8];

    /** @param make works out the value of a class */
    public PerRequestClass(IntFunction<T> make) {
        this.make = make;
    }

    /** The value of a class. */
    public T get(int requestClass) {
        if (requestClass >= values.length) {
            values = Arrays.copyOf(values, Math.max(requestClass + 1, values.length * 2));
        }
        @SuppressWarnings("unchecked") // only what make returned is kept
        T value = (T) values[requestClass];
        if (value == null) {
            value = make.apply(requestClass);
            values[requestClass] = value;
        }
        return value;
    }
}
