package dev.purser.predictors;

import dev.purser.core.policy.InterArrivalPredictor;
import dev.purser.core.policy.LoadPredictor;
import dev.purser.spi.Plugin;
import dev.purser.spi.PolicyFactory;
import java.util.List;

/** The predictors of this module. */
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
                        (settings, context) -> new LinearRegression(settings)),
                PolicyFactory.of(
                        "sticky-maximum",
                        "The greatest count ever seen, times a factor (what MArk's release does).",
                        StickyMaximum.Settings.class,
                        (settings, context) -> new StickyMaximum(settings)),
                PolicyFactory.of(
                        "holt-winters",
                        "Exponential smoothing of level, trend and season (Holt 1957, Winters 1960).",
                        HoltWinters.Settings.class,
                        (settings, context) -> new HoltWinters(settings)),
                PolicyFactory.of(
                        "seasonal-naive",
                        "Every window to come is like the one a season before it.",
                        SeasonalNaive.Settings.class,
                        (settings, context) -> new SeasonalNaive(settings)),
                PolicyFactory.of(
                        "arima",
                        "ARIMA of automatic order (Hyndman and Khandakar 2008).",
                        Arima.Settings.class,
                        (settings, context) -> new Arima(settings)),
                PolicyFactory.of(
                        "fourier",
                        "The last windows' trend and lowest harmonics, drawn on (IceBreaker, ASPLOS'22).",
                        Fourier.Settings.class,
                        (settings, context) -> new Fourier(settings)),
                PolicyFactory.of(
                        "mark-lstm",
                        "An LSTM that sees the last difference and tells the next fifty (MArk, ATC'19).",
                        MarkLstm.Settings.class,
                        MarkLstm::new),
                PolicyFactory.of(
                        "smiless-invocations",
                        "An LSTM that tells the bucket of counts to come, served at its upper edge (SMIless, SC'24).",
                        SmilessInvocations.Settings.class,
                        SmilessInvocations::new),
                PolicyFactory.of(
                        "ensemble",
                        "Several predictors, weighed by how wrong they were lately.",
                        Ensemble.Settings.class,
                        Ensemble::new));
    }

    @Override
    public List<PolicyFactory<? extends InterArrivalPredictor, ?>> interArrivalPredictors() {
        return List.of(
                PolicyFactory.of(
                        "last-gap",
                        "Every gap to come is like the last.",
                        LastGap.Settings.class,
                        (settings, context) -> new LastGap(settings)),
                PolicyFactory.of(
                        "hybrid-histogram",
                        "A histogram of idle times, an ARIMA beyond it (Serverless in the Wild, ATC'20).",
                        HybridHistogram.Settings.class,
                        (settings, context) -> new HybridHistogram(settings)),
                PolicyFactory.of(
                        "smiless-inter-arrival",
                        "Two LSTMs over gaps and counts that rarely over-estimate (SMIless, SC'24).",
                        SmilessInterArrival.Settings.class,
                        SmilessInterArrival::new));
    }
}
