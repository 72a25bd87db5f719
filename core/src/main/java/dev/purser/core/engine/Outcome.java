package dev.purser.core.engine;

/** How a request ended; each ends exactly once. */
public enum Outcome {
    /** Answered, in time or late. */
    ANSWERED,
    /** Not served, by a decision. */
    REFUSED,
    /** Served in vain. */
    FAILED
}
