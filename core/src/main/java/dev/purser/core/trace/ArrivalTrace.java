package dev.purser.core.trace;

import java.time.Duration;

/** tmp */
public interface ArrivalTrace {
    /** x */
    String name();
    /** x */
    Duration duration();
    /** x */
    ArrivalStream open(long seed);
}
