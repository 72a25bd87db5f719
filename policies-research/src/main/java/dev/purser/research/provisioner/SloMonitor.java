package dev.purser.research.provisioner;

/**
 * MArk's watch over the latency promise (ATC'19; {@code frontend.py} of the authors' release): a moving share of the
 * requests that broke it, f = (1 - a) f + a [broken] at each request, in one step for all requests of an interval as though
 * the broken ones were spread evenly among them.
 */
final class SloMonitor {
    private final double weight;
    private final double limit;
    private double share;

    /**
     * @param weight what one request counts, over 0 and at most 1
     * @param limit the share above which something is to be done
     */
    SloMonitor(double weight, double limit) {
        this.weight = weight;
        this.limit = limit;
    }

    void observe(long ended, long violations) {
        if (ended > 0) {
            double kept = Math.pow(1 - weight, (double) ended);
            share = share * kept + (1 - kept) * violations / ended;
        }
    }

    /** The moving share. */
    double share() {
        return share;
    }

    boolean isBroken() {
        return share > limit;
    }

    /** Starts anew once something was done. */
    void reset() {
        share = 0;
    }
}
