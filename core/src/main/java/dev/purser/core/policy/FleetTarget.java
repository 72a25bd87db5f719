package dev.purser.core.policy;

/**
 * How many instances a fleet is to have.
 *
 * @param fleet the fleet
 * @param instances ready and pending together, at least 0; not counting those that the provider has announced to take back
 * @param standby stopped instances to hold besides, which start sooner than new ones, at least 0. An instance that is given
 *     up becomes one where there are too few. A platform that cannot stop instances holds none
 * @param reason why
 */
public record FleetTarget(int fleet, int instances, int standby, Reason reason) {

    public FleetTarget {
        if (instances < 0 || standby < 0) {
            throw new IllegalArgumentException("a fleet of " + instances + " instances and " + standby + " on standby");
        }
    }

    /** Without standbys. */
    public FleetTarget(int fleet, int instances, Reason reason) {
        this(fleet, instances, 0, reason);
    }
}
