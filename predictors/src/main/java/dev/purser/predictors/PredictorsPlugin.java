package dev.purser.predictors;

import dev.purser.core.policy.LoadPredictor;
import dev.purser.spi.Plugin;
import dev.purser.spi.PolicyFactory;
import java.util.List;

/** The load predictors of this module. */
public final class PredictorsPlugin implements Plugin {

    @Override
    public String name() {
        return "purser-predictors";
    }

    @Override
    public List<PolicyFactory<? extends LoadPredictor, ?>> loadPredictors() {
        return List.of(
                PolicyFactory.of(
                        "last-value",
                        "Every window to come is like the last.",
                        LastValue.Settings.class,
                        (settings, context) -> new LastValue(settings)),
                PolicyFactory.of(
                        "moving-average",
                        "Every window to come is like the mean of the last few.",
                        MovingAverage.Settings.class,
                        (settings, context) -> new MovingAverage(settings)),
                PolicyFactory.of(
                        "ewma",
                        "An exponentially weighted moving average.",
                        Ewma.Settings.class,
                        (settings, context) -> new Ewma(settings)),
                PolicyFactory.of(
                        "linear-regression",
                        "A least-squares line through the last windows (Spock, CLOUD'19).",
                        LinearRegression.Settings.class,
                        (settings, context) -> new LinearRegression(settings)));
    }
}
