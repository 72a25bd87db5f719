package dev.purser.research.batching;

import dev.purser.core.policy.ServiceCatalog;
import dev.purser.core.pricing.BurstPricing;
import java.time.Duration;

/**
 * The batches that a latency promise leaves room for, and the capacity that they give: what MArk's batching, its load
 * balancer and its plan (ATC'19) have to agree on. A size is allowed where W + T(b) stays within the promise for some wait
 * W, and where batching does not lower the throughput, b / T(b) at least 1 / T(1).
 *
 * <p>The promise of a variant is the tightest among the request classes that it may answer. A margin and an allowance for
 * what is neither wait nor service are taken off it; the authors' release has fixed sizes and neither, so both are ours.
 */
public final class SloBatches {
    private final ServiceCatalog catalog;
    private final long[] boundNanos;
    private final long allowanceNanos;
    private final double margin;
    private final int[] best;

    /**
     * @param margin share of the promise that is left free, 0 to 1
     * @param allowance taken off the promise for what is neither wait nor service
     */
    public SloBatches(ServiceCatalog catalog, double margin, Duration allowance) {
        this.catalog = catalog;
        this.margin = margin;
        allowanceNanos = allowance.toNanos();
        boundNanos = new long[catalog.variants()];
        for (int v = 0; v < boundNanos.length; v++) {
            boundNanos[v] = bound(v);
        }
        best = new int[catalog.fleets()];
        for (int f = 0; f < best.length; f++) {
            best[f] = best(f, catalog.maxBatch(f));
        }
    }

    private long bound(int variant) {
        long tightest = ServiceCatalog.UNBOUNDED;
        for (int c = 0; c < catalog.requestClasses(); c++) {
            int named = catalog.namedVariant(c);
            boolean mayAnswer = named < 0
                    ? catalog.accuracy(variant) >= catalog.minAccuracy(c)
                            && catalog.fastestNanos(variant) <= catalog.maxLatencyNanos(c)
                    : named == variant;
            if (mayAnswer) {
                tightest = Math.min(tightest, catalog.maxLatencyNanos(c));
            }
        }
        return tightest;
    }

    /** The allowed size with the highest throughput that is at most so large, the smaller one of equal ones. */
    private int best(int fleet, int largest) {
        int found = 0;
        for (int size = 1; size <= largest; size++) {
            if (allowed(fleet, size)
                    && (found == 0 || catalog.capacity(fleet, size) > catalog.capacity(fleet, found) * (1 + 1e-9))) {
                found = size;
            }
        }
        return found == 0 ? Math.min(1, catalog.maxBatch(fleet)) : found;
    }

    /** Whether a batch keeps the promise of the fleet's variant, and the throughput of single requests. */
    boolean allowed(int fleet, int size) {
        return waitNanos(fleet, size) >= 0 && catalog.capacity(fleet, size) >= catalog.capacity(fleet, 1) * (1 - 1e-9);
    }

    /** How long the first request of a batch can wait for the others; negative where it could not, if it were served at once. */
    long waitNanos(int fleet, int size) {
        long bound = boundNanos[catalog.variantOfFleet(fleet)];
        return bound == ServiceCatalog.UNBOUNDED
                ? bound
                : Math.round(bound * (1 - margin)) - catalog.serviceNanos(fleet, size) - allowanceNanos;
    }

    /** Whether a fleet can keep the promise of its variant. */
    public boolean keepsPromise(int fleet) {
        return catalog.slots(fleet) > 0 && waitNanos(fleet, 1) >= 0;
    }

    /** The batch with the highest throughput within the promise; 1 where none keeps it, 0 where the fleet cannot serve. */
    public int best(int fleet) {
        return best[fleet];
    }

    /**
     * The share of its capacity that an instance still has when its CPU credits are used up: its baseline, or nothing where
     * it then takes longer for a request than the promise allows; 1 where it needs none.
     */
    public double shareWithoutCredits(int fleet) {
        BurstPricing burst = catalog.burst(catalog.typeOfFleet(fleet));
        if (burst == null || catalog.burstMode(catalog.typeOfFleet(fleet)) == BurstPricing.Mode.UNLIMITED) {
            return 1;
        }
        long bound = boundNanos[catalog.variantOfFleet(fleet)];
        return bound == ServiceCatalog.UNBOUNDED || catalog.serviceNanos(fleet) / burst.baseline() <= bound
                ? burst.baseline()
                : 0;
    }

    /** Requests per second that one instance of a fleet serves in such batches; 0 where it cannot serve. */
    public double capacity(int fleet) {
        return best[fleet] == 0 ? 0 : catalog.capacity(fleet, best[fleet]);
    }
}
