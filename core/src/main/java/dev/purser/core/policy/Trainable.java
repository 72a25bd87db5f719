package dev.purser.core.policy;

import java.util.Optional;

/** A predictor with parameters that are learned from a history before it is used. */
public interface Trainable {

    /**
     * What stands in the way of training, such as a library that is not there; empty where it can be done. A predictor
     * that cannot be trained still uses what was learned elsewhere.
     */
    Optional<String> obstacle();

    /**
     * Learns from a history, replacing what was learned before. Observes nothing: the history is still to be fed by
     * those who want it to count as past. The same history and seed give the same parameters.
     *
     * @param counts counts of successive windows, the oldest first; finite and not negative; of a long history the last
     *     part may be enough
     * @throws dev.purser.core.InputException if the history is too short, or there is an {@link #obstacle}
     */
    void train(double[] counts);

    /** What was learned, to be saved with {@link StateExchange#save}; empty where nothing was. */
    Optional<Stateful> learned();
}
