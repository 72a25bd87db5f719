package dev.purser.core.workload;

import dev.purser.core.pricing.BurstPricing;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What is served and what may be rented for it; with an arrival trace and a price book it is everything a run needs.
 *
 * @param name the workload's name
 * @param description what it stands for, and its source
 * @param application the task, its variants and its request classes
 * @param instanceTypes names of the instance types that may be launched, in order of preference; may be empty where
 *     functions do all the work
 * @param functions the functions that may be used
 * @param priceBook name or file of the price book that it is meant for
 * @param spot which of the instance types may also be bought on the spot market; null for none
 * @param burst what burstable types do without credits; null where each does what its price book says
 */
public record Workload(
        String name,
        String description,
        Application application,
        List<String> instanceTypes,
        FunctionConfiguration functions,
        String priceBook,
        @Nullable SpotConfiguration spot,
        BurstPricing.@Nullable Mode burst) {

    public Workload {
        if (name.isBlank()) {
            throw new IllegalArgumentException("name is blank");
        }
        instanceTypes = List.copyOf(instanceTypes);
        if (instanceTypes.isEmpty() && functions.memoryMb().isEmpty()) {
            throw new IllegalArgumentException(
                    "there are neither instanceTypes nor functions.memoryMb, so nothing can be rented");
        }
        if (instanceTypes.stream().distinct().count() != instanceTypes.size()) {
            throw new IllegalArgumentException("instanceTypes names a type twice: " + instanceTypes);
        }
        if (spot != null) {
            for (String type : spot.instanceTypes()) {
                if (!instanceTypes.contains(type)) {
                    throw new IllegalArgumentException("spot.instanceTypes has '" + type
                            + "', but it must be one of instanceTypes: " + instanceTypes);
                }
            }
        }
    }

    /** A workload whose instances are all on demand. */
    public Workload(
            String name,
            String description,
            Application application,
            List<String> instanceTypes,
            FunctionConfiguration functions,
            String priceBook) {
        this(name, description, application, instanceTypes, functions, priceBook, null, null);
    }
}
