package dev.purser.core.model;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One deployable network of a model: its accuracy, its size and its profiles.
 *
 * @param name unique within its pool
 * @param accuracy the published accuracy, as a share of 0 to 1
 * @param observedAccuracy what users see, where it was measured apart from the published figure; null where it is the
 *     same
 * @param sizeMb the weights to load, in MB of 2^20 bytes
 * @param loadMs time to load the weights and make the first inference, in milliseconds: what a fresh instance or sandbox
 *     needs on top of its own start
 * @param vm profile by instance type name; may be empty. Times of batches are left out where the model may not be batched
 * @param function profile by function memory; null where the variant cannot run in a single function
 * @param model where its network is; null where it can only be simulated, or only runs split
 * @param chain the parts that run one after the other, each in a function of its own, at least 2 and at most
 *     {@value ChainPart#MAX_PARTS}; null where the variant is not split. A variant that is split has no {@code function}
 */
public record Variant(
        String name,
        double accuracy,
        @Nullable Double observedAccuracy,
        double sizeMb,
        double loadMs,
        @JsonProperty(defaultValue = "{}") Map<String, VmProfile> vm,
        @Nullable FunctionProfile function,
        @Nullable ModelSource model,
        @Nullable List<ChainPart> chain) {

    public Variant {
        if (name.isBlank()) {
            throw new IllegalArgumentException("name is blank");
        }
        requireShare("accuracy", accuracy);
        if (observedAccuracy != null) {
            requireShare("observedAccuracy", observedAccuracy);
        }
        requireSize(sizeMb);
        requireLoad(loadMs);
        vm = model != null && Boolean.FALSE.equals(model.batchable()) ? singly(vm) : Map.copyOf(vm);
        if (chain != null) {
            chain = List.copyOf(chain);
            requireChain(name, chain, function, model != null && vm.isEmpty());
        } else if (vm.isEmpty() && function == null) {
            throw new IllegalArgumentException(
                    "variant '" + name + "' has neither a vm nor a function profile, so it can run nowhere");
        }
    }

    private static Map<String, VmProfile> singly(Map<String, VmProfile> vm) {
        Map<String, VmProfile> singly = new HashMap<>();
        vm.forEach((type, profile) -> singly.put(type, new VmProfile(profile.latencyMs(), profile.slots())));
        return Map.copyOf(singly);
    }

    /** The same with another model. */
    public Variant withModel(ModelSource other) {
        return new Variant(name, accuracy, observedAccuracy, sizeMb, loadMs, vm, function, other, chain);
    }

    private static void requireChain(
            String name, List<ChainPart> chain, @Nullable FunctionProfile function, boolean idleModel) {
        String variant = "variant '" + name + "' is split into a chain";
        if (chain.size() < 2 || chain.size() > ChainPart.MAX_PARTS) {
            throw new IllegalArgumentException(variant + " of " + chain.size() + " parts, but it must be 2 to "
                    + ChainPart.MAX_PARTS + "; a single part is a function profile");
        }
        if (function != null) {
            throw new IllegalArgumentException(variant + " and has a function profile too, but it must be one of them");
        }
        if (idleModel) {
            throw new IllegalArgumentException(
                    variant + " and has a model too, but no vm profile to run it: models belong to the parts");
        }
        Set<String> seen = new HashSet<>();
        for (int i = 0; i < chain.size(); i++) {
            ChainPart part = chain.get(i);
            if (!seen.add(part.name())) {
                throw new IllegalArgumentException("chain has two parts of the name '" + part.name() + "'");
            }
            if (i == chain.size() - 1 && part.outBytes() > 0) {
                throw new IllegalArgumentException("chain[" + i + "].outBytes is " + part.outBytes()
                        + ", but nothing comes after the last part, so it must be 0");
            }
        }
    }

    /** A variant that is not split. */
    public Variant(
            String name,
            double accuracy,
            @Nullable Double observedAccuracy,
            double sizeMb,
            double loadMs,
            Map<String, VmProfile> vm,
            @Nullable FunctionProfile function,
            @Nullable ModelSource model) {
        this(name, accuracy, observedAccuracy, sizeMb, loadMs, vm, function, model, null);
    }

    /** A variant that can only be simulated. */
    public Variant(
            String name,
            double accuracy,
            @Nullable Double observedAccuracy,
            double sizeMb,
            double loadMs,
            Map<String, VmProfile> vm,
            @Nullable FunctionProfile function) {
        this(name, accuracy, observedAccuracy, sizeMb, loadMs, vm, function, null);
    }

    /** The accuracy that users see: the observed one where there is one, else the published one. */
    public double trueAccuracy() {
        return observedAccuracy == null ? accuracy : observedAccuracy;
    }

    static void requireSize(double sizeMb) {
        if (!(sizeMb >= 0 && sizeMb <= 10_000_000)) {
            throw new IllegalArgumentException("sizeMb is " + sizeMb + ", but it must be 0 to 10000000");
        }
    }

    static void requireLoad(double loadMs) {
        if (!(loadMs >= 0 && loadMs <= 3_600_000)) {
            throw new IllegalArgumentException("loadMs is " + loadMs + ", but it must be 0 to 3600000 (an hour)");
        }
    }

    private static void requireShare(String field, double value) {
        if (!(value >= 0 && value <= 1)) {
            throw new IllegalArgumentException(
                    field + " is " + value + ", but it must be a share of 0 to 1 (72.5 % is 0.725)");
        }
    }
}
