package dev.purser.core.partition;

import dev.purser.core.policy.Reason;
import java.util.List;

/**
 * One part of a plan.
 *
 * @param part its layers
 * @param memoryMb the memory of the function that runs it, in MB
 * @param millis how long it takes
 * @param units what an invocation costs, in the units of {@link PartCosts}
 * @param split how it is divided among functions side by side; {@link Split#WHOLE} where it is not
 * @param reasons what bound the choice of its end and of its memory
 */
public record PlannedPart(Part part, int memoryMb, long millis, long units, Split split, List<Reason> reasons) {

    /** Copies the reasons. */
    public PlannedPart {
        reasons = List.copyOf(reasons);
    }
}
