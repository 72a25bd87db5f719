package dev.purser.core.policy;

/**
 * A provisioner's word to the dispatcher on functions, until its next plan.
 *
 * @param enabled whether functions are part of the plan
 * @param flashCrowdRate total arrivals per second above which functions may be used all the same; infinite for never
 * @param reason why
 */
public record Offload(boolean enabled, double flashCrowdRate, Reason reason) {

    private static final Offload ENABLED = new Offload(
            true, Double.POSITIVE_INFINITY, Reason.of("functions-on", "functions take what the instances cannot"));

    /** Functions may be used at any time. */
    public static Offload always() {
        return ENABLED;
    }
}
