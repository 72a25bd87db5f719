package dev.purser.predictors;

import dev.purser.core.policy.StateExchange;
import dev.purser.spi.Setting;
import java.util.Arrays;

/**
 * Fourier extrapolation, the invocation predictor FIP of IceBreaker (Roy, Patel and Tiwari, ASPLOS 2022): the trend is
 * taken out of the last counts, the lowest harmonics of what is left are kept, and they are drawn on.
 *
 * <p>As in SMIless's port ({@code fip_predictor.py}) the trend is the slope of the least-squares line, the mean stays in,
 * ten harmonics are kept, and the window is 60 counts. Departures: the paper's trend is a parabola, whose ends run away
 * when it is drawn on for more than one window; the port rounds to whole counts, which we leave to those who want it; until
 * the window is full the last value is forecast. A window that is not a whole number of seasons, or harmonics fewer than
 * those of the season, forecast little: for a daily season over minutes take 1440 or 2880.
 *
 * <p>Only the harmonics kept are computed, by their sums: a library's transform (Hipparchus has the radix-2 one) computes all,
 * for windows of a power of two alone.
 */
public final class Fourier extends PointPredictor {
    private final Window window;
    private final Extrapolation extrapolation;
    private boolean fresh;

    /**
     * Settings.
     *
     * @param window how many counts are transformed, 4 to 100,000
     * @param harmonics how many harmonics are kept, 0 to 1000
     */
    public record Settings(
            @Setting(value = "how many counts are transformed", byDefault = "60", min = 4, max = 100000)
            int window,

            @Setting(value = "how many harmonics are kept", byDefault = "10", min = 0, max = 1000)
            int harmonics) {
        /** @throws IllegalArgumentException if a setting is out of range */
        public Settings {
            if (window < 4 || window > 100_000) {
                throw new IllegalArgumentException("window " + window + ", but it must lie between 4 and 100000 counts");
            }
            if (harmonics < 0 || harmonics > 1000) {
                throw new IllegalArgumentException("harmonics " + harmonics + ", but it must lie between 0 and 1000");
            }
        }
    }

    /** @param settings how much to keep of how much */
    public Fourier(Settings settings) {
        super("fourier");
        window = new Window(settings.window());
        extrapolation = new Extrapolation(settings.window(), settings.harmonics());
    }

    @Override
    void take(double count) {
        window.add(count);
        fresh = false;
    }

    @Override
    void points(double[] into) {
        int n = window.capacity();
        if (window.size() < n) {
            Arrays.fill(into, window.ago(0));
            return;
        }
        if (!fresh) {
            extrapolation.fit(window.counts(), window.slope());
            fresh = true;
        }
        for (int i = 0; i < into.length; i++) {
            into[i] = extrapolation.at(n + (long) i);
        }
    }

    @Override
    void exchangeOwn(StateExchange state) {
        state.part("window", window);
        fresh = false;
    }

    /** The harmonics of a series of fixed length. */
    static final class Extrapolation {
        private final int n;
        private final double[] cosine;
        private final double[] sine;
        private final double[] real;
        private final double[] imaginary;
        private double slope;

        Extrapolation(int n, int harmonics) {
            this.n = n;
            cosine = new double[n];
            sine = new double[n];
            for (int i = 0; i < n; i++) {
                cosine[i] = Math.cos(2 * Math.PI * i / n);
                sine[i] = Math.sin(2 * Math.PI * i / n);
            }
            // a real series has the frequencies 0 to n / 2
            int kept = Math.min(harmonics, n / 2) + 1;
            real = new double[kept];
            imaginary = new double[kept];
        }

        /** Takes the transform of a series without its trend. */
        void fit(double[] series, double trend) {
            slope = trend;
            double[] flat = new double[n];
            for (int t = 0; t < n; t++) {
                flat[t] = series[t] - trend * t;
            }
            for (int k = 0; k < real.length; k++) {
                double re = 0;
                double im = 0;
                int angle = 0;
                for (int t = 0; t < n; t++) {
                    re += flat[t] * cosine[angle];
                    im -= flat[t] * sine[angle];
                    angle += k;
                    angle -= angle >= n ? n : 0;
                }
                // all but the mean and, with an even length, the highest frequency stand for a pair
                double pair = k == 0 || 2 * k == n ? 1 : 2;
                real[k] = pair * re / n;
                imaginary[k] = pair * im / n;
            }
        }

        /** What is kept of the series, drawn on to any place; 0 is its first. */
        double at(long place) {
            double sum = slope * place;
            int once = (int) (place % n);
            long angle = 0;
            for (int k = 0; k < real.length; k++) {
                sum += real[k] * cosine[(int) angle] - imaginary[k] * sine[(int) angle];
                angle += once;
                angle -= angle >= n ? n : 0;
            }
            return sum;
        }
    }
}
