package dev.purser.core.policy;

/**
 * When a function will be invoked next, told from the times between its invocations. What a cold-start manager asks to
 * decide when to unload and when to warm. Holds no clock; not safe for use by several threads.
 */
public interface InterArrivalPredictor extends Stateful {

    /**
     * Takes an arrival.
     *
     * @param gapSeconds the time since the arrival before it (or since the end of the execution before it: the caller's
     *     choice, always the same), finite and not negative
     * @param together how many invocations came together, at least 1
     */
    void observe(double gapSeconds, double together);

    /** Forecasts the gap before the next arrival. */
    GapForecast forecast();
}
