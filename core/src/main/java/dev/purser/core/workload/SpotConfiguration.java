package dev.purser.core.workload;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.List;

/**
 * What may be bought on the spot market.
 *
 * @param instanceTypes at least one, each once
 * @param maxPrice the most that is paid, as a share of the on-demand price, over 0 and at most 10. AWS takes 1 where
 *     nothing is said. An instance is taken back, and none can be launched, while the price is above
 */
public record SpotConfiguration(
        List<String> instanceTypes,
        @JsonProperty(defaultValue = "1") double maxPrice) {

    public SpotConfiguration {
        instanceTypes = List.copyOf(instanceTypes);
        if (instanceTypes.isEmpty() || instanceTypes.stream().distinct().count() != instanceTypes.size()) {
            throw new IllegalArgumentException(
                    "spot.instanceTypes is " + instanceTypes + ", but it must name at least one type, and each once");
        }
        if (!(maxPrice > 0 && maxPrice <= 10)) {
            throw new IllegalArgumentException("spot.maxPrice is " + maxPrice
                    + ", but it must be a share of the on-demand price over 0 and at most 10");
        }
    }
}
