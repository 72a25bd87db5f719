package dev.purser.sim;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What goes wrong on purpose.
 *
 * @param launchFailure share of the launches that fail after some seconds, 0 to 1
 * @param launchHang share of the launches that never end, 0 to 1
 * @param outages when an instance type cannot be had
 * @param interruptions when spot instances are taken back
 */
public record Faults(
        @JsonProperty(defaultValue = "0") double launchFailure,
        @JsonProperty(defaultValue = "0") double launchHang,
        @JsonProperty(defaultValue = "[]") List<Outage> outages,
        @JsonProperty(defaultValue = "[]") List<Interruption> interruptions) {

    /**
     * A time in which the provider has no capacity of a type: instances that run stay, and no launch succeeds.
     *
     * @param instanceType the type, on both markets
     * @param from since the start of the run, at least 0
     * @param duration how long, at least 0
     */
    public record Outage(String instanceType, Duration from, Duration duration) {
        public Outage {
            SimulatorSettings.requireNotNegative("faults.outages.from", from);
            SimulatorSettings.requireNotNegative("faults.outages.duration", duration);
        }
    }

    /**
     * The provider takes a share of the spot instances back.
     *
     * @param at since the start of the run, at least 0: when notice is given
     * @param share of the instances, over 0 and at most 1; rounded to whole ones, those launched first
     * @param instanceType of this type only; null for all
     */
    public record Interruption(
            Duration at, double share, @Nullable String instanceType) {
        public Interruption {
            SimulatorSettings.requireNotNegative("faults.interruptions.at", at);
            if (!(share > 0 && share <= 1)) {
                throw new IllegalArgumentException("faults.interruptions.share is " + share
                        + ", but it must be a share over 0 and at most 1 (80 % is 0.8)");
            }
        }
    }

    public Faults {
        SimulatorSettings.requireShare("faults.launchFailure", launchFailure);
        SimulatorSettings.requireShare("faults.launchHang", launchHang);
        outages = List.copyOf(outages);
        interruptions = List.copyOf(interruptions);
    }

    /** Nothing goes wrong. */
    public static Faults none() {
        return new Faults(0, 0, List.of(), List.of());
    }
}
