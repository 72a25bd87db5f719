package dev.purser.server.replay;

/** Follows a replay while it runs. Methods are called one at a time, from threads of the replay, and must return soon. */
public interface ReplayListener {
    /** Follows nothing. */
    ReplayListener NONE = new ReplayListener() {};

    /** A request ended; in the order of their ends. */
    default void ended(ReplayedRequest request) {}

    /** How far the replay is, once a second and at its end. */
    default void progress(ReplayProgress progress) {}
}
