package dev.purser.predictors;

import dev.purser.core.policy.StateExchange;
import dev.purser.spi.Setting;
import java.util.Arrays;

/**
 * ARIMA(p, d, q) (Box and Jenkins 1970) whose orders are found from the last counts, and found anew as they change.
 *
 * <p>The orders follow Hyndman and Khandakar (Journal of Statistical Software 27(3), 2008): d by a KPSS test at 5 %, p and q
 * up to 5 by the corrected Akaike criterion, with a mean where d is 0. Departures, for speed (a fit of 1000 counts takes
 * about a millisecond): all pairs (p, q) are tried and not a path through them, and each is fitted by the two regressions of
 * Hannan and Rissanen (Biometrika 69, 1982) and not by maximum likelihood. And for sobriety some steps ahead: the test has
 * the long lags of its authors (l12), without which it takes a slow return to the mean for a walk; d is found to be 2 never;
 * and where d is above 0 there is no drift. Pairs that are not stationary and invertible are left out.
 *
 * <p>Fitted first after 50 counts, then at twice as many each time, and every {@code refit} counts in the end; until then the
 * last value is forecast. Its quantiles are those of the model, normal with the variance of its psi weights (Box, Jenkins
 * and Reinsel, 5.2).
 */
public final class Arima extends PointPredictor {
    /** Counts before the first fit. */
    static final int FIRST_FIT = 50;

    private final Settings settings;
    private final Window window;
    /** The last counts, differenced up to 0, 1 and 2 times; for undoing the differences. */
    private final double[] last = new double[ArimaFit.MOST_DIFFERENCES + 1];

    /** The last values and one-step errors of the differenced series, the newest first. */
    private final double[] values = new double[ArimaFit.MOST_ORDER];

    private final double[] shocks = new double[ArimaFit.MOST_ORDER];
    private ArimaFit fit = ArimaFit.NONE;
    private boolean fitted;
    private int untilFit = FIRST_FIT;
    private int nextPause = FIRST_FIT;
    private final double[] points = new double[ForecastErrors.MOST_STEPS];
    private final double[] widen = new double[ForecastErrors.MOST_STEPS];
    private final Model model = new Model();

    /**
     * Settings.
     *
     * @param window how many counts are fitted, 50 to 100,000
     * @param refit counts between two fits, 1 to 1,000,000
     * @param differences how often to difference, 0 to 2; -1 to find out
     */
    public record Settings(
            @Setting(value = "how many of the last counts are fitted", byDefault = "1000", min = 50, max = 100000)
            int window,

            @Setting(value = "counts between two fits", byDefault = "250", min = 1, max = 1000000)
            int refit,

            @Setting(
                    value = "how often the counts are differenced; -1 for as often as a KPSS test says",
                    byDefault = "-1",
                    min = -1,
                    max = 2)
            int differences) {
        /** @throws IllegalArgumentException if a setting is out of range */
        public Settings {
            if (window < FIRST_FIT || window > 100_000) {
                throw new IllegalArgumentException(
                        "window " + window + ", but it must lie between 50 and 100000 counts");
            }
            Window.checkLength("refit", refit, 1);
            if (differences < -1 || differences > ArimaFit.MOST_DIFFERENCES) {
                throw new IllegalArgumentException("differences " + differences + ", but it must lie between -1 and 2");
            }
        }
    }

    /** @param settings what to fit, and how often */
    public Arima(Settings settings) {
        super("arima");
        this.settings = settings;
        window = new Window(settings.window());
    }

    /** The orders in use: p, d and q. */
    int[] orders() {
        return new int[] {fit.ar().length, fit.differences(), fit.ma().length};
    }

    @Override
    void take(double count) {
        window.add(count);
        untilFit--;
        if (untilFit == 0) {
            fit(ArimaFit.of(window.counts(), settings.differences()));
            untilFit = Math.min(nextPause, settings.refit());
            nextPause = Math.min(2 * nextPause, Window.MOST);
        } else {
            advance(count);
        }
    }

    /** Takes a fit over, and finds the errors that it would have made. */
    private void fit(ArimaFit found) {
        fit = found;
        fitted = true;
        Arrays.fill(values, 0);
        Arrays.fill(shocks, 0);
        Arrays.fill(last, 0);
        double[] counts = window.counts();
        for (int i = 0; i < counts.length; i++) {
            if (i == found.differences()) {
                // the first differences that are known
                Arrays.fill(values, 0);
                Arrays.fill(shocks, 0);
            }
            advance(counts[i]);
        }
        found.widen(widen);
    }

    /** Moves the differenced series on by a count. */
    private void advance(double count) {
        double value = count;
        for (int d = 0; d < fit.differences(); d++) {
            double before = last[d];
            last[d] = value;
            value -= before;
        }
        double deviation = value - fit.mean();
        double shock = deviation - next(values, shocks);
        System.arraycopy(values, 0, values, 1, values.length - 1);
        System.arraycopy(shocks, 0, shocks, 1, shocks.length - 1);
        values[0] = deviation;
        shocks[0] = shock;
    }

    private double next(double[] deviations, double[] errors) {
        double next = 0;
        for (int i = 0; i < fit.ar().length; i++) {
            next += fit.ar()[i] * deviations[i];
        }
        for (int i = 0; i < fit.ma().length; i++) {
            next += fit.ma()[i] * errors[i];
        }
        return next;
    }

    @Override
    void points(double[] into) {
        if (!fitted) {
            Arrays.fill(into, window.ago(0));
        } else {
            double[] deviations = values.clone();
            double[] errors = shocks.clone();
            double[] level = last.clone();
            for (int i = 0; i < into.length; i++) {
                double deviation = next(deviations, errors);
                System.arraycopy(deviations, 0, deviations, 1, deviations.length - 1);
                System.arraycopy(errors, 0, errors, 1, errors.length - 1);
                deviations[0] = deviation;
                errors[0] = 0;
                double value = deviation + fit.mean();
                for (int d = fit.differences() - 1; d >= 0; d--) {
                    level[d] += value;
                    value = level[d];
                }
                into[i] = value;
            }
        }
        System.arraycopy(into, 0, points, 0, Math.min(into.length, points.length));
    }

    @Override
    ForecastErrors.Model model() {
        return model;
    }

    private final class Model implements ForecastErrors.Model {
        @Override
        public boolean ready() {
            return fitted;
        }

        @Override
        public double width(int step) {
            return widen[step - 1];
        }

        @Override
        public double quantile(int step, double level) {
            return points[step - 1] + widen[step - 1] * Normal.quantile(level);
        }
    }

    @Override
    void exchangeOwn(StateExchange state) {
        state.part("window", window);
        fitted = state.flag("fitted", fitted);
        fit = fit.exchanged(state);
        state.numbers("last", last);
        state.numbers("values", values);
        state.numbers("shocks", shocks);
        state.numbers("unclipped", points);
        untilFit = state.whole("untilFit", untilFit, 1, Window.MOST);
        nextPause = state.whole("nextPause", nextPause, 1, Window.MOST);
        fit.widen(widen);
    }
}
