package dev.purser.spi;

import dev.purser.core.InputException;
import dev.purser.core.Names;
import dev.purser.core.engine.PolicySet;
import dev.purser.core.json.Json;
import dev.purser.core.policy.BatchingPolicy;
import dev.purser.core.policy.InterArrivalPredictor;
import dev.purser.core.policy.LoadPredictor;
import dev.purser.core.policy.Partitioner;
import dev.purser.core.policy.ServiceCatalog;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.ServiceLoader;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Every policy and stack that the plugins found bring, by name. */
public final class PolicyRegistry {
    private record Entry(Plugin plugin, PolicyFactory<?, ?> factory) {}

    private final Map<PolicyKind<?>, Map<String, Entry>> policies = new LinkedHashMap<>();
    private final Map<String, Stack> stacks = new TreeMap<>();

    /**
     * Takes what plugins bring.
     *
     * @throws InputException if two of them bring a policy or stack of the same name, naming both
     */
    public PolicyRegistry(Iterable<Plugin> plugins) {
        for (PolicyKind<?> kind : PolicyKind.all()) {
            Map<String, Entry> byName = new TreeMap<>();
            for (Plugin plugin : plugins) {
                for (PolicyFactory<?, ?> factory : kind.of(plugin)) {
                    Entry other = byName.put(factory.name(), new Entry(plugin, factory));
                    if (other != null) {
                        throw duplicate(kind.title(), factory.name(), other.plugin(), plugin);
                    }
                }
            }
            policies.put(kind, byName);
        }
        Map<String, Plugin> owners = new TreeMap<>();
        for (Plugin plugin : plugins) {
            for (Stack stack : plugin.stacks()) {
                Plugin other = owners.put(stack.name(), plugin);
                if (other != null) {
                    throw duplicate("stack", stack.name(), other, plugin);
                }
                stacks.put(stack.name(), stack);
            }
        }
    }

    private static InputException duplicate(String kind, String name, Plugin one, Plugin other) {
        return new InputException(
                "plugin " + other.name() + " (" + location(other) + ")",
                "",
                "brings a " + kind + " '" + name + "', but plugin " + one.name() + " (" + location(one)
                        + ") brings one of that name too",
                "remove one of the two jars");
    }

    private static String location(Plugin plugin) {
        var source = plugin.getClass().getProtectionDomain().getCodeSource();
        return source == null ? "built in" : String.valueOf(source.getLocation());
    }

    /** What the plugins on the class path bring. */
    public static PolicyRegistry load() {
        return new PolicyRegistry(ServiceLoader.load(Plugin.class));
    }

    /** The factories of a kind, by name. */
    public Collection<PolicyFactory<?, ?>> factories(PolicyKind<?> kind) {
        return byName(kind).values().stream()
                .<PolicyFactory<?, ?>>map(Entry::factory)
                .toList();
    }

    private Map<String, Entry> byName(PolicyKind<?> kind) {
        return Objects.requireNonNull(policies.get(kind));
    }

    /** The stacks that plugins bring, by name. */
    public Collection<Stack> stacks() {
        return stacks.values();
    }

    /**
     * A stack by name, or read from a JSON file where {@code nameOrFile} is one.
     *
     * @throws InputException if there is no such stack or file, with the names that exist
     */
    public Stack stack(String nameOrFile) {
        Stack stack = stacks.get(nameOrFile);
        if (stack != null) {
            return stack;
        }
        if (nameOrFile.endsWith(".json") && Files.exists(Path.of(nameOrFile))) {
            return Json.read(Path.of(nameOrFile), Stack.class);
        }
        throw new InputException(
                "--stacks",
                "",
                nameOrFile.endsWith(".json")
                        ? "there is no file '" + nameOrFile + "'"
                        : "there is no stack '" + nameOrFile + "'",
                Names.suggest("stack", stacks.keySet(), nameOrFile));
    }

    /**
     * Makes a stack's policies for one run.
     *
     * @param stack the stack
     * @param catalog what it will serve
     * @param seed for policies that draw lots
     * @throws InputException if a policy is unknown or its settings are wrong, naming stack, policy and setting
     */
    public PolicySet create(Stack stack, ServiceCatalog catalog, long seed) {
        String where = "stack " + stack.name();
        return new PolicySet(
                create(where, PolicyKind.MODEL_SELECTOR, stack.modelSelector(), catalog, seed),
                create(where, PolicyKind.DISPATCHER, stack.dispatcher(), catalog, seed + 1),
                create(where, PolicyKind.RESOURCE_PROVISIONER, stack.resourceProvisioner(), catalog, seed + 2),
                create(where, PolicyKind.COLD_START_MANAGER, stack.coldStartManager(), catalog, seed + 3),
                stack.batchingPolicy() == null
                        ? BatchingPolicy.NONE
                        : create(where, PolicyKind.BATCHING_POLICY, stack.batchingPolicy(), catalog, seed + 4));
    }

    /**
     * Makes a load predictor by itself, to be fed by hand.
     *
     * @param where the file or option that names it, for messages
     * @param spec its name and settings
     * @param seed for predictors that draw lots
     * @throws InputException if there is none of that name, or its settings are wrong
     */
    public LoadPredictor loadPredictor(String where, PolicySpec spec, long seed) {
        return create(where, PolicyKind.LOAD_PREDICTOR, spec, null, seed);
    }

    /**
     * Makes an inter-arrival predictor by itself, to be fed by hand.
     *
     * @param where the file or option that names it, for messages
     * @param spec its name and settings
     * @param seed for predictors that draw lots
     * @throws InputException if there is none of that name, or its settings are wrong
     */
    public InterArrivalPredictor interArrivalPredictor(String where, PolicySpec spec, long seed) {
        return create(where, PolicyKind.INTER_ARRIVAL_PREDICTOR, spec, null, seed);
    }

    /**
     * Makes a partitioner.
     *
     * @param where the file or option that names it, for messages
     * @param spec its name and settings
     * @param seed for partitioners that draw lots
     * @throws InputException if there is none of that name, or its settings are wrong
     */
    public Partitioner partitioner(String where, PolicySpec spec, long seed) {
        return create(where, PolicyKind.PARTITIONER, spec, null, seed);
    }

    private <P> P create(
            String where, PolicyKind<P> kind, PolicySpec spec, @Nullable ServiceCatalog catalog, long seed) {
        Entry entry = byName(kind).get(spec.policy());
        if (entry == null) {
            throw new InputException(
                    where,
                    kind.title(),
                    "there is no " + kind.title() + " '" + spec.policy() + "'",
                    Names.suggest(kind.title(), byName(kind).keySet(), spec.policy()));
        }
        // the registry files a factory under its own kind, so the cast holds
        @SuppressWarnings("unchecked")
        PolicyFactory<P, ?> factory = (PolicyFactory<P, ?>) entry.factory();
        return create(where + ": " + kind.title() + " '" + spec.policy() + "'", factory, spec, catalog, seed);
    }

    private <P, S extends Record> P create(
            String where, PolicyFactory<P, S> factory, PolicySpec spec, @Nullable ServiceCatalog catalog, long seed) {
        S settings = SettingsBinder.bind(where, factory.settingsType(), spec.settings());
        return factory.create(settings, new PolicyContext() {
            @Override
            public ServiceCatalog catalog() {
                if (catalog == null) {
                    throw new UnsupportedOperationException(
                            "a policy made by itself serves nothing, so it has no catalog");
                }
                return catalog;
            }

            @Override
            public long seed() {
                return seed;
            }

            @Override
            public LoadPredictor loadPredictor(PolicySpec predictor) {
                return create(where, PolicyKind.LOAD_PREDICTOR, predictor, catalog, seed);
            }

            @Override
            public InterArrivalPredictor interArrivalPredictor(PolicySpec predictor) {
                return create(where, PolicyKind.INTER_ARRIVAL_PREDICTOR, predictor, catalog, seed);
            }
        });
    }

    /** The names of the stacks that plugins bring. */
    public List<String> stackNames() {
        return List.copyOf(stacks.keySet());
    }
}
