package dev.purser.core.model;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.Map;
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
 * @param vm profile by instance type name; may be empty
 * @param function profile by function memory; null where the variant cannot run in a function
 * @param model where its network is; null where it can only be simulated
 */
public record Variant(
        String name,
        double accuracy,
        @Nullable Double observedAccuracy,
        double sizeMb,
        double loadMs,
        @JsonProperty(defaultValue = "{}") Map<String, VmProfile> vm,
        @Nullable FunctionProfile function,
        @Nullable ModelSource model) {

    public Variant {
        if (name.isBlank()) {
            throw new IllegalArgumentException("name is blank");
        }
        requireShare("accuracy", accuracy);
        if (observedAccuracy != null) {
            requireShare("observedAccuracy", observedAccuracy);
        }
        if (!(sizeMb >= 0 && sizeMb <= 10_000_000)) {
            throw new IllegalArgumentException("sizeMb is " + sizeMb + ", but it must be 0 to 10000000");
        }
        if (!(loadMs >= 0 && loadMs <= 3_600_000)) {
            throw new IllegalArgumentException("loadMs is " + loadMs + ", but it must be 0 to 3600000 (an hour)");
        }
        vm = Map.copyOf(vm);
        if (vm.isEmpty() && function == null) {
            throw new IllegalArgumentException(
                    "variant '" + name + "' has neither a vm nor a function profile, so it can run nowhere");
        }
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

    private static void requireShare(String field, double value) {
        if (!(value >= 0 && value <= 1)) {
            throw new IllegalArgumentException(
                    field + " is " + value + ", but it must be a share of 0 to 1 (72.5 % is 0.725)");
        }
    }
}
