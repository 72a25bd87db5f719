package dev.purser.core.policy;

/**
 * How many requests to gather before an instance serves them together, and how long to wait for them. Asked while an
 * instance of a fleet has a free slot and at least one request waits for it: when a request joins the queue, when a slot
 * becomes free, and when a wait is over.
 */
public interface BatchingPolicy {
    /** Serves each request by itself. */
    BatchingPolicy NONE = new BatchingPolicy() {
        private final Batching single = new Batching(1, 0, Reason.of("single", "requests are served one by one"));

        @Override
        public Batching batch(QueueView view) {
            return single;
        }
    };

    /** Decides for the requests that wait; asked on the hot path. */
    Batching batch(QueueView view);
}
