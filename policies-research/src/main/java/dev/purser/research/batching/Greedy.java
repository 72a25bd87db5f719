package dev.purser.research.batching;

import dev.purser.core.policy.Batching;
import dev.purser.core.policy.BatchingPolicy;
import dev.purser.core.policy.QueueView;
import dev.purser.core.policy.Reason;
import dev.purser.spi.PolicyContext;
import dev.purser.spi.Setting;
import java.time.Duration;

/**
 * Never waits: a free slot takes what is there, up to the largest batch whose service keeps the tightest deadline among
 * those that wait. Under load the queue fills while a batch is served, so batches grow by themselves; it is what the
 * adaptive batching of Clipper (NSDI'17, section 4.3) comes to where the profile is known beforehand.
 */
public final class Greedy implements BatchingPolicy {

    /**
     * Settings.
     *
     * @param maxBatch largest batch; 0 for the fleet's
     * @param allowance taken off each deadline for what is not service
     */
    public record Settings(
            @Setting(value = "largest batch; 0 for the largest one profiled", byDefault = "0", min = 0, max = 1024)
            int maxBatch,

            @Setting(value = "taken off each deadline for what is not service", byDefault = "5ms")
            Duration allowance) {}

    private final Sizes sizes;

    /** A policy for what the context will serve. */
    public Greedy(Settings settings, PolicyContext context) {
        sizes = new Sizes(
                context.catalog(),
                settings.maxBatch(),
                settings.allowance().toNanos(),
                Reason.of("greedy", "a slot is free, and takes what its deadline allows"));
    }

    @Override
    public Batching batch(QueueView view) {
        return sizes.atOnce(sizes.withinDeadline(view));
    }
}
