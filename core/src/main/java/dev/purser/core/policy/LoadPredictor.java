package dev.purser.core.policy;

/**
 * How much will arrive, and how sure is that. Fed with the count of each window as it ends; asked for the windows that
 * follow. Holds no clock: the length of a window is the caller's.
 */
public interface LoadPredictor {

    /**
     * Takes the count of the window that has just ended.
     *
     * @param count requests that arrived in the window, finite and not negative
     */
    void observe(double count);

    /**
     * Forecasts the next windows from what was observed so far. With nothing observed every value is 0.
     *
     * @param steps how many windows ahead, at least 1
     */
    Forecast forecast(int steps);
}
