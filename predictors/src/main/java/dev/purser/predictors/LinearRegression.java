package dev.purser.predictors;

import dev.purser.core.policy.StateExchange;
import dev.purser.spi.Setting;

/**
 * The moving-window linear regression of Spock's predictive policy (Gunasekaran et al., "Spock: Exploiting Serverless
 * Functions for SLO and Cost Aware Resource Procurement in Public Cloud", IEEE CLOUD 2019): a least-squares line
 * through the last counts, extrapolated to the window asked for and never below 0. The default window of 500 points is
 * that of InferAll's simulator (github.com/veerkumar/InferAll, periodic_events.py).
 *
 * <p>Departures: InferAll fits anew over (time, requests) points at every look; here windows are equally spaced, so that
 * the same line comes from two sums kept up to date. A margin on the forecast (InferAll's {@code burst_threshold}) is
 * the provisioner's business. One count alone is forecast to persist.
 */
public final class LinearRegression extends PointPredictor {
    private final Window window;
    private double middle;
    private double slope;

    /** @param window how many counts the line is fitted to, 2 to 1,000,000 */
    public record Settings(
            @Setting(
                    value = "how many counts the line is fitted to (500 is InferAll's)",
                    byDefault = "500",
                    min = 2,
                    max = 1000000)
            int window) {
        /** @throws IllegalArgumentException if the window is out of range */
        public Settings {
            Window.checkLength(window, 2);
        }
    }

    /** @param settings how many counts to fit */
    public LinearRegression(Settings settings) {
        super("linear-regression");
        window = new Window(settings.window());
    }

    @Override
    void take(double count) {
        window.add(count);
        middle = window.mean();
        slope = window.slope();
    }

    @Override
    void points(double[] into) {
        // the line passes through the mean at the middle of the window, (n - 1) / 2 windows before the last count
        double last = middle + slope * (window.size() - 1) / 2.0;
        for (int i = 0; i < into.length; i++) {
            into[i] = last + slope * (i + 1);
        }
    }

    @Override
    void exchangeOwn(StateExchange state) {
        state.part("window", window);
        middle = state.number("middle", middle);
        slope = state.number("slope", slope);
    }
}
