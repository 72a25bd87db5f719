package dev.purser.research.batching;

import dev.purser.core.policy.Batching;
import dev.purser.core.policy.BatchingPolicy;
import dev.purser.core.policy.QueueView;
import dev.purser.core.policy.Reason;
import dev.purser.spi.PolicyContext;
import dev.purser.spi.Setting;
import java.time.Duration;

/**
 * Waits for a full batch, but no longer than a fixed time and never beyond the moment at which the tightest deadline
 * would be lost. Batch size and timeout are what model servers offer (TensorFlow Serving's {@code max_batch_size} and
 * {@code batch_timeout_micros}, Triton's {@code max_queue_delay_microseconds}); closing at the deadline is ours.
 */
public final class Window implements BatchingPolicy {

    /**
     * Settings.
     *
     * @param maxBatch the full batch; 0 for the fleet's largest
     * @param maxWait longest wait of the first request
     * @param allowance taken off each deadline for what is not service
     */
    public record Settings(
            @Setting(value = "a full batch; 0 for the largest one profiled", byDefault = "0", min = 0, max = 1024)
            int maxBatch,

            @Setting(value = "longest wait of the first request for others", byDefault = "5ms")
            Duration maxWait,

            @Setting(value = "taken off each deadline for what is not service", byDefault = "5ms")
            Duration allowance) {}

    private static final Reason FILLING = Reason.of("filling", "a slot is free, and waits for the batch to fill");

    private final long maxWaitNanos;
    private final Sizes sizes;

    /** A policy for what the context will serve. */
    public Window(Settings settings, PolicyContext context) {
        maxWaitNanos = settings.maxWait().toNanos();
        sizes = new Sizes(
                context.catalog(),
                settings.maxBatch(),
                settings.allowance().toNanos(),
                Reason.of(
                        "window-closed", "the batch is full, or its first request or its deadline can wait no longer"));
    }

    @Override
    public Batching batch(QueueView view) {
        int full = sizes.largest(view.fleet());
        int waiting = view.waiting();
        long until = Math.min(view.oldestArrivalNanos() + maxWaitNanos, sizes.latestStart(view, full));
        if (waiting < full && until > view.nanos()) {
            return new Batching(full, until, FILLING);
        }
        return sizes.atOnce(sizes.withinDeadline(view));
    }
}
