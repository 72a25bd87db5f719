package dev.purser.core.policy;

/** Which variant of the pool answers this request. Asked once for each model-less request, when it arrives. */
public interface ModelSelector {

    /** Chooses among the catalog's variants; asked on the hot path. */
    Selection select(RequestView request, ServingView view);

    /**
     * A user's word on an answer, for selectors that learn accuracy.
     *
     * @param variant the variant that answered
     * @param correct whether the answer was right
     */
    default void feedback(int variant, boolean correct) {}

    /**
     * A user's word on an answer that several variants gave together, for selectors that learn who is often right.
     *
     * @param requestClass the class of the request
     * @param ensemble the variants that were asked
     * @param right the members whose own answer was right: bit i stands for member i
     */
    default void feedback(int requestClass, Ensemble ensemble, int right) {}

    /**
     * A request was answered, for selectors that learn latency.
     *
     * @param variant the variant that answered
     * @param latencyNanos from arrival to answer
     */
    default void answered(int variant, long latencyNanos) {}
}
