package dev.purser.predictors;

import dev.purser.core.policy.StateExchange;
import dev.purser.spi.Setting;
import java.util.Arrays;

/**
 * The greatest count ever seen, times a factor: what MArk's release really provisions for. After its warm-up the code says
 * {@code forecasts = [max_count * 1.2] * 50}, with a maximum that is never reset ({@code scheduler.py}; the paper, ATC'19,
 * forecasts with an {@linkplain MarkLstm LSTM}). An upper bound and no forecast: look at how much it over-estimates.
 */
public final class StickyMaximum extends PointPredictor {
    private final double factor;
    private double greatest;

    /** @param factor what the maximum is multiplied by, 0 to 1000 */
    public record Settings(
            @Setting(value = "what the maximum is multiplied by", byDefault = "1.2", min = 0, max = 1000)
            double factor) {
        /** @throws IllegalArgumentException if the factor is out of range */
        public Settings {
            if (!(factor >= 0 && factor <= 1000)) {
                throw new IllegalArgumentException("factor " + factor + ", but it must lie between 0 and 1000");
            }
        }
    }

    /** @param settings how much more than the greatest */
    public StickyMaximum(Settings settings) {
        super("sticky-maximum");
        factor = settings.factor();
    }

    @Override
    void take(double count) {
        greatest = Math.max(greatest, count);
    }

    @Override
    void points(double[] into) {
        Arrays.fill(into, factor * greatest);
    }

    @Override
    void exchangeOwn(StateExchange state) {
        greatest = state.number("greatest", greatest);
    }
}
