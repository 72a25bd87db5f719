package dev.purser.research.batching;

import dev.purser.core.policy.Batching;
import dev.purser.core.policy.BatchingPolicy;
import dev.purser.core.policy.QueueView;
import dev.purser.core.policy.Reason;
import dev.purser.core.policy.ServiceCatalog;
import dev.purser.spi.PolicyContext;
import dev.purser.spi.Setting;
import java.time.Duration;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * MArk's dynamic batching (ATC'19): for each instance type and arrival rate the batch that gives the most throughput among
 * those that leave the latency promise time to wait for them, W = RT(1 - margin) - T(b) - allowance. As many requests as the
 * rate brings within W can be waited for, so the size counts as min(b, 1 + rate W); of sizes that come to the same the
 * smaller is taken. The batch is served when it is full, or W after its first request arrived, and never later than the
 * tightest deadline allows.
 *
 * <p>The rule for the size is ours, from the two conditions that the paper gives ({@link SloBatches}). The authors' release
 * has a fixed size for each type and waits for it however long that takes; not here. In the release each instance has a
 * queue, here each fleet, so the rate is that of the fleet: the share of the variant's arrivals that its ready capacity has,
 * which is how {@code weighted} hands them out. Requests that wait already are served in the batch that suits them best,
 * whatever was waited for.
 */
public final class MarkBatching implements BatchingPolicy {

    /**
     * Settings.
     *
     * @param margin share of the latency promise that is left free
     * @param allowance taken off the promise for what is neither wait nor service
     * @param maxWait longest wait for others where no class has a latency promise
     */
    public record Settings(
            @Setting(value = "share of the latency promise that is left free", byDefault = "0.1", min = 0, max = 0.99)
            double margin,

            @Setting(value = "taken off the promise for what is neither wait nor service", byDefault = "5ms")
            Duration allowance,

            @Setting(
                    value = "longest wait of the first request for others where nothing promises a latency",
                    byDefault = "100ms")
            Duration maxWait) {}

    private static final Reason FILLING =
            Reason.of("filling", "the arrival rate is to fill a larger batch within the time that the promise leaves");

    private final ServiceCatalog catalog;
    private final SloBatches batches;
    private final Sizes sizes;
    private final long maxWaitNanos;
    private final double[] capacity;
    /** By fleet: the best size of a batch where so many wait, by that number less one. */
    private final int[][] bestOf;

    /** By fleet: what the last answer was made from, and the answer. */
    private final double[] arrivalsThen;

    private final double[] shareThen;
    private final int[] target;
    private final @Nullable Batching[] filling;

    /** A policy for what the context will serve. */
    public MarkBatching(Settings settings, PolicyContext context) {
        catalog = context.catalog();
        batches = new SloBatches(catalog, settings.margin(), settings.allowance());
        sizes = new Sizes(
                catalog,
                0,
                settings.allowance().toNanos(),
                Reason.of("batch", "the batch is full, or its first request or a deadline can wait no longer"));
        maxWaitNanos = settings.maxWait().toNanos();
        int fleets = catalog.fleets();
        capacity = new double[fleets];
        bestOf = new int[fleets][];
        for (int f = 0; f < fleets; f++) {
            capacity[f] = batches.capacity(f);
            bestOf[f] = bestOf(f);
        }
        arrivalsThen = new double[fleets];
        Arrays.fill(arrivalsThen, -1);
        shareThen = new double[fleets];
        target = new int[fleets];
        filling = new Batching[fleets];
    }

    private int[] bestOf(int fleet) {
        int[] result = new int[catalog.maxBatch(fleet)];
        int best = 1;
        for (int size = 1; size <= result.length; size++) {
            if (throughput(fleet, size) > throughput(fleet, best) * (1 + 1e-9)) {
                best = size;
            }
            result[size - 1] = best;
        }
        return result;
    }

    private double throughput(int fleet, int size) {
        return (double) size / catalog.serviceNanos(fleet, size);
    }

    @Override
    public Batching batch(QueueView view) {
        int fleet = view.fleet();
        int waiting = Math.max(1, view.waiting());
        int enough = target(view, fleet);
        if (waiting < enough) {
            long until =
                    Math.min(view.oldestArrivalNanos() + waitNanos(fleet, enough), sizes.latestStart(view, enough));
            if (until > view.nanos()) {
                return filling(fleet, enough, until);
            }
        }
        return sizes.atOnce(served(view, fleet, waiting));
    }

    private long waitNanos(int fleet, int size) {
        long wait = batches.waitNanos(fleet, size);
        return wait == ServiceCatalog.UNBOUNDED ? maxWaitNanos : wait;
    }

    /** The same object while the same request is the first: it is asked for at every arrival. */
    private Batching filling(int fleet, int size, long until) {
        Batching last = filling[fleet];
        if (last == null || last.untilNanos() != until || last.size() != size) {
            last = new Batching(size, until, FILLING);
            filling[fleet] = last;
        }
        return last;
    }

    /** The best batch of those that wait that keeps the tightest deadline; where that is lost, the best for the others. */
    private int served(QueueView view, int fleet, int waiting) {
        int[] best = bestOf[fleet];
        int size = best[Math.min(waiting, best.length) - 1];
        if (sizes.latestStart(view, 1) < view.nanos()) {
            return size;
        }
        while (size > 1 && sizes.latestStart(view, size) < view.nanos()) {
            size = best[size - 2];
        }
        return size;
    }

    /** The size that the fleet's arrival rate is worth waiting for. */
    private int target(QueueView view, int fleet) {
        int variant = catalog.variantOfFleet(fleet);
        double total = 0;
        for (int t = 0; t < catalog.instanceTypes(); t++) {
            int other = catalog.fleet(variant, t);
            total += view.readyInstances(other) * capacity[other];
        }
        double share = total == 0 ? 1 : view.readyInstances(fleet) * capacity[fleet] / total;
        double arrivals = view.arrivals(variant);
        if (arrivals != arrivalsThen[fleet] || share != shareThen[fleet]) {
            arrivalsThen[fleet] = arrivals;
            shareThen[fleet] = share;
            target[fleet] = target(fleet, share * arrivals / view.intervalNanos());
        }
        return target[fleet];
    }

    private int target(int fleet, double perNano) {
        int best = 1;
        double score = 0;
        for (int size = 1; size <= catalog.maxBatch(fleet); size++) {
            if (batches.allowed(fleet, size)) {
                int come = (int) Math.min(size, 1 + Math.floor(perNano * waitNanos(fleet, size)));
                if (throughput(fleet, come) > score * (1 + 1e-9)) {
                    score = throughput(fleet, come);
                    best = size;
                }
            }
        }
        return best;
    }
}
