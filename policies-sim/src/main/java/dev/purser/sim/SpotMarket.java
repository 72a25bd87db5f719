package dev.purser.sim;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * How the spot market behaves. Instances are taken back while the price is above the most that is paid; and as often as the
 * price book's published range says: events come at random to a type, and each takes every instance of it with the same
 * chance, so that a fleet is hit together.
 *
 * @param prices a file of hourly prices: a CSV whose header is {@code time} and instance type names, with USD per hour in
 *     the cells (empty for none yet); null for the price book's constant ones
 * @param from where in the file the run begins, at least 0
 * @param notice how long before it is taken back an instance is given notice; AWS gives 2 minutes
 * @param missingNotice share of the interruptions of which nobody is told, 0 to 1
 * @param interruptions how many times as often as published instances are taken back, at least 0
 * @param largestShare the largest share of a type's instances that an event takes, 0 to 1; the share is uniform up to it.
 *     At 0 each instance is taken by itself
 */
public record SpotMarket(
        @Nullable String prices,
        @JsonProperty(defaultValue = "0s") Duration from,
        @JsonProperty(defaultValue = "2m") Duration notice,
        @JsonProperty(defaultValue = "0") double missingNotice,
        @JsonProperty(defaultValue = "1") double interruptions,
        @JsonProperty(defaultValue = "0.8") double largestShare) {

    public SpotMarket {
        SimulatorSettings.requireNotNegative("spot.from", from);
        SimulatorSettings.requireNotNegative("spot.notice", notice);
        SimulatorSettings.requireShare("spot.missingNotice", missingNotice);
        SimulatorSettings.requireShare("spot.largestShare", largestShare);
        if (!(interruptions >= 0 && interruptions <= 1e6)) {
            throw new IllegalArgumentException("spot.interruptions is " + interruptions
                    + ", but it must be 0 to 1000000 times the published rate");
        }
    }

    /** Constant prices, interruptions as published, up to 80 % of a type at once, two minutes of notice. */
    public static SpotMarket defaults() {
        return new SpotMarket(null, Duration.ZERO, Duration.ofMinutes(2), 0, 1, 0.8);
    }
}
