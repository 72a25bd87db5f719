package dev.purser.core.partition;

import java.util.List;
import java.util.function.Consumer;

/**
 * What is to be planned.
 *
 * @param graph the model
 * @param costs what parts cost in time and money
 * @param limits what a function can hold
 * @param memories the memory settings to choose from, in MB, rising; usually all of {@link FunctionLimits#memories()}
 * @param cuts which cuts may be used
 * @param batch items in an invocation, at least 1
 * @param objective what to have least of
 * @param sloMillis the longest that an answer may take, in milliseconds; {@link #UNBOUNDED} for no such promise
 * @param budgetUnits the most that an answer may cost, in the units of {@link PartCosts}; {@link #UNBOUNDED} for any
 * @param minimumParts the fewest parts, at least 1
 * @param maximumParts the most parts; at least {@code minimumParts}, and no more than the limits' are used
 * @param evenLayers whether a part of k may have no more than a k-th of the layers, rounded up (AMPS-Inf's cap)
 */
public record PartitionRequest(
        LayerGraph graph,
        PartCosts costs,
        FunctionLimits limits,
        List<Integer> memories,
        CutRule cuts,
        int batch,
        Objective objective,
        long sloMillis,
        long budgetUnits,
        int minimumParts,
        int maximumParts,
        boolean evenLayers) {
    /** No bound on time or money. */
    public static final long UNBOUNDED = Long.MAX_VALUE;

    /** The largest batch. */
    public static final int MAXIMUM_BATCH = 100_000;

    /** Checks the ranges. */
    public PartitionRequest {
        memories = List.copyOf(memories);
        if (memories.isEmpty()) {
            throw new IllegalArgumentException("there is no memory setting to choose from");
        }
        int before = 0;
        for (int memory : memories) {
            if (memory <= before) {
                throw new IllegalArgumentException("memories are " + memories + ", but must be above 0 and rise");
            }
            before = memory;
        }
        if (batch < 1 || batch > MAXIMUM_BATCH) {
            throw new IllegalArgumentException("batch is " + batch + ", but must be 1 to " + MAXIMUM_BATCH);
        }
        if (sloMillis < 0 || budgetUnits < 0) {
            throw new IllegalArgumentException(
                    "an SLO of " + sloMillis + " ms and a budget of " + budgetUnits + " units must not be negative");
        }
        if (minimumParts < 1 || maximumParts < minimumParts) {
            throw new IllegalArgumentException("parts are to be " + minimumParts + " to " + maximumParts
                    + ", but must be at least 1, and not fewer than the fewest");
        }
    }

    /** Least cost with single-tensor cuts, one item an invocation, every memory setting and no further bounds. */
    public static PartitionRequest of(LayerGraph graph, PartCosts costs, FunctionLimits limits) {
        return new PartitionRequest(
                graph,
                costs,
                limits,
                limits.memories(),
                CutRule.SINGLE,
                1,
                Objective.COST,
                UNBOUNDED,
                UNBOUNDED,
                1,
                limits.maximumParts(),
                false);
    }

    private PartitionRequest changed(Consumer<Copy> change) {
        Copy copy = new Copy(this);
        change.accept(copy);
        return copy.request();
    }

    /** A request that is being changed: the one place that goes through all of it. */
    private static final class Copy {
        private final PartitionRequest from;
        private List<Integer> memories;
        private CutRule cuts;
        private int batch;
        private Objective objective;
        private long sloMillis;
        private long budgetUnits;
        private int minimumParts;
        private int maximumParts;
        private boolean evenLayers;

        Copy(PartitionRequest from) {
            this.from = from;
            memories = from.memories;
            cuts = from.cuts;
            batch = from.batch;
            objective = from.objective;
            sloMillis = from.sloMillis;
            budgetUnits = from.budgetUnits;
            minimumParts = from.minimumParts;
            maximumParts = from.maximumParts;
            evenLayers = from.evenLayers;
        }

        PartitionRequest request() {
            return new PartitionRequest(
                    from.graph,
                    from.costs,
                    from.limits,
                    memories,
                    cuts,
                    batch,
                    objective,
                    sloMillis,
                    budgetUnits,
                    minimumParts,
                    maximumParts,
                    evenLayers);
        }
    }

    /** The same with other cuts. */
    public PartitionRequest withCuts(CutRule rule) {
        return changed(copy -> copy.cuts = rule);
    }

    /** The same with other memory settings. */
    public PartitionRequest withMemories(List<Integer> settings) {
        return changed(copy -> copy.memories = settings);
    }

    /** The same with another batch. */
    public PartitionRequest withBatch(int items) {
        return changed(copy -> copy.batch = items);
    }

    /** The same with another objective. */
    public PartitionRequest withObjective(Objective other) {
        return changed(copy -> copy.objective = other);
    }

    /** The same with another SLO. */
    public PartitionRequest withSlo(long millis) {
        return changed(copy -> copy.sloMillis = millis);
    }

    /** The same with another budget. */
    public PartitionRequest withBudget(long units) {
        return changed(copy -> copy.budgetUnits = units);
    }

    /** The same with another number of parts. */
    public PartitionRequest withParts(int fewest, int most) {
        return changed(copy -> {
            copy.minimumParts = fewest;
            copy.maximumParts = most;
        });
    }

    /** The same with or without the cap on a part's layers. */
    public PartitionRequest withEvenLayers(boolean even) {
        return changed(copy -> copy.evenLayers = even);
    }
}
