package dev.purser.spi;

import java.util.function.BiFunction;

/**
 * Makes one kind of policy from its settings.
 *
 * @param <P> the policy's interface
 * @param <S> the settings: a record whose components carry {@link Setting}
 */
public interface PolicyFactory<P, S extends Record> {

    /** The policy's name in stacks, unique among its kind: lower case with hyphens. */
    String name();

    /** One sentence on what it does, and its source. */
    String summary();

    /** The settings record. */
    Class<S> settingsType();

    /**
     * Makes a policy for one run.
     *
     * @param settings bound and checked
     * @param context what the policy will serve
     */
    P create(S settings, PolicyContext context);

    /** A factory from its parts. */
    static <P, S extends Record> PolicyFactory<P, S> of(
            String name, String summary, Class<S> settingsType, BiFunction<S, PolicyContext, ? extends P> create) {
        return new PolicyFactory<>() {
            @Override
            public String name() {
                return name;
            }

            @Override
            public String summary() {
                return summary;
            }

            @Override
            public Class<S> settingsType() {
                return settingsType;
            }

            @Override
            public P create(S settings, PolicyContext context) {
                return create.apply(settings, context);
            }
        };
    }
}
