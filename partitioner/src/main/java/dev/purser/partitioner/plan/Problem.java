package dev.purser.partitioner.plan;

import dev.purser.core.partition.Cut;
import dev.purser.core.partition.FunctionLimits;
import dev.purser.core.partition.LayerGraph;
import dev.purser.core.partition.Part;
import dev.purser.core.partition.PartitionPlan;
import dev.purser.core.partition.PartitionRequest;
import dev.purser.core.partition.PlannedPart;
import dev.purser.core.partition.Split;
import java.util.ArrayList;
import java.util.List;

/**
 * A request as the searches see it: the positions between which parts lie, sums over layers by difference, and AMPS-Inf's
 * constraints (ICPP'21, the optimisation problem's constraints on deployment size, temporary storage and memory block). Where
 * the slides take averages per layer, these are exact sums.
 */
final class Problem {
    /** How many positions are taken: beyond it the parts between any two of them are too many to look at. */
    static final int MAXIMUM_POSITIONS = 2_500;

    private static final double MIB = 1_048_576.0;
    private static final double SLACK = 1e-9;

    final PartitionRequest request;
    final LayerGraph graph;
    /** In MB, rising. */
    final int[] memories;
    /** The last layer before each position: 0, the cuts, and the last layer. */
    final int[] positions;

    private final long[] cutBytes;
    private final long[] paramsBefore;
    private final long[] macsBefore;

    Problem(PartitionRequest request) {
        this.request = request;
        graph = request.graph();
        memories = request.memories().stream().mapToInt(Integer::intValue).toArray();
        List<Cut> cuts = graph.cuts(request.cuts());
        int count = cuts.size() + 2;
        if (count > MAXIMUM_POSITIONS) {
            throw new UnsupportedOperationException(graph.name() + " can be cut at " + cuts.size()
                    + " places, but no more than " + (MAXIMUM_POSITIONS - 2) + " can be searched"
                    + "\nMaybe: single-tensor cuts only, or a graph whose layers are taken together");
        }
        positions = new int[count];
        cutBytes = new long[count];
        for (int i = 0; i < cuts.size(); i++) {
            positions[i + 1] = cuts.get(i).after();
            cutBytes[i + 1] = Math.multiplyExact(cuts.get(i).bytes(), request.batch());
        }
        positions[count - 1] = graph.last();
        int n = graph.layers().size();
        paramsBefore = new long[n + 1];
        macsBefore = new long[n + 1];
        for (int i = 0; i < n; i++) {
            paramsBefore[i + 1] =
                    Math.addExact(paramsBefore[i], graph.layers().get(i).paramBytes());
            macsBefore[i + 1] =
                    Math.addExact(macsBefore[i], graph.layers().get(i).macs());
        }
        Math.multiplyExact(macsBefore[n], request.batch());
    }

    int end() {
        return positions.length - 1;
    }

    /** The most parts that a plan may have. */
    int maximumParts() {
        return Math.min(Math.min(request.maximumParts(), request.limits().maximumParts()), end());
    }

    /** What runs between two positions. */
    Part part(int p, int q) {
        int a = positions[p];
        int b = positions[q];
        boolean first = p == 0;
        boolean last = q == end();
        return new Part(
                a + 1,
                b,
                first,
                last,
                paramsBefore[b + 1] - paramsBefore[a + 1],
                (macsBefore[b + 1] - macsBefore[a + 1]) * request.batch(),
                first ? 0 : cutBytes[p],
                last ? 0 : cutBytes[q],
                request.batch());
    }

    double weightsMib(int p, int q) {
        return (paramsBefore[positions[q] + 1] - paramsBefore[positions[p] + 1]) / MIB;
    }

    private double inMib(int p) {
        return p == 0 ? 0 : cutBytes[p] / MIB;
    }

    /** What the deployment package of a part holds: {@code y e + D + F <= A} in the slides. */
    double packageMib(int p, int q) {
        FunctionLimits limits = request.limits();
        return weightsMib(p, q) + limits.dependenciesMib() + limits.codeMib();
    }

    boolean fitsPackage(int p, int q) {
        return packageMib(p, q) <= request.limits().packageMib() + SLACK;
    }

    /** What a part keeps in temporary storage: {@code y z + p(i-1) <= J} in the slides. */
    double temporaryMib(int p, int q) {
        return weightsMib(p, q) + inMib(p);
    }

    boolean fitsTemporary(int p, int q) {
        return temporaryMib(p, q) <= request.limits().temporaryMib() + SLACK;
    }

    /** The least memory that holds a part, in MB: {@code 1 + ceil((z + D + F - M) / beta) <= j} in the slides. */
    double leastMemory(int p, int q) {
        FunctionLimits limits = request.limits();
        double blocks = Math.ceil((packageMib(p, q) - limits.minimumMemoryMb()) / limits.memoryStepMb() - SLACK);
        return limits.minimumMemoryMb() + Math.max(0, blocks) * limits.memoryStepMb();
    }

    /** The index of the smallest memory setting that a part may have; the number of settings where it fits none. */
    int leastMemoryIndex(int p, int q) {
        double least = leastMemory(p, q);
        int low = 0;
        int high = memories.length;
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (memories[middle] >= least) {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        return low;
    }

    /** Whether some memory setting can run the part; where it cannot, no longer part from there can be run either. */
    boolean fits(int p, int q) {
        return fitsPackage(p, q) && fitsTemporary(p, q) && leastMemoryIndex(p, q) < memories.length;
    }

    /** How many layers a part of a plan of so many parts may have: {@code y <= ceil(Y / k)} in the slides, an option. */
    int mostLayers(int parts) {
        return request.evenLayers() ? Math.ceilDiv(graph.last(), parts) : Integer.MAX_VALUE;
    }

    /** How many layers lie between two positions. */
    int layers(int p, int q) {
        return positions[q] - positions[p];
    }

    long millis(Part part, int memory) {
        long millis = request.costs().millis(part, memory);
        if (millis < 0 || millis > dev.purser.core.partition.PartCosts.MAXIMUM_MILLIS) {
            throw new IllegalStateException("the cost model says that " + part + " takes " + millis + " ms at " + memory
                    + " MB, which is out of its range");
        }
        return millis;
    }

    long units(Part part, int memory, long millis) {
        long units = request.costs().units(part, memory, millis);
        if (units < 0 || units > dev.purser.core.partition.PartCosts.MAXIMUM_UNITS) {
            throw new IllegalStateException("the cost model says that " + part + " costs " + units + " units at "
                    + memory + " MB, which is out of its range");
        }
        return units;
    }

    /** The plan that stops at these positions (the last one is the end) with these memories, without reasons. */
    PartitionPlan plan(int[] stops, int[] chosen) {
        List<PlannedPart> parts = new ArrayList<>();
        int p = 0;
        for (int i = 0; i < stops.length; i++) {
            Part part = part(p, stops[i]);
            long millis = millis(part, chosen[i]);
            parts.add(new PlannedPart(part, chosen[i], millis, units(part, chosen[i], millis), Split.WHOLE, List.of()));
            p = stops[i];
        }
        return new PartitionPlan(parts);
    }

    /** The position of a part's end. */
    int positionOf(int layer) {
        return java.util.Arrays.binarySearch(positions, layer);
    }
}
