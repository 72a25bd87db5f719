package dev.purser.predictors;

import dev.purser.core.InputException;
import dev.purser.core.policy.GapForecast;
import dev.purser.core.policy.InterArrivalPredictor;
import dev.purser.core.policy.StateExchange;
import dev.purser.core.policy.Stateful;
import dev.purser.core.policy.Trainable;
import dev.purser.predictors.NetTraining.Loss;
import dev.purser.predictors.NetTraining.Plan;
import dev.purser.predictors.NetTraining.Samples;
import dev.purser.spi.PolicyContext;
import dev.purser.spi.Setting;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The inter-arrival predictor of SMIless (SC 2024; released as {@code inter_arrival_predictor/lstm_predictor.py}): one LSTM over
 * the last gaps and one over the numbers of invocations that came with them, their states added, linear layers without
 * anything between them, and a tanh. Gaps and numbers are brought to [0, 1] by their ranges in training. So that the gap
 * is rarely over-estimated (an arrival that comes earlier than expected meets a cold function), the forecast is lessened
 * by the training's symmetric error, {@code pred (1 - e / 100)}, rounded to whole windows, and 1 window at least.
 *
 * <p>Departures: the windows of gaps and numbers are fed one number at a time, where the release hands them over at once; the
 * two linear layers, with nothing between them, are one; a range that training has not seen is let through up to twice the
 * trained one.
 *
 * <p>The span is the gap expected with the quantiles 0.05 and 0.95 of the recent errors. Until there are as many arrivals as the
 * network looks at, and without a model, the least of the last gaps is expected.
 */
public final class SmilessInterArrival implements InterArrivalPredictor, Trainable {
    private static final int BATCH = 16;
    private static final int PATIENCE = 8;
    private static final double TRAINING_SHARE = 0.8;
    private static final double BEYOND = 2;
    private static final double WIDEST = 1e15;

    private final Settings settings;
    private final long seed;
    private final double interval;
    private @Nullable Learned learned;
    private Window gaps;
    private Window numbers;
    private LstmNet.@Nullable Pass pass;
    private final float[] out = new float[1];
    private final ForecastErrors errors = new ForecastErrors();
    private double expected;

    /**
     * Settings.
     *
     * @param model the trained model
     * @param interval the window that gaps are counted in, 1 ms to 1 day
     * @param window how many arrivals a network trained here looks at, 1 to 100
     * @param units its hidden units in each LSTM, 1 to 512
     * @param epochs passes over the history at most, 1 to 10,000; it ends after eight that bring nothing
     */
    public record Settings(
            @Setting(value = TrainedModel.MEANING, byDefault = TrainedModel.NONE)
            String model,

            @Setting(value = "the window that gaps are counted in", byDefault = "2s")
            Duration interval,

            @Setting(value = "arrivals that a network trained here looks at", byDefault = "9", min = 1, max = 100)
            int window,

            @Setting(value = "hidden units of each LSTM of a model trained here", byDefault = "128", min = 1, max = 512)
            int units,

            @Setting(value = "most passes over the history when training", byDefault = "100", min = 1, max = 10000)
            int epochs) {
        /** @throws IllegalArgumentException if a setting is out of range */
        public Settings {
            if (interval.compareTo(Duration.ofMillis(1)) < 0 || interval.compareTo(Duration.ofDays(1)) > 0) {
                throw new IllegalArgumentException("interval " + interval + ", but it must lie between 1ms and 1d");
            }
            if (window < 1 || window > 100) {
                throw new IllegalArgumentException("window " + window + ", but it must lie between 1 and 100 arrivals");
            }
            if (units < 1 || units > LstmNet.MOST_HIDDEN) {
                throw new IllegalArgumentException("units " + units + ", but it must lie between 1 and 512");
            }
            if (epochs < 1 || epochs > 10_000) {
                throw new IllegalArgumentException("epochs " + epochs + ", but it must lie between 1 and 10000");
            }
        }
    }

    /**
     * @param settings where the model is, and how to train one
     * @param context gives the seed for training
     * @throws InputException if the model cannot be read
     */
    public SmilessInterArrival(Settings settings, PolicyContext context) {
        this.settings = settings;
        seed = context.seed();
        interval = settings.interval().toNanos() / 1e9;
        gaps = new Window(settings.window());
        numbers = new Window(settings.window());
        errors.follow();
        if (!settings.model().equals(TrainedModel.NONE)) {
            Learned read = new Learned();
            TrainedModel.read(settings.model(), read);
            use(read);
        }
    }

    private void use(Learned model) {
        learned = model;
        gaps = new Window(model.window);
        numbers = new Window(model.window);
        pass = new LstmNet.Pass(model.net.shape());
    }

    /** What was learned: the network, the ranges that it knows, and how wrong it was in training. */
    private static final class Learned implements Stateful {
        private LstmNet net = new LstmNet(new LstmNet.Shape(2, 1, 1, true));
        private int window = 1;
        private double leastGap;
        private double greatestGap = 1;
        private double leastNumber;
        private double greatestNumber = 1;
        private double errorPercent;

        float gap(double windows) {
            return scaled(windows, leastGap, greatestGap);
        }

        float number(double together) {
            return scaled(together, leastNumber, greatestNumber);
        }

        private static float scaled(double value, double least, double greatest) {
            return (float) Math.clamp((value - least) / (greatest - least), 0, BEYOND);
        }

        double windows(float scaled) {
            return leastGap + scaled * (greatestGap - leastGap);
        }

        @Override
        public void exchange(StateExchange state) {
            state.same("model", "smiless-inter-arrival");
            window = state.whole("window", window, 1, 100);
            int hidden = state.whole("hidden", net.shape().hidden(), 1, LstmNet.MOST_HIDDEN);
            if (state.restoring()) {
                net = new LstmNet(new LstmNet.Shape(2, hidden, 1, true));
            }
            leastGap = state.number("leastGap", leastGap);
            greatestGap = state.number("greatestGap", greatestGap);
            leastNumber = state.number("leastNumber", leastNumber);
            greatestNumber = state.number("greatestNumber", greatestNumber);
            errorPercent = state.number("errorPercent", errorPercent);
            state.part("net", net);
        }
    }

    @Override
    public void observe(double gapSeconds, double together) {
        if (!(together >= 1 && together < Double.POSITIVE_INFINITY)) {
            throw new IllegalArgumentException("together " + together + ", but it must be finite and at least 1");
        }
        double gap = Math.min(PointPredictor.checked(gapSeconds), WIDEST);
        errors.came(gap);
        gaps.add(gap);
        numbers.add(together);
        expected = expect();
        errors.expect(new double[] {expected}, null);
    }

    private double expect() {
        Learned model = learned;
        LstmNet.Pass through = pass;
        if (model == null || through == null || gaps.size() < gaps.capacity()) {
            double least = Double.POSITIVE_INFINITY;
            for (double gap : gaps.counts()) {
                least = Math.min(least, gap);
            }
            return least;
        }
        double windows = read(model, through);
        return Math.max(1, Math.rint(windows * (1 - model.errorPercent / 100))) * interval;
    }

    private double read(Learned model, LstmNet.Pass through) {
        through.reset();
        for (int t = gaps.size() - 1; t >= 0; t--) {
            model.net.step(through, 0, model.gap(gaps.ago(t) / interval));
            model.net.step(through, 1, model.number(numbers.ago(t)));
        }
        model.net.read(through, out);
        return model.windows(out[0]);
    }

    @Override
    public GapForecast forecast() {
        if (gaps.size() == 0) {
            return new GapForecast(Double.POSITIVE_INFINITY, 0, Double.POSITIVE_INFINITY, "nothing-seen");
        }
        String basis = learned == null || gaps.size() < gaps.capacity() ? "least-gap" : "lstm";
        if (errors.levels(1).length == 0) {
            return new GapForecast(expected, 0, Double.POSITIVE_INFINITY, basis);
        }
        double[] quantiles = errors.quantiles(1);
        return new GapForecast(expected, quantiles[0], quantiles[quantiles.length - 1], basis);
    }

    @Override
    public Optional<String> obstacle() {
        return NetTraining.obstacle();
    }

    /** Learns from counts of windows as long as the setting {@code interval}. */
    @Override
    public void train(double[] counts) {
        InterArrivals arrivals = InterArrivals.of(counts);
        double[] gap = NetTraining.latest(arrivals.gaps());
        double[] number = NetTraining.latest(arrivals.together());
        int length = settings.window();
        int pairs = gap.length - length;
        if (pairs < 10) {
            throw new InputException(
                    "training",
                    "",
                    "a history with " + arrivals.size() + " arrivals is too short for smiless-inter-arrival",
                    "it takes at least " + (length + 10) + " windows with requests");
        }
        int trained = (int) (TRAINING_SHARE * pairs);
        Learned model = new Learned();
        model.window = length;
        model.leastGap = least(gap, trained + length);
        model.greatestGap = Math.max(model.leastGap + 1, greatest(gap, trained + length));
        model.leastNumber = least(number, trained + length);
        model.greatestNumber = Math.max(model.leastNumber + 1, greatest(number, trained + length));
        float[][][] inputs = new float[trained][2][length];
        float[][] targets = new float[trained][1];
        for (int s = 0; s < trained; s++) {
            for (int t = 0; t < length; t++) {
                inputs[s][0][t] = model.gap(gap[s + t]);
                inputs[s][1][t] = model.number(number[s + t]);
            }
            targets[s][0] = model.gap(gap[s + length]);
        }
        model.net = NetTraining.train(
                new LstmNet.Shape(2, settings.units(), 1, true),
                new Samples(inputs, targets, false, 1),
                new Plan(
                        Loss.ABSOLUTE,
                        settings.epochs(),
                        PATIENCE,
                        BATCH,
                        LearningRates.ofGaps(model.greatestGap),
                        seed));
        use(model);
        model.errorPercent = errorPercent(model, gap, number, trained);
    }

    /** The symmetric error over the gaps trained on, in percent. */
    private double errorPercent(Learned model, double[] gap, double[] number, int trained) {
        LstmNet.Pass through = new LstmNet.Pass(model.net.shape());
        StepErrors found = new StepErrors();
        for (int s = 0; s < trained; s++) {
            through.reset();
            for (int t = 0; t < model.window; t++) {
                model.net.step(through, 0, model.gap(gap[s + t]));
                model.net.step(through, 1, model.number(number[s + t]));
            }
            model.net.read(through, out);
            found.add(gap[s + model.window], model.windows(out[0]));
        }
        return Math.min(100, 100 * found.smape());
    }

    private static double least(double[] values, int n) {
        double least = values[0];
        for (int i = 1; i < n; i++) {
            least = Math.min(least, values[i]);
        }
        return least;
    }

    private static double greatest(double[] values, int n) {
        double greatest = values[0];
        for (int i = 1; i < n; i++) {
            greatest = Math.max(greatest, values[i]);
        }
        return greatest;
    }

    @Override
    public Optional<Stateful> learned() {
        return Optional.ofNullable(learned);
    }

    @Override
    public void exchange(StateExchange state) {
        state.same("predictor", "smiless-inter-arrival");
        boolean has = state.flag("learned", learned != null);
        if (state.restoring()) {
            learned = null;
            gaps = new Window(settings.window());
            numbers = new Window(settings.window());
        }
        if (has) {
            Learned model = learned == null ? new Learned() : learned;
            state.part("model", model);
            if (state.restoring()) {
                use(model);
            }
        }
        state.part("gaps", gaps);
        state.part("numbers", numbers);
        state.part("errors", errors);
        expected = state.number("expected", expected);
    }
}
