package dev.purser.research.batching;

import dev.purser.core.policy.Batching;
import dev.purser.core.policy.QueueView;
import dev.purser.core.policy.Reason;
import dev.purser.core.policy.ServiceCatalog;
import java.util.stream.IntStream;

/** The batches that can be served, and the decisions to serve them at once, made beforehand. */
final class Sizes {
    private final ServiceCatalog catalog;
    private final int limit;
    private final long allowanceNanos;
    private final Batching[] atOnce;

    /**
     * @param limit largest batch; 0 for the fleet's
     * @param allowanceNanos taken off each deadline for what is not service
     * @param reason why a batch is served at once
     */
    Sizes(ServiceCatalog catalog, int limit, long allowanceNanos, Reason reason) {
        this.catalog = catalog;
        this.limit = limit == 0 ? Integer.MAX_VALUE : limit;
        this.allowanceNanos = allowanceNanos;
        int largest = IntStream.range(0, catalog.fleets())
                .map(catalog::maxBatch)
                .max()
                .orElse(1);
        atOnce = IntStream.rangeClosed(1, Math.max(1, largest))
                .mapToObj(size -> new Batching(size, 0, reason))
                .toArray(Batching[]::new);
    }

    /** The largest batch for a fleet. */
    int largest(int fleet) {
        return Math.min(limit, catalog.maxBatch(fleet));
    }

    /** The latest time at which a batch of a size can begin and keep the tightest deadline of those that wait. */
    long latestStart(QueueView view, int size) {
        long deadline = view.earliestDeadlineNanos();
        return deadline == ServiceCatalog.UNBOUNDED
                ? deadline
                : deadline - allowanceNanos - catalog.serviceNanos(view.fleet(), size);
    }

    /**
     * The largest batch that keeps the tightest deadline if it begins now; the largest of all where the deadline is lost
     * whatever is done, for then the others gain most.
     */
    int withinDeadline(QueueView view) {
        int size = Math.min(largest(view.fleet()), view.waiting());
        if (latestStart(view, 1) < view.nanos()) {
            return size;
        }
        while (size > 1 && latestStart(view, size) < view.nanos()) {
            size--;
        }
        return size;
    }

    /** Served at once. */
    Batching atOnce(int size) {
        return atOnce[size - 1];
    }
}
