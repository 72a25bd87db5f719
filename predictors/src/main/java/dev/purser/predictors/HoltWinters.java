package dev.purser.predictors;

import dev.purser.core.policy.StateExchange;
import dev.purser.spi.Setting;

/**
 * Exponential smoothing of level, trend and season: Holt (1957) and Winters (1960), additive, with a damped trend, as in
 * Hyndman and Athanasopoulos, Forecasting: Principles and Practice, 8.2 and 8.3. Its quantiles are those of the state space
 * model ETS(A,Ad,A): normal, with the variance of the forecast h steps ahead {@code sigma^2 (1 + c_1^2 + … + c_{h-1}^2)},
 * {@code c_j = alpha + alpha beta (phi + … + phi^j) + gamma [j is a multiple of the season]} (Hyndman, Koehler, Ord and
 * Snyder 2008, table 6.1; its beta is alpha times ours).
 *
 * <p>The seasonal terms begin as the means of the first two seasons' deviations from their season's mean; before that, and
 * with a season of 1, there are level and trend alone. The level begins at the first count, the trend at 0. Sigma is the
 * root mean square of the one-step errors, which are forgotten at a rate of 0.005 so that it follows a load that becomes
 * less steady.
 */
public final class HoltWinters extends PointPredictor {
    private static final double FORGET = 0.005;
    /** One-step errors before sigma is believed. */
    private static final int FEWEST_ERRORS = 10;

    private final Settings settings;
    private final double[] seasonal;
    /** The counts from which the seasonal terms are made. */
    private final double[] begin;
    /** The root of the variance's factor for each step. */
    private final double[] widen = new double[ForecastErrors.MOST_STEPS];

    private int seen;
    private int place;
    private double level;
    private double trend;
    private double variance;
    private int judged;
    private final double[] points = new double[ForecastErrors.MOST_STEPS];
    private final Model model = new Model();

    /**
     * Settings.
     *
     * @param season windows in a season, 1 to 100,000; 1 for none
     * @param alpha how fast the level follows, in (0, 1]
     * @param beta how fast the trend follows the level, in [0, 1]
     * @param gamma how fast the season follows, in [0, 1]
     * @param damping what is left of the trend after each window, in (0, 1]
     */
    public record Settings(
            @Setting(
                    value = "windows in a season; 1440 is a day of minutes, 1 is no season",
                    byDefault = "1440",
                    min = 1,
                    max = 100000)
            int season,

            @Setting(value = "how fast the level follows the counts", byDefault = "0.3", min = 0, max = 1)
            double alpha,

            @Setting(value = "how fast the trend follows the level", byDefault = "0.05", min = 0, max = 1)
            double beta,

            @Setting(value = "how fast the season follows the counts", byDefault = "0.1", min = 0, max = 1)
            double gamma,

            @Setting(
                    value = "what is left of the trend after each window; 1 is a trend for ever",
                    byDefault = "0.98",
                    min = 0,
                    max = 1)
            double damping) {
        /** @throws IllegalArgumentException if a setting is out of range */
        public Settings {
            if (season < 1 || season > 100_000) {
                throw new IllegalArgumentException(
                        "season " + season + ", but it must lie between 1 and 100000 counts");
            }
            require("alpha", alpha, alpha > 0 && alpha <= 1, "above 0 and at most 1");
            require("beta", beta, beta >= 0 && beta <= 1, "between 0 and 1");
            require("gamma", gamma, gamma >= 0 && gamma <= 1, "between 0 and 1");
            require("damping", damping, damping > 0 && damping <= 1, "above 0 and at most 1");
        }

        private static void require(String name, double value, boolean right, String range) {
            if (!right) {
                throw new IllegalArgumentException(name + " " + value + ", but it must be " + range);
            }
        }
    }

    /** @param settings how fast to follow what */
    public HoltWinters(Settings settings) {
        super("holt-winters");
        this.settings = settings;
        seasonal = new double[settings.season()];
        begin = new double[settings.season() == 1 ? 0 : 2 * settings.season()];
        double sum = 1;
        double damped = 0;
        double power = 1;
        for (int j = 1; j <= widen.length; j++) {
            widen[j - 1] = Math.sqrt(sum);
            power *= settings.damping();
            damped += power;
            double c = settings.alpha() * (1 + settings.beta() * damped)
                    + (settings.season() > 1 && j % settings.season() == 0 ? settings.gamma() : 0);
            sum += c * c;
        }
    }

    @Override
    void take(double count) {
        if (seen == 0) {
            level = count;
        } else {
            double before = level + settings.damping() * trend;
            double error = count - before - seasonal[place];
            // a weight that begins as for a plain mean, so that the first error is not all there is
            judged = Math.min(judged + 1, (int) (1 / FORGET));
            variance += (error * error - variance) / judged;
            double after = before + settings.alpha() * error;
            trend = settings.beta() * (after - level) + (1 - settings.beta()) * settings.damping() * trend;
            level = after;
            if (seen >= begin.length) {
                seasonal[place] += settings.gamma() * (count - level - seasonal[place]);
            }
        }
        if (seen < begin.length) {
            begin[seen] = count;
            if (seen + 1 == begin.length) {
                beginSeason();
            }
        }
        seen = Math.min(seen + 1, begin.length + 1);
        place = place + 1 == seasonal.length ? 0 : place + 1;
    }

    private void beginSeason() {
        int m = seasonal.length;
        double first = 0;
        double second = 0;
        for (int i = 0; i < m; i++) {
            first += begin[i] / m;
            second += begin[m + i] / m;
        }
        for (int i = 0; i < m; i++) {
            seasonal[i] = (begin[i] - first + begin[m + i] - second) / 2;
        }
        // the level has followed the season so far
        level -= seasonal[m - 1];
        trend = (second - first) / m * settings.damping();
    }

    @Override
    void points(double[] into) {
        double drift = 0;
        double power = 1;
        int at = place;
        for (int i = 0; i < into.length; i++) {
            power *= settings.damping();
            drift += power * trend;
            into[i] = level + drift + seasonal[at];
            at = at + 1 == seasonal.length ? 0 : at + 1;
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
            return judged >= FEWEST_ERRORS;
        }

        @Override
        public double width(int step) {
            return Math.sqrt(variance) * widen[step - 1];
        }

        @Override
        public double quantile(int step, double level) {
            return points[step - 1] + width(step) * Normal.quantile(level);
        }
    }

    @Override
    void exchangeOwn(StateExchange state) {
        seen = state.whole("seen", seen, 0, begin.length + 1);
        place = state.whole("place", place, 0, seasonal.length - 1);
        level = state.number("level", level);
        trend = state.number("trend", trend);
        variance = state.number("variance", variance);
        judged = state.whole("judged", judged, 0, Integer.MAX_VALUE);
        state.numbers("seasonal", seasonal);
        state.numbers("begin", begin);
        state.numbers("unclipped", points);
    }
}
