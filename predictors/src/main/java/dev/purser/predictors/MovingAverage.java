package dev.purser.predictors;

/** Every window to come is like the mean of the last few; of those there are, while the series is younger. */
public final class MovingAverage extends PointPredictor {
    private final Window window;

    /** @param window how many counts are averaged, 1 to 1,000,000; 1 is {@link LastValue} */
    public record Settings(int window) {
        /** @throws IllegalArgumentException if the window is out of range */
        public Settings {
            Window.checkLength(window, 1);
        }

        /** {@return a window of 10 counts, our choice} */
        public static Settings defaults() {
            return new Settings(10);
        }
    }

    /** @param settings how much to average */
    public MovingAverage(Settings settings) {
        window = new Window(settings.window());
    }

    @Override
    void take(double count) {
        window.add(count);
    }

    @Override
    double point(int step) {
        return window.mean();
    }
}
