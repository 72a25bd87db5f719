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
 * @param attemptTimeout what has been under way for this long, and for {@value #SERVICE_TIMES} times what it takes by its
 *     profile, counts as lost: the request is served again, and an instance on which it was is given up; over 0
 * @param maxConcurrency most invocations at the same time, whatever a dispatcher asks for, at least 1
 * @param maxUsdPerHour most dollars an hour for instances and functions together, over 0; infinite for no limit. Instances
 *     that would exceed it are not launched; invocations that would, wait for the next control interval
 * @param maxPolicyFailures how many decisions of policies may fail, at least 0, before the run ends with a {@link
 *     PolicyException}; until then the engine decides in their place
 */
public record ControllerSettings(
        Duration controlInterval,
        Duration requestTimeout,
        double initialRate,
        int maxInstances,
        int maxLosses,
        Duration launchTimeout,
        Duration launchRetry,
        Duration attemptTimeout,
        int maxConcurrency,
        double maxUsdPerHour,
        long maxPolicyFailures) {
    /** How many times its first length a wait before the next launch can get. */
    static final int MOST_RETRIES = 16;

    /** How many times its profiled time an attempt may take in any case. */
    static final int SERVICE_TIMES = 20;

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
        if (attemptTimeout.isNegative() || attemptTimeout.isZero()) {
            throw new IllegalArgumentException("attemptTimeout is " + attemptTimeout + ", but it must be over 0");
        }
        if (maxConcurrency < 1) {
            throw new IllegalArgumentException("maxConcurrency is " + maxConcurrency + ", but it must be at least 1");
        }
        if (!(maxUsdPerHour > 0)) {
            throw new IllegalArgumentException("maxUsdPerHour is " + maxUsdPerHour + ", but it must be over 0");
        }
        if (maxPolicyFailures < 0) {
            throw new IllegalArgumentException(
                    "maxPolicyFailures is " + maxPolicyFailures + ", but it must be at least 0");
        }
    }

    /**
     * With 10 minutes to launch an instance, 15 s before the next try, 10 minutes for an attempt, no ceiling on concurrency
     * and dollars, and no policy that may fail.
     */
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

    /** With 10 minutes for an attempt, no ceiling on concurrency and dollars, and no policy that may fail. */
    public ControllerSettings(
            Duration controlInterval,
            Duration requestTimeout,
            double initialRate,
            int maxInstances,
            int maxLosses,
            Duration launchTimeout,
            Duration launchRetry) {
        this(
                controlInterval,
                requestTimeout,
                initialRate,
                maxInstances,
                maxLosses,
                launchTimeout,
                launchRetry,
                Duration.ofMinutes(10),
                Integer.MAX_VALUE,
                Double.POSITIVE_INFINITY,
                0);
    }

    /**
     * A plan every 10 s, requests wait at most 5 minutes and lose at most 3 instances, at most 10,000 instances, 10
     * minutes to launch one, 15 s before the next try.
     */
    public static ControllerSettings defaults() {
        return new ControllerSettings(Duration.ofSeconds(10), Duration.ofMinutes(5), 0, 10_000, 3);
    }

    /** After how long an attempt counts as lost that takes so long by its profile, in nanoseconds. */
    long attemptLimit(long profiledNanos) {
        return Math.max(
                attemptTimeout.toNanos(), Math.min(profiledNanos, Long.MAX_VALUE / SERVICE_TIMES) * SERVICE_TIMES);
    }

    /** The same with another estimate of the load at the start. */
    public ControllerSettings withInitialRate(double requestsPerSecond) {
        return with(controlInterval, requestsPerSecond, launchRetry, attemptTimeout);
    }

    /** The same with another wait before the next launch after one failed. */
    public ControllerSettings withLaunchRetry(Duration retry) {
        return with(controlInterval, initialRate, retry, attemptTimeout);
    }

    /** The same with another control interval. */
    public ControllerSettings withControlInterval(Duration interval) {
        return with(interval, initialRate, launchRetry, attemptTimeout);
    }

    /** The same with another limit on the time that an attempt may take. */
    public ControllerSettings withAttemptTimeout(Duration timeout) {
        return with(controlInterval, initialRate, launchRetry, timeout);
    }

    private ControllerSettings with(Duration interval, double rate, Duration retry, Duration timeout) {
        return new ControllerSettings(
                interval,
                requestTimeout,
                rate,
                maxInstances,
                maxLosses,
                launchTimeout,
                retry,
                timeout,
                maxConcurrency,
                maxUsdPerHour,
                maxPolicyFailures);
    }

    /**
     * The same with other ceilings.
     *
     * @param concurrency see {@link #maxConcurrency}
     * @param usdPerHour see {@link #maxUsdPerHour}
     */
    public ControllerSettings withCeilings(int concurrency, double usdPerHour) {
        return new ControllerSettings(
                controlInterval,
                requestTimeout,
                initialRate,
                maxInstances,
                maxLosses,
                launchTimeout,
                launchRetry,
                attemptTimeout,
                concurrency,
                usdPerHour,
                maxPolicyFailures);
    }

    /** The same with so many decisions of policies that may fail. */
    public ControllerSettings withMaxPolicyFailures(long failures) {
        return new ControllerSettings(
                controlInterval,
                requestTimeout,
                initialRate,
                maxInstances,
                maxLosses,
                launchTimeout,
                launchRetry,
                attemptTimeout,
                maxConcurrency,
                maxUsdPerHour,
                failures);
    }
}
