package dev.purser.predictors;

import dev.purser.core.policy.StateExchange;
import dev.purser.core.policy.Stateful;
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
 * <p>Only the harmonics kept are computed, and follow the window as it moves on: a library's transform (Hipparchus has the
 * radix-2 one) computes all of them anew, for windows of a power of two alone.
 */
public final class Fourier extends PointPredictor {
    /** A count this many times the mean of those that stay makes the transform anew. */
    private static final double GREAT = 1e6;

    private final Window window;
    private final Extrapolation extrapolation;
    private int sinceFit;

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
                throw new IllegalArgumentException(
                        "window " + window + ", but it must lie between 4 and 100000 counts");
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
        int n = window.capacity();
        boolean full = window.size() == n;
        double gone = full ? window.ago(n - 1) : 0;
        window.add(count);
        if (window.size() < n) {
            return;
        }
        sinceFit++;
        // a great count that leaves would leave its rounding errors behind
        if (!full || sinceFit >= n || gone > GREAT * window.mean()) {
            extrapolation.fit(window.counts());
            sinceFit = 0;
        } else {
            extrapolation.slide(gone, count);
        }
        extrapolation.straighten(window.slope());
    }

    @Override
    void points(double[] into) {
        int n = window.capacity();
        if (window.size() < n) {
            Arrays.fill(into, window.ago(0));
            return;
        }
        for (int i = 0; i < into.length; i++) {
            into[i] = extrapolation.at(n + (long) i);
        }
    }

    @Override
    void exchangeOwn(StateExchange state) {
        state.part("window", window);
        state.part("harmonics", extrapolation);
        sinceFit = state.whole("sinceFit", sinceFit, 0, window.capacity());
    }

    /** The harmonics of a series of fixed length. */
    static final class Extrapolation implements Stateful {
        private final int n;
        private final double[] cosine;
        private final double[] sine;
        /** The transform of the series as it is. */
        private final double[] real;

        private final double[] imaginary;
        /** The transform of 0, 1, 2, …, to take a trend out. */
        private final double[] trendReal;

        private final double[] trendImaginary;
        /** What is drawn on. */
        private final double[] keptReal;

        private final double[] keptImaginary;
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
            keptReal = new double[kept];
            keptImaginary = new double[kept];
            double[] ramp = new double[n];
            Arrays.setAll(ramp, t -> t);
            fit(ramp);
            trendReal = real.clone();
            trendImaginary = imaginary.clone();
        }

        /** Takes the transform of a series. */
        void fit(double[] series) {
            for (int k = 0; k < real.length; k++) {
                double re = 0;
                double im = 0;
                int angle = 0;
                for (int t = 0; t < n; t++) {
                    re += series[t] * cosine[angle];
                    im -= series[t] * sine[angle];
                    angle += k;
                    angle -= angle >= n ? n : 0;
                }
                real[k] = re;
                imaginary[k] = im;
            }
        }

        /** Moves the series on by a place: each harmonic loses what goes, gains what comes, and turns by its angle. */
        void slide(double gone, double came) {
            for (int k = 0; k < real.length; k++) {
                double re = real[k] - gone + came;
                double im = imaginary[k];
                real[k] = re * cosine[k % n] - im * sine[k % n];
                imaginary[k] = re * sine[k % n] + im * cosine[k % n];
            }
        }

        /** Takes a trend out of what will be drawn on; it is drawn on by itself. */
        void straighten(double trend) {
            slope = trend;
            for (int k = 0; k < real.length; k++) {
                // all but the mean and, with an even length, the highest frequency stand for a pair
                double share = (k == 0 || 2 * k == n ? 1.0 : 2.0) / n;
                keptReal[k] = share * (real[k] - trend * trendReal[k]);
                keptImaginary[k] = share * (imaginary[k] - trend * trendImaginary[k]);
            }
        }

        /** What is kept of the series, drawn on to any place; 0 is its first. */
        double at(long place) {
            double sum = slope * place;
            int once = (int) (place % n);
            int angle = 0;
            for (int k = 0; k < keptReal.length; k++) {
                sum += keptReal[k] * cosine[angle] - keptImaginary[k] * sine[angle];
                angle += once;
                angle -= angle >= n ? n : 0;
            }
            return sum;
        }

        @Override
        public void exchange(StateExchange state) {
            state.numbers("real", real);
            state.numbers("imaginary", imaginary);
            slope = state.number("slope", slope);
            straighten(slope);
        }
    }
}
