package dev.purser.core.partition;

/** Which of a graph's cuts may be used. */
public enum CutRule {
    /** Those that one tensor alone crosses: what a part with one input supports. */
    SINGLE,
    /** All; the tensors that cross travel together. */
    ANY
}
