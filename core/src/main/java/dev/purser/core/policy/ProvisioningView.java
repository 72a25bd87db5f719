package dev.purser.core.policy;

/** What a provisioner sees at a control interval's end: the serving state, and what happened in the interval. */
public interface ProvisioningView extends ServingView {

    /** Why a plan is asked for. */
    enum Trigger {
        /** The deployment starts; nothing was observed yet. */
        START,
        /** A control interval ended. */
        INTERVAL,
        /** An instance was lost. */
        LOSS
    }

    /** Why this plan is asked for. */
    Trigger trigger();

    /** The length of a control interval. */
    long intervalNanos();

    /**
     * Arrivals of the last whole control interval that a variant was selected for. Before the first has ended: the
     * operator's estimate of what an interval will bring.
     */
    double arrivals(int variant);

    /** Share of a fleet's ready slots that were busy in the last whole interval, averaged over time; 0 with none ready. */
    double utilisation(int fleet);

    /** Instances of a fleet that have served nothing for at least a time. */
    int idleInstances(int fleet, long atLeastNanos);

    /** From launch until an instance of the fleet serves, as last measured or configured. */
    long launchNanos(int fleet);
}
