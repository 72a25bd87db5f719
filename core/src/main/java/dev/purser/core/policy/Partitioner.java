package dev.purser.core.policy;

import dev.purser.core.partition.PartitionRequest;
import dev.purser.core.partition.Partitioning;

/** Where to cut a model, and the memory of each part. Asked once a deployment; the same request gets the same answer. */
public interface Partitioner {

    /**
     * Plans.
     *
     * @param request the model, what parts cost, and the bounds
     * @return a plan that keeps every bound of the request, or the reason why there is none; what is not the exact
     *     optimiser may find none although there is one, and says so
     * @throws UnsupportedOperationException if this partitioner cannot plan for such a request at all; the message says why
     */
    Partitioning partition(PartitionRequest request);
}
