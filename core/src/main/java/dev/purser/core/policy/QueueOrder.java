package dev.purser.core.policy;

/** Which of the waiting requests gets the next free slot. */
public enum QueueOrder {
    /** The one that arrived first. */
    ARRIVAL,
    /** Strict requests before relaxed ones; among equals the earliest deadline first. */
    STRICT_FIRST
}
