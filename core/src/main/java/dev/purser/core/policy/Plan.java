package dev.purser.core.policy;

import java.util.List;

/**
 * What to hold until the next look. A fleet that is not named keeps what it has.
 *
 * @param fleets the targets, at most one for each fleet
 * @param offload whether functions are part of the plan
 */
public record Plan(List<FleetTarget> fleets, Offload offload) {

    public Plan {
        fleets = List.copyOf(fleets);
    }
}
