package dev.purser.core.partition;

/**
 * Consecutive layers that run in one function, with the sums that decide their time, money and fit. Weights are those of
 * one copy; work and tensors are those of one invocation, with all of its batch.
 *
 * @param from the first layer, at least 1 (layer 0 stands for the inputs)
 * @param to the last layer
 * @param first whether the part begins the chain: the request brings its input
 * @param last whether the part ends the chain: the answer takes its output
 * @param paramBytes bytes of its weights
 * @param macs multiply-accumulate operations of an invocation
 * @param inBytes bytes that it fetches from the store; 0 for the first part
 * @param outBytes bytes that it leaves in the store; 0 for the last part
 * @param batch items in an invocation
 */
public record Part(
        int from,
        int to,
        boolean first,
        boolean last,
        long paramBytes,
        long macs,
        long inBytes,
        long outBytes,
        int batch) {

    /** How many layers it has. */
    public int layers() {
        return to - from + 1;
    }
}
