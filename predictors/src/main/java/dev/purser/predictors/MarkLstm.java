package dev.purser.predictors;

import dev.purser.core.InputException;
import dev.purser.core.policy.StateExchange;
import dev.purser.core.policy.Stateful;
import dev.purser.core.policy.Trainable;
import dev.purser.predictors.NetTraining.Loss;
import dev.purser.predictors.NetTraining.Plan;
import dev.purser.predictors.NetTraining.Samples;
import dev.purser.spi.PolicyContext;
import dev.purser.spi.Setting;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The load predictor of MArk (Zhang et al., USENIX ATC 2019, section 4.1; released as {@code workload/prediction/train.py} and
 * {@code load_predictor.py}): a one-lag LSTM. The last difference of the counts, brought to [-1, 1] by its least and greatest
 * in training, goes into one LSTM layer of 32 units that is never reset; a linear layer gives the next 50 differences.
 * Trained for squared error with Adam at 0.001 in 50 passes.
 *
 * <p>Departures. The gates are plain sigmoids as in Cocktail's retraining, where MArk's Keras had hard ones. Training cuts the
 * series into runs of {@value #RUN} windows that begin with an empty state and are learned some at a time, through time;
 * the release learns from one window at a time and carries its state along. That is half a million updates for 10,000
 * windows, and hours. A difference beyond five times the trained range counts as that. Beyond 50 windows ahead the
 * forecast stays. With a model that was trained elsewhere, counts are brought to its level first (see {@code rescale}).
 *
 * <p>Without a model the last value is forecast. The shipped model was trained on generated traces alone; one trained on
 * what is to be served is better.
 */
public final class MarkLstm extends PointPredictor implements Trainable {
    /** How many differences come out. */
    static final int STEPS = 50;

    private static final int RUN = 100;
    private static final int BATCH = 8;
    private static final double LEARNING_RATE = 0.001;
    private static final float BEYOND = 5;

    private final Settings settings;
    private final long seed;
    private @Nullable Learned learned;
    private LstmNet.@Nullable Pass pass;
    private boolean rescale;
    private final Rescaling rescaling = new Rescaling();
    private double last;
    private boolean begun;
    private final float[] out = new float[STEPS];

    /**
     * Settings.
     *
     * @param model the trained model
     * @param units hidden units of a model that is trained here, 1 to 512; MArk has a variant of 64
     * @param epochs passes over the history when training, 1 to 10,000
     * @param rescale whether a model that was trained elsewhere sees counts at the level it was trained at
     */
    public record Settings(
            @Setting(value = TrainedModel.MEANING, byDefault = "classpath:dev/purser/predictors/mark-lstm.json")
            String model,

            @Setting(value = "hidden units of a model trained here", byDefault = "32", min = 1, max = 512)
            int units,

            @Setting(value = "passes over the history when training", byDefault = "50", min = 1, max = 10000)
            int epochs,

            @Setting(
                    value = "whether a model trained elsewhere sees counts at the level it was trained at",
                    byDefault = "true")
            boolean rescale) {
        /** @throws IllegalArgumentException if a setting is out of range */
        public Settings {
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
    public MarkLstm(Settings settings, PolicyContext context) {
        super("mark-lstm");
        this.settings = settings;
        seed = context.seed();
        if (!settings.model().equals(TrainedModel.NONE)) {
            Learned read = new Learned();
            TrainedModel.read(settings.model(), read);
            use(read, settings.rescale());
        }
    }

    private void use(Learned model, boolean rescaled) {
        learned = model;
        pass = new LstmNet.Pass(model.net.shape());
        rescale = rescaled;
    }

    /** What was learned: the network, the range of differences that it knows, and the mean count. */
    private static final class Learned implements Stateful {
        private LstmNet net = new LstmNet(new LstmNet.Shape(1, 1, STEPS, false));
        private double low;
        private double high;
        private double mean;

        float in(double difference) {
            return Math.clamp((float) (2 * (difference - low) / (high - low) - 1), -BEYOND, BEYOND);
        }

        double out(float scaled) {
            return low + (scaled + 1) / 2 * (high - low);
        }

        @Override
        public void exchange(StateExchange state) {
            state.same("model", "mark-lstm");
            int hidden = state.whole("hidden", net.shape().hidden(), 1, LstmNet.MOST_HIDDEN);
            if (state.restoring()) {
                net = new LstmNet(new LstmNet.Shape(1, hidden, STEPS, false));
            }
            low = state.number("leastDifference", low);
            high = state.number("greatestDifference", high);
            mean = state.number("meanCount", mean);
            state.part("net", net);
        }
    }

    @Override
    void take(double count) {
        rescaling.observe(count);
        double difference = begun ? (count - last) * factor() : 0;
        last = count;
        begun = true;
        Learned model = learned;
        if (model != null && pass != null) {
            model.net.step(pass, 0, model.in(difference));
            model.net.read(pass, out);
        }
    }

    private double factor() {
        return rescale && learned != null ? rescaling.factor(learned.mean) : 1;
    }

    @Override
    void points(double[] into) {
        double factor = factor();
        double point = last;
        for (int i = 0; i < into.length; i++) {
            if (learned != null && i < STEPS) {
                point += learned.out(out[i]) / factor;
            }
            into[i] = point;
        }
    }

    @Override
    public Optional<String> obstacle() {
        return NetTraining.obstacle();
    }

    @Override
    public void train(double[] history) {
        double[] counts = NetTraining.latest(history);
        int pairs = counts.length - 1 - STEPS;
        if (pairs < STEPS) {
            throw new InputException(
                    "training",
                    "",
                    "a history of " + counts.length + " counts is too short for mark-lstm",
                    "it takes at least " + (2 * STEPS + 1) + " counts");
        }
        Learned model = new Learned();
        double[] differences = new double[counts.length - 1];
        for (int t = 0; t < differences.length; t++) {
            differences[t] = counts[t + 1] - counts[t];
            model.low = t == 0 ? differences[t] : Math.min(model.low, differences[t]);
            model.high = t == 0 ? differences[t] : Math.max(model.high, differences[t]);
            model.mean += counts[t] / differences.length;
        }
        if (model.high - model.low < 1) {
            // a constant has no range; a request more or less is the least that matters
            model.low -= 0.5;
            model.high += 0.5;
        }
        model.net = NetTraining.train(
                new LstmNet.Shape(1, settings.units(), STEPS, false),
                samples(model, differences, pairs),
                new Plan(Loss.SQUARED, settings.epochs(), settings.epochs(), BATCH, LEARNING_RATE, seed));
        use(model, false);
        begun = false;
    }

    /** Runs of differences, each with the fifty that follow it; runs overlap by half, or more in a short history. */
    private static Samples samples(Learned model, double[] differences, int pairs) {
        int run = Math.min(RUN, pairs);
        int stride = Math.clamp((pairs - run) / 64, 1, RUN / 2);
        int n = 1 + (pairs - run) / stride;
        float[][][] inputs = new float[n][1][run];
        float[][] targets = new float[n][run * STEPS];
        for (int s = 0; s < n; s++) {
            int from = s * stride;
            for (int t = 0; t < run; t++) {
                inputs[s][0][t] = model.in(differences[from + t]);
                for (int k = 0; k < STEPS; k++) {
                    targets[s][t * STEPS + k] = model.in(differences[from + t + 1 + k]);
                }
            }
        }
        return new Samples(inputs, targets, true, 1);
    }

    @Override
    public Optional<Stateful> learned() {
        return Optional.ofNullable(learned);
    }

    @Override
    void exchangeOwn(StateExchange state) {
        boolean has = state.flag("learned", learned != null);
        rescale = state.flag("rescale", rescale);
        if (state.restoring()) {
            learned = null;
            pass = null;
        }
        if (has) {
            Learned model = learned == null ? new Learned() : learned;
            state.part("model", model);
            if (state.restoring()) {
                use(model, rescale);
            }
            if (pass != null) {
                state.part("pass", pass);
                model.net.read(pass, out);
            }
        }
        state.part("rescaling", rescaling);
        last = state.number("last", last);
        begun = state.flag("begun", begun);
    }
}
