package dev.purser.core.engine;

/** How an attempt to serve a request, or a batch of them, ended. */
public enum Attempt {
    /** With an answer. */
    ANSWERED,
    /** It cannot be served: the request fails. */
    FAILED,
    /**
     * Nobody knows: the answer was lost, or what served it ended by itself. It may have run. The request is served again,
     * unless that has happened {@link ControllerSettings#maxLosses} times.
     */
    LOST,
    /** It did not begin, for there was no room: it waits until there is. */
    THROTTLED
}
