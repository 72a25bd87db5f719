package dev.purser.core.policy;

/**
 * How much will arrive, and how sure is that. Fed with the count of each window as it ends; asked for the windows that
 * follow. Holds no clock: the length of a window is the caller's. Not safe for use by several threads.
 *
 * <p><b>Cold start.</b> With nothing observed every value is 0. From the first count on a forecast has a point for every
 * step; it has quantiles once the predictor knows something of its error, and until then {@link Forecast#quantile} is the
 * point.
 *
 * <p><b>Gaps.</b> A window whose count nobody knows is reported with {@link #observeGap}, so that seasons stay in step.
 *
 * <p><b>State.</b> Saved after some windows with {@link StateExchange#save} and restored into a predictor made with the
 * same settings, it goes on as if it had never stopped.
 */
public interface LoadPredictor extends Stateful {

    /**
     * Takes the count of the window that has just ended.
     *
     * @param count requests that arrived in the window, finite and not negative
     */
    void observe(double count);

    /**
     * The window that has just ended was not measured. Unless a predictor says otherwise it takes its own forecast for
     * the count, and before the first count takes nothing.
     */
    default void observeGap() {
        observe(forecast(1).mean(1));
    }

    /**
     * Forecasts the next windows from what was observed so far. Asking changes no later forecast's point; a predictor may
     * take note of how far it is asked to look, and know its error from then on.
     *
     * @param steps how many windows ahead, at least 1
     */
    Forecast forecast(int steps);
}
