package dev.purser.predictors;

import dev.purser.core.policy.Forecast;
import dev.purser.core.policy.GapForecast;

/**
 * How well forecasts of one step ahead did, in one pass.
 *
 * <p>The measures are those of SMIless where it has them: the symmetric error is |x - y| over the mean of |x| and |y|, averaged
 * over all pairs, and a pair of two zeros has none.
 */
public final class StepErrors {
    /** The quantiles that the pinball loss is averaged over. */
    private static final double[] LEVELS = {0.05, 0.25, 0.5, 0.75, 0.95};

    private long pairs;
    private double squares;
    private double absolutes;
    private double symmetric;
    private double symmetricOver;
    private long under;
    private long over;
    private long withQuantiles;
    private long withSpan;
    private double pinball;
    private long covered;

    /**
     * Takes a count and what was forecast for it.
     *
     * @param actual what came
     * @param forecast the point forecast
     */
    public void add(double actual, double forecast) {
        double error = actual - forecast;
        pairs++;
        squares += error * error;
        absolutes += Math.abs(error);
        double size = (Math.abs(actual) + Math.abs(forecast)) / 2;
        double relative = size == 0 ? 0 : Math.abs(error) / size;
        symmetric += relative;
        if (forecast < actual) {
            under++;
        } else if (forecast > actual) {
            over++;
            symmetricOver += relative;
        }
    }

    /**
     * Takes a count and what was forecast for it, quantiles too where there are any.
     *
     * @param actual what came
     * @param forecast the forecast
     * @param step which of its steps
     */
    public void add(double actual, Forecast forecast, int step) {
        add(actual, forecast.mean(step));
        if (!forecast.hasQuantiles()) {
            return;
        }
        withQuantiles++;
        for (double level : LEVELS) {
            double error = actual - forecast.quantile(step, level);
            pinball += Math.max(level * error, (level - 1) * error) / LEVELS.length;
        }
        if (actual >= forecast.quantile(step, 0.05) && actual <= forecast.quantile(step, 0.95)) {
            covered++;
        }
    }

    /**
     * Takes a gap and what was forecast for it; its span stands for the 90 % interval.
     *
     * @param actual the gap, in seconds
     * @param forecast the forecast
     */
    public void add(double actual, GapForecast forecast) {
        add(actual, forecast.expected());
        withSpan++;
        if (actual >= forecast.earliest() && actual <= forecast.latest()) {
            covered++;
        }
    }

    /** How many pairs were taken. */
    public long pairs() {
        return pairs;
    }

    /** Root mean squared error; NaN without pairs, as are all others. */
    public double rmse() {
        return Math.sqrt(squares / pairs);
    }

    /** Mean absolute error. */
    public double mae() {
        return absolutes / pairs;
    }

    /** Symmetric mean absolute error relative to the size, 0 to 2. */
    public double smape() {
        return symmetric / pairs;
    }

    /** The part of {@link #smape} that is over-estimation. */
    public double overSmape() {
        return symmetricOver / pairs;
    }

    /** Share of forecasts below what came. */
    public double underShare() {
        return (double) under / pairs;
    }

    /** Share of forecasts above what came. */
    public double overShare() {
        return (double) over / pairs;
    }

    /** Mean pinball loss over the quantiles 0.05, 0.25, 0.5, 0.75 and 0.95; NaN where no forecast had any. */
    public double pinball() {
        return pinball / withQuantiles;
    }

    /** Share of what came within the quantiles 0.05 and 0.95, or within a gap's span; NaN where no forecast had any. */
    public double coverage90() {
        return (double) covered / (withQuantiles + withSpan);
    }
}
