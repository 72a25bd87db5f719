package dev.purser.core.policy;

/**
 * How many instances a fleet is to have.
 *
 * @param fleet the fleet
 * @param instances ready and pending together, at least 0
 * @param reason why
 */
public record FleetTarget(int fleet, int instances, Reason reason) {

    public FleetTarget {
        if (instances < 0) {
            throw new IllegalArgumentException("a fleet of " + instances + " instances");
        }
    }
}
