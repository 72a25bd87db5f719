package dev.purser.predictors;

import dev.purser.core.policy.StateExchange;
import dev.purser.spi.Setting;
import java.util.Arrays;

/** Exponentially weighted moving average: level = alpha × count + (1 − alpha) × level, begun at the first count. */
public final class Ewma extends PointPredictor {
    private final double alpha;
    private double level;
    private boolean begun;

    /** @param alpha the weight of the newest count, above 0 and at most 1; 1 is {@link LastValue} */
    public record Settings(
            @Setting(value = "weight of the newest count; 1 is last-value", byDefault = "0.3", min = 0, max = 1)
            double alpha) {
        /** @throws IllegalArgumentException if alpha is out of range */
        public Settings {
            if (!(alpha > 0 && alpha <= 1)) {
                throw new IllegalArgumentException("alpha " + alpha + ", but it must be above 0 and at most 1");
            }
        }
    }

    /** @param settings how fast to forget */
    public Ewma(Settings settings) {
        super("ewma");
        alpha = settings.alpha();
    }

    @Override
    void take(double count) {
        level = begun ? alpha * count + (1 - alpha) * level : count;
        begun = true;
    }

    @Override
    void points(double[] into) {
        Arrays.fill(into, level);
    }

    @Override
    void exchangeOwn(StateExchange state) {
        level = state.number("level", level);
        begun = state.flag("begun", begun);
    }
}
