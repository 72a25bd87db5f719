package dev.purser.predictors;

import dev.purser.core.policy.StateExchange;
import dev.purser.spi.Setting;
import java.util.Arrays;

/** Every window to come is like the mean of the last few; of those there are, while the series is younger. */
public final class MovingAverage extends PointPredictor {
    private final Window window;

    /** @param window how many counts are averaged, 1 to 1,000,000; 1 is {@link LastValue} */
    public record Settings(
            @Setting(value = "how many counts are averaged", byDefault = "10", min = 1, max = 1000000)
            int window) {
        /** @throws IllegalArgumentException if the window is out of range */
        public Settings {
            Window.checkLength(window, 1);
        }
    }

    /** @param settings how much to average */
    public MovingAverage(Settings settings) {
        super("moving-average");
        window = new Window(settings.window());
    }

    @Override
    void take(double count) {
        window.add(count);
    }

    @Override
    void points(double[] into) {
        Arrays.fill(into, window.mean());
    }

    @Override
    void exchangeOwn(StateExchange state) {
        state.part("window", window);
    }
}
