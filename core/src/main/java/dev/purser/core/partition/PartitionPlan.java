package dev.purser.core.partition;

import java.math.BigDecimal;
import java.math.MathContext;
import java.util.List;

/**
 * Where to cut a model, and the memory of each part. The parts run one after the other, so times add up.
 *
 * @param parts the parts in their order, from layer 1 to the last layer without a gap
 */
public record PartitionPlan(List<PlannedPart> parts) implements Partitioning {

    /** Checks that the parts make a chain. */
    public PartitionPlan {
        parts = List.copyOf(parts);
        int next = 1;
        for (int i = 0; i < parts.size(); i++) {
            Part part = parts.get(i).part();
            boolean last = i == parts.size() - 1;
            if (part.from() != next || part.to() < part.from() || part.first() != (i == 0) || part.last() != last) {
                throw new IllegalArgumentException(
                        "part " + i + " is " + part + ", but the parts must follow each other" + " from layer 1 on");
            }
            next = part.to() + 1;
        }
        if (parts.isEmpty()) {
            throw new IllegalArgumentException("a plan has at least one part");
        }
    }

    /** How long an answer takes, in milliseconds. */
    public long millis() {
        return parts.stream().mapToLong(PlannedPart::millis).sum();
    }

    /** What an answer costs, in the units of {@link PartCosts}. */
    public long units() {
        return parts.stream().mapToLong(PlannedPart::units).sum();
    }

    /** What an answer costs, in US dollars, exactly. */
    public BigDecimal usd() {
        // 1/1024 has ten decimals
        return BigDecimal.valueOf(units())
                .divide(BigDecimal.valueOf(1024), MathContext.UNLIMITED)
                .movePointLeft(13);
    }

    /** The layers after which it cuts, in order; empty where one function runs the whole model. */
    public List<Integer> cuts() {
        return parts.stream()
                .limit(parts.size() - 1L)
                .map(part -> part.part().to())
                .toList();
    }

    /** The memory of each part, in MB. */
    public List<Integer> memories() {
        return parts.stream().map(PlannedPart::memoryMb).toList();
    }
}
