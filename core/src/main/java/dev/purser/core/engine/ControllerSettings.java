package dev.purser.core.engine;

import java.time.Duration;

/**
 * How the controller itself works.
 *
 * @param controlInterval how often the provisioner is asked, over 0
 * @param requestTimeout how long a request may wait for a slot before it is refused, over 0
 * @param initialRate the operator's estimate of the load at the start, in requests per second, at least 0
 * @param maxInstances most instances at the same time, whatever a plan asks for, at least 1
 * @param maxLosses a request that has lost this many instances by their own fault fails: it may be what kills them; at
 *     least 1
 * @param launchTimeout an instance that is not ready after this long is given up, over 0
 * @param launchRetry how long no instance of a fleet is launched after a launch failed, at least 0; twice as long after
 *     each further failure, up to {@value #MOST_RETRIES} times
 */
public record ControllerSettings(
        Duration controlInterval,
        Duration requestTimeout,
        double initialRate,
        int maxInstances,
        int maxLosses,
        Duration launchTimeout,
        Duration launchRetry) {
    /** How many times its first length a wait before the next launch can get. */
    static final int MOST_RETRIES = 16;

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
        if (launchTimeout.isNegative() || launchTimeout.isZero()) {
            throw new IllegalArgumentException("launchTimeout is " + launchTimeout + ", but it must be over 0");
        }
        if (launchRetry.isNegative()) {
            throw new IllegalArgumentException("launchRetry is " + launchRetry + ", but it must not be negative");
        }
    }

    /** With 10 minutes to launch an instance, and 15 s before the next try. */
    public ControllerSettings(
            Duration controlInterval, Duration requestTimeout, double initialRate, int maxInstances, int maxLosses) {
        this(
                controlInterval,
                requestTimeout,
                initialRate,
                maxInstances,
                maxLosses,
                Duration.ofMinutes(10),
                Duration.ofSeconds(15));
    }

    /**
     * A plan every 10 s, requests wait at most 5 minutes and lose at most 3 instances, at most 10,000 instances, 10
     * minutes to launch one, 15 s before the next try.
     */
    public static ControllerSettings defaults() {
        return new ControllerSettings(Duration.ofSeconds(10), Duration.ofMinutes(5), 0, 10_000, 3);
    }

    /** The same with another estimate of the load at the start. */
    public ControllerSettings withInitialRate(double requestsPerSecond) {
        return new ControllerSettings(
                controlInterval,
                requestTimeout,
                requestsPerSecond,
                maxInstances,
                maxLosses,
                launchTimeout,
                launchRetry);
    }

    /** The same with another wait before the next launch after one failed. */
    public ControllerSettings withLaunchRetry(Duration retry) {
        return new ControllerSettings(
                controlInterval, requestTimeout, initialRate, maxInstances, maxLosses, launchTimeout, retry);
    }

    /** The same with another control interval. */
    public ControllerSettings withControlInterval(Duration interval) {
        return new ControllerSettings(
                interval, requestTimeout, initialRate, maxInstances, maxLosses, launchTimeout, launchRetry);
    }
}
