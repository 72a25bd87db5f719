package dev.purser.core.engine;

import java.time.Duration;

/**
 * How the controller itself works.
 *
 * @param controlInterval how often the provisioner is asked, over 0
 * @param requestTimeout how long a request may wait for a slot before it is refused, over 0
 * @param initialRate the operator's estimate of the load at the start, in requests per second, at least 0
 * @param maxInstances most instances at the same time, whatever a plan asks for, at least 1
 * @param maxLosses a request that has lost this many instances fails: it may be what kills them; at least 1
 */
public record ControllerSettings(
        Duration controlInterval, Duration requestTimeout, double initialRate, int maxInstances, int maxLosses) {

    public ControllerSettings {
        if (controlInterval.isNegative() || controlInterval.isZero()) {
            throw new IllegalArgumentException("controlInterval is " + controlInterval + ", but it must be over 0");
        }
        if (requestTimeout.isNegative() || requestTimeout.isZero()) {
            throw new IllegalArgumentException("requestTimeout is " + requestTimeout + ", but it must be over 0");
        }
        if (!(initialRate >= 0 && initialRate < Double.POSITIVE_INFINITY)) {
            throw new IllegalArgumentException("initialRate is " + initialRate + ", but it must be at least 0");
        }
        if (maxInstances < 1) {
            throw new IllegalArgumentException("maxInstances is " + maxInstances + ", but it must be at least 1");
        }
        if (maxLosses < 1) {
            throw new IllegalArgumentException("maxLosses is " + maxLosses + ", but it must be at least 1");
        }
    }

    /** A plan every 10 s, requests wait at most 5 minutes and lose at most 3 instances, at most 10,000 instances. */
    public static ControllerSettings defaults() {
        return new ControllerSettings(Duration.ofSeconds(10), Duration.ofMinutes(5), 0, 10_000, 3);
    }

    /** The same with another estimate of the load at the start. */
    public ControllerSettings withInitialRate(double requestsPerSecond) {
        return new ControllerSettings(controlInterval, requestTimeout, requestsPerSecond, maxInstances, maxLosses);
    }
}
