package dev.purser.partitioner.batch;

import dev.purser.core.policy.Reason;
import dev.purser.core.pricing.FunctionPricing;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * BATCH's optimiser (Ali et al., SC'20): of all memories, batch sizes and timeouts of a grid the cheapest whose 95th
 * percentile of latency keeps the SLO, or the fastest within a cost. Asked again, hourly in the paper, with the arrivals
 * fitted anew.
 *
 * <p>Not a {@link dev.purser.core.policy.BatchingPolicy}: those are asked about the queue of an instance, and requests to
 * functions are not gathered by the engine.
 */
public final class BatchOptimizer {
    private static final double PERCENTILE = 0.95;
    private static final int MAXIMUM_BATCH = 1_000;
    private static final double MAXIMUM_TIMEOUT = 3600;
    private static final int MAXIMUM_POINTS = 5_000_000;
    private static final double MAXIMUM_EVENTS = 1e6;

    private final FunctionPricing prices;
    private final List<Integer> memories;
    private final List<Integer> batches;
    private final List<Double> timeouts;

    /**
     * What serving in batches is like with one choice.
     *
     * @param memoryMb the function's memory, in MB
     * @param batch the most requests of a batch
     * @param timeoutSeconds the longest wait of a batch for requests
     * @param meanBatch the mean size of a batch
     * @param p95Batch the size that 95 % of batches do not exceed
     * @param p95Seconds the latency that 95 % of requests do not exceed
     * @param usdPerRequest what a request of a batch of that size costs, in US dollars
     * @param reason why it was chosen
     */
    public record Choice(
            int memoryMb,
            int batch,
            double timeoutSeconds,
            double meanBatch,
            int p95Batch,
            double p95Seconds,
            double usdPerRequest,
            Reason reason) {}

    /**
     * @param prices what functions cost; durations are not rounded, as in the paper
     * @param memories to choose from, in MB
     * @param batches the most requests of a batch, each 1 to 1,000
     * @param timeouts the longest waits, each above 0 and at most an hour, in seconds
     */
    public BatchOptimizer(
            FunctionPricing prices, List<Integer> memories, List<Integer> batches, List<Double> timeouts) {
        this.prices = prices;
        this.memories = List.copyOf(memories);
        this.batches = List.copyOf(batches);
        this.timeouts = List.copyOf(timeouts);
        if (memories.isEmpty() || batches.isEmpty() || timeouts.isEmpty()) {
            throw new IllegalArgumentException("there is nothing to choose from");
        }
        if ((long) memories.size() * batches.size() * timeouts.size() > MAXIMUM_POINTS) {
            throw new IllegalArgumentException("the grid has more than " + MAXIMUM_POINTS + " points");
        }
        for (int batch : batches) {
            if (batch < 1 || batch > MAXIMUM_BATCH) {
                throw new IllegalArgumentException("a batch is " + batch + ", but must be 1 to " + MAXIMUM_BATCH);
            }
        }
        for (double timeout : timeouts) {
            if (!(timeout > 0 && timeout <= MAXIMUM_TIMEOUT)) {
                throw new IllegalArgumentException(
                        "a timeout is " + timeout + " s, but must be above 0 and at most " + MAXIMUM_TIMEOUT + " s");
            }
        }
    }

    /** The grid of the paper's release: 1,280 to 3,008 MB by 64, 0.01 to 0.49 s by 0.01, batches up to 20. */
    public static BatchOptimizer published(FunctionPricing prices) {
        return new BatchOptimizer(
                prices,
                java.util.stream.IntStream.rangeClosed(0, 27)
                        .mapToObj(i -> 1280 + 64 * i)
                        .toList(),
                java.util.stream.IntStream.rangeClosed(1, 20).boxed().toList(),
                java.util.stream.IntStream.rangeClosed(1, 49)
                        .mapToObj(i -> i / 100.0)
                        .toList());
    }

    /** What one choice is like. */
    public Choice evaluate(
            MarkovArrivals arrivals, ServiceTimes service, int memoryMb, int batch, double timeoutSeconds) {
        return choice(
                model(arrivals, batch, timeoutSeconds),
                service,
                memoryMb,
                batch,
                timeoutSeconds,
                Reason.of("asked", "as asked"));
    }

    /**
     * The cheapest choice that keeps the SLO; where none does the fastest, and its reason says so.
     *
     * @param sloSeconds what 95 % of the requests must stay below
     */
    public Choice cheapest(MarkovArrivals arrivals, ServiceTimes service, double sloSeconds) {
        return best(arrivals, service, sloSeconds, Double.POSITIVE_INFINITY, true);
    }

    /**
     * The fastest choice within a cost; where none is the cheapest, and its reason says so.
     *
     * @param usdPerRequest the most that a request may cost
     */
    public Choice fastest(MarkovArrivals arrivals, ServiceTimes service, double usdPerRequest) {
        return best(arrivals, service, Double.POSITIVE_INFINITY, usdPerRequest, false);
    }

    private Choice best(MarkovArrivals arrivals, ServiceTimes service, double slo, double budget, boolean byCost) {
        Choice best = null;
        Choice nearest = null;
        for (int batch : batches) {
            for (double timeout : timeouts) {
                BatchModel model = model(arrivals, batch, timeout);
                for (int memory : memories) {
                    Choice choice = choice(model, service, memory, batch, timeout, Reason.of("grid", "on the grid"));
                    if (choice.p95Seconds() < slo && choice.usdPerRequest() <= budget && better(choice, best, byCost)) {
                        best = choice;
                    }
                    if (better(choice, nearest, !byCost)) {
                        nearest = choice;
                    }
                }
            }
        }
        if (best != null) {
            return with(
                    best,
                    byCost
                            ? Reason.of(
                                    "cheapest",
                                    "the cheapest whose 95th percentile keeps the SLO",
                                    best.p95Seconds(),
                                    slo)
                            : Reason.of("fastest", "the fastest within the cost", best.usdPerRequest(), budget));
        }
        if (nearest == null) {
            throw new IllegalStateException("nothing was tried");
        }
        return with(
                nearest,
                byCost
                        ? Reason.of(
                                "slo-too-short",
                                "the fastest has a 95th percentile of {observed} s, and the SLO is {limit} s",
                                nearest.p95Seconds(),
                                slo)
                        : Reason.of(
                                "budget-too-small",
                                "the cheapest costs {observed} USD a request, and {limit} USD are allowed",
                                nearest.usdPerRequest(),
                                budget));
    }

    private static boolean better(Choice choice, @Nullable Choice other, boolean byCost) {
        if (other == null) {
            return true;
        }
        int cost = Double.compare(choice.usdPerRequest(), other.usdPerRequest());
        int time = Double.compare(choice.p95Seconds(), other.p95Seconds());
        return byCost ? cost < 0 || (cost == 0 && time < 0) : time < 0 || (time == 0 && cost < 0);
    }

    private static Choice with(Choice choice, Reason reason) {
        return new Choice(
                choice.memoryMb(),
                choice.batch(),
                choice.timeoutSeconds(),
                choice.meanBatch(),
                choice.p95Batch(),
                choice.p95Seconds(),
                choice.usdPerRequest(),
                reason);
    }

    private static BatchModel model(MarkovArrivals arrivals, int batch, double timeout) {
        if (Math.max(arrivals.out0(), arrivals.out1()) * timeout > MAXIMUM_EVENTS) {
            throw new IllegalArgumentException("more than " + MAXIMUM_EVENTS
                    + " events are expected within a timeout of " + timeout + " s, which is too many to work out");
        }
        return new BatchModel(arrivals, batch, timeout);
    }

    private Choice choice(
            BatchModel model, ServiceTimes service, int memoryMb, int batch, double timeout, Reason reason) {
        double[] seconds = new double[batch];
        for (int s = 1; s <= batch; s++) {
            seconds[s - 1] = service.seconds(s, memoryMb);
        }
        int p95Batch = model.percentileSize(PERCENTILE);
        double usd = (seconds[p95Batch - 1]
                                * memoryMb
                                / 1024
                                * prices.usdPerGbSecond().doubleValue()
                        + prices.usdPerRequest().doubleValue())
                / p95Batch;
        return new Choice(
                memoryMb,
                batch,
                timeout,
                model.meanSize(),
                p95Batch,
                model.percentileSeconds(PERCENTILE, seconds),
                usd,
                reason);
    }
}
