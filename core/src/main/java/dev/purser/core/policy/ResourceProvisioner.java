package dev.purser.core.policy;

/** Which machines and functions to hold until the next look. */
public interface ResourceProvisioner {

    /** Plans; asked at the start, at the end of each control interval, and when an instance is lost. */
    Plan plan(ProvisioningView view);
}
