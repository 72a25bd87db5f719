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
        LOSS,
        /** The provider gave notice that it will take an instance back. */
        NOTICE
    }

    /** Why this plan is asked for. */
    Trigger trigger();

    /** Requests for a variant that ended in the last whole interval: answered, refused or failed. */
    long ended(int variant);

    /** Of {@link #ended}, those that were refused, failed or answered late. */
    long violations(int variant);

    /** Share of a fleet's ready slots that were busy in the last whole interval, averaged over time; 0 with none ready. */
    double utilisation(int fleet);

    /** Instances of a fleet that have served nothing for at least a time. */
    int idleInstances(int fleet, long atLeastNanos);

    /**
     * Of a fleet's ready instances, those that the provider has announced to take back. They serve while they can; targets
     * do not count them.
     */
    int noticedInstances(int fleet);

    /** Stopped instances of a fleet, which start sooner than new ones. */
    int standbyInstances(int fleet);

    /** Whether a launch for the fleet failed so lately that none is tried now. */
    boolean isUnavailable(int fleet);

    /** From launch until an instance of the fleet serves, as last measured or configured. */
    long launchNanos(int fleet);
}
