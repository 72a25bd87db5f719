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
import java.util.Arrays;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The invocation-number predictor of SMIless (SC 2024): counts fall into {@link Buckets}, an LSTM over the last of them
 * tells the bucket of those to come as a classification, and its upper edge is served, so that the load is rarely
 * under-estimated.
 *
 * <p>The paper classifies; its release ({@code invocation_number_predictor/lstm_predictor.py}) regresses and rounds up. This is
 * the paper's, and says what it leaves open. The window is fed one count at a time to one LSTM layer (the release hands the
 * whole window to one step). Windows without requests are a class of their own, where the release drops them and
 * counts them in again when serving. The release predicts two steps and serves the greater; here there is a group of
 * classes for each of the steps 1, 2, 3, 4, 6, 8, 12, 16, 24, 32 and 48, and a step between is answered by the one nearest
 * to it in ratio. Served is the upper edge of the first bucket that the count does not exceed with a probability of
 * {@code confidence}: the most likely bucket is exceeded too often where many are alike. The width of a bucket is the least
 * power of two that makes do with {@value #MOST_BUCKETS} buckets for the training history and a quarter more, where the
 * release searches 1, 2, 4 and 8 for each function. With a model trained elsewhere, counts are brought to its level first.
 *
 * <p>Its quantiles are those of the class probabilities, even within a bucket. Until there are as many counts as the
 * window has, and without a model, the greatest of the last counts is forecast, and 1 at least (the release's cold rule).
 */
public final class SmilessInvocations extends PointPredictor implements Trainable {
    private static final int[] STEPS = {1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48};
    private static final int MOST_BUCKETS = 40;
    private static final double ROOM = 1.25;
    private static final int BATCH = 32;
    private static final int PATIENCE = 4;

    private final Settings settings;
    private final long seed;
    private @Nullable Learned learned;
    private boolean rescale;
    private final Rescaling rescaling = new Rescaling();
    private Window window;
    private LstmNet.@Nullable Pass pass;
    private float[] out = {};
    /** For each step of the model the probability of each bucket or a lower one, once asked for. */
    private double[][] cumulative = {};

    private final Model model = new Model();

    /**
     * Settings.
     *
     * @param model the trained model
     * @param window how many counts the network looks at, when one is trained here, 1 to 100
     * @param units its hidden units, 1 to 512
     * @param epochs passes over the history at most, 1 to 10,000; it ends after four that bring nothing
     * @param confidence probability with which the served edge is not exceeded, in (0, 1)
     * @param rescale whether a model that was trained elsewhere sees counts at the level it was trained at
     */
    public record Settings(
            @Setting(
                    value = TrainedModel.MEANING,
                    byDefault = "classpath:dev/purser/predictors/smiless-invocations.json")
            String model,

            @Setting(value = "counts that a network trained here looks at", byDefault = "14", min = 1, max = 100)
            int window,

            @Setting(value = "hidden units of a model trained here", byDefault = "32", min = 1, max = 512)
            int units,

            @Setting(value = "most passes over the history when training", byDefault = "20", min = 1, max = 10000)
            int epochs,

            @Setting(
                    value = "probability with which the served edge is not exceeded",
                    byDefault = "0.9",
                    min = 0,
                    max = 1)
            double confidence,

            @Setting(
                    value = "whether a model trained elsewhere sees counts at the level it was trained at",
                    byDefault = "true")
            boolean rescale) {
        /** @throws IllegalArgumentException if a setting is out of range */
        public Settings {
            if (window < 1 || window > 100) {
                throw new IllegalArgumentException("window " + window + ", but it must lie between 1 and 100 counts");
            }
            if (units < 1 || units > LstmNet.MOST_HIDDEN) {
                throw new IllegalArgumentException("units " + units + ", but it must lie between 1 and 512");
            }
            if (epochs < 1 || epochs > 10_000) {
                throw new IllegalArgumentException("epochs " + epochs + ", but it must lie between 1 and 10000");
            }
            if (!(confidence > 0 && confidence < 1)) {
                throw new IllegalArgumentException("confidence " + confidence + ", but it must lie between 0 and 1");
            }
        }
    }

    /**
     * @param settings where the model is, and how to train one
     * @param context gives the seed for training
     * @throws InputException if the model cannot be read
     */
    public SmilessInvocations(Settings settings, PolicyContext context) {
        super("smiless-invocations");
        this.settings = settings;
        seed = context.seed();
        window = new Window(settings.window());
        if (!settings.model().equals(TrainedModel.NONE)) {
            Learned read = new Learned();
            TrainedModel.read(settings.model(), read);
            use(read, settings.rescale());
        }
    }

    private void use(Learned model, boolean rescaled) {
        learned = model;
        rescale = rescaled;
        window = new Window(model.window);
        pass = new LstmNet.Pass(model.net.shape());
        out = new float[model.net.shape().outputs()];
        cumulative = new double[model.steps][];
    }

    /** What was learned: the network, how counts become its numbers, and the mean count. */
    private static final class Learned implements Stateful {
        private LstmNet net = new LstmNet(new LstmNet.Shape(1, 1, 1, false));
        private int window = 1;
        private int steps = 1;
        private int classes = 1;
        private Buckets buckets = new Buckets(1);
        private double mean;
        private double deviation = 1;

        /** A count as the network sees it: its bucket, less the mean bucket, over their deviation. */
        float in(double count) {
            return (float) ((classOf(count) - mean) / deviation);
        }

        int classOf(double count) {
            return (int) Math.min(buckets.index(count), classes - 1);
        }

        double meanCount() {
            return Math.max(0, mean - 0.5) * buckets.width();
        }

        @Override
        public void exchange(StateExchange state) {
            state.same("model", "smiless-invocations");
            window = state.whole("window", window, 1, 100);
            steps = state.whole("steps", steps, 1, STEPS.length);
            classes = state.whole("classes", classes, 1, 1000);
            int hidden = state.whole("hidden", net.shape().hidden(), 1, LstmNet.MOST_HIDDEN);
            if (state.restoring()) {
                net = new LstmNet(new LstmNet.Shape(1, hidden, steps * classes, false));
            }
            buckets = new Buckets(state.number("bucketWidth", buckets.width()));
            mean = state.number("meanBucket", mean);
            deviation = state.number("bucketDeviation", deviation);
            state.part("net", net);
        }
    }

    @Override
    void take(double count) {
        rescaling.observe(count);
        window.add(count);
        Arrays.fill(cumulative, null);
    }

    private double factor() {
        return rescale && learned != null ? rescaling.factor(learned.meanCount()) : 1;
    }

    private boolean warm() {
        return learned != null && window.size() == window.capacity();
    }

    @Override
    void points(double[] into) {
        Learned known = learned;
        if (known == null || !warm()) {
            double greatest = 1;
            for (double count : window.counts()) {
                greatest = Math.max(greatest, count);
            }
            Arrays.fill(into, greatest);
            return;
        }
        double factor = factor();
        for (int i = 0; i < into.length; i++) {
            double[] probability = probability(group(i + 1));
            int k = 0;
            while (k < probability.length - 1 && probability[k] < settings.confidence()) {
                k++;
            }
            into[i] = k * known.buckets.width() / factor;
        }
    }

    /** The group of classes that answers for a step. */
    private int group(int step) {
        int groups = cumulative.length;
        int g = 0;
        while (g + 1 < groups && (long) STEPS[g] * STEPS[g + 1] < (long) step * step) {
            g++;
        }
        return g;
    }

    /** The cumulative class probabilities of a group. */
    private double[] probability(int group) {
        double[] found = cumulative[group];
        if (found != null) {
            return found;
        }
        Learned known = java.util.Objects.requireNonNull(learned);
        if (Arrays.stream(cumulative).allMatch(c -> c == null)) {
            LstmNet.Pass through = java.util.Objects.requireNonNull(pass);
            through.reset();
            double factor = factor();
            for (int t = window.size() - 1; t >= 0; t--) {
                known.net.step(through, 0, known.in(window.ago(t) * factor));
            }
            known.net.read(through, out);
        }
        int classes = known.classes;
        double greatest = Double.NEGATIVE_INFINITY;
        for (int k = 0; k < classes; k++) {
            greatest = Math.max(greatest, out[group * classes + k]);
        }
        double[] sums = new double[classes];
        double sum = 0;
        for (int k = 0; k < classes; k++) {
            sum += Math.exp(out[group * classes + k] - greatest);
            sums[k] = sum;
        }
        for (int k = 0; k < classes; k++) {
            sums[k] /= sum;
        }
        cumulative[group] = sums;
        return sums;
    }

    @Override
    ForecastErrors.@Nullable Model model() {
        return learned == null ? null : model;
    }

    private final class Model implements ForecastErrors.Model {
        @Override
        public boolean ready() {
            return warm();
        }

        @Override
        public double width(int step) {
            return Double.NaN;
        }

        @Override
        public double quantile(int step, double level) {
            double[] sums = probability(group(step));
            int k = Arrays.binarySearch(sums, level);
            k = Math.min(k < 0 ? -k - 1 : k, sums.length - 1);
            if (k == 0) {
                return 0;
            }
            double mass = sums[k] - sums[k - 1];
            double share = mass > 0 ? (level - sums[k - 1]) / mass : 1;
            return (k - 1 + share)
                    * java.util.Objects.requireNonNull(learned).buckets.width()
                    / factor();
        }
    }

    @Override
    public Optional<String> obstacle() {
        return NetTraining.obstacle();
    }

    @Override
    public void train(double[] history) {
        double[] counts = NetTraining.latest(history);
        int length = settings.window();
        // far steps only where the history has some of them to learn from
        int steps = 0;
        while (steps < STEPS.length && 4 * STEPS[steps] + length <= counts.length) {
            steps++;
        }
        if (steps < 2) {
            throw new InputException(
                    "training",
                    "",
                    "a history of " + counts.length + " counts is too short for smiless-invocations",
                    "it takes at least " + (length + 4 * STEPS[1]) + " counts");
        }
        double greatest = 1;
        for (double count : counts) {
            greatest = Math.max(greatest, count);
        }
        double width = 1;
        while (Math.ceil(ROOM * greatest / width) > MOST_BUCKETS) {
            width *= 2;
        }
        Learned model = new Learned();
        model.window = length;
        model.steps = steps;
        model.buckets = new Buckets(width);
        model.classes = (int) Math.ceil(ROOM * greatest / width) + 1;
        double squares = 0;
        for (double count : counts) {
            model.mean += model.buckets.index(count) / counts.length;
        }
        for (double count : counts) {
            double off = model.buckets.index(count) - model.mean;
            squares += off * off / counts.length;
        }
        model.deviation = squares > 0 ? Math.sqrt(squares) : 1;
        int n = counts.length - length - STEPS[steps - 1] + 1;
        float[][][] inputs = new float[n][1][length];
        float[][] targets = new float[n][steps];
        for (int s = 0; s < n; s++) {
            for (int t = 0; t < length; t++) {
                inputs[s][0][t] = model.in(counts[s + t]);
            }
            for (int g = 0; g < steps; g++) {
                targets[s][g] = model.classOf(counts[s + length - 1 + STEPS[g]]);
            }
        }
        model.net = NetTraining.train(
                new LstmNet.Shape(1, settings.units(), steps * model.classes, false),
                new Samples(inputs, targets, false, steps),
                new Plan(
                        Loss.CLASSES,
                        settings.epochs(),
                        PATIENCE,
                        BATCH,
                        LearningRates.ofInvocations(model.classes - 1),
                        seed));
        use(model, false);
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
            window = new Window(settings.window());
        }
        if (has) {
            Learned model = learned == null ? new Learned() : learned;
            state.part("model", model);
            if (state.restoring()) {
                use(model, rescale);
            }
        }
        state.part("window", window);
        state.part("rescaling", rescaling);
        Arrays.fill(cumulative, null);
    }
}
