package dev.purser.predictors;

import static dev.purser.predictors.Predictors.CONTEXT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ai.djl.Model;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Parameter;
import ai.djl.nn.SequentialBlock;
import ai.djl.nn.core.Linear;
import ai.djl.nn.recurrent.LSTM;
import ai.djl.training.DefaultTrainingConfig;
import ai.djl.training.Trainer;
import ai.djl.training.initializer.UniformInitializer;
import ai.djl.training.loss.Loss;
import dev.purser.core.InputException;
import dev.purser.core.json.Json;
import dev.purser.core.policy.GapForecast;
import dev.purser.core.policy.LoadPredictor;
import dev.purser.core.policy.StateExchange;
import dev.purser.core.policy.Trainable;
import dev.purser.predictors.NetTraining.Plan;
import dev.purser.predictors.NetTraining.Samples;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Networks: that they compute what the library computes, learn what is to be learned, and can be saved. */
class NetsTest {
    @TempDir
    private Path directory;

    private static void needsLibrary() {
        Optional<String> obstacle = NetTraining.obstacle();
        assumeTrue(obstacle.isEmpty(), () -> "no training here: " + obstacle.orElseThrow());
    }

    /** A wave with noise: its next differences can be told from the last ones. */
    private static double[] wave(int n, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        double[] counts = new double[n];
        for (int t = 0; t < n; t++) {
            counts[t] = Math.max(0, 1000 + 300 * Math.sin(2 * Math.PI * t / 30) + 5 * random.nextGaussian());
        }
        return counts;
    }

    @ParameterizedTest(name = "{0} branches")
    @ValueSource(ints = {1, 2})
    void theForwardPassIsThatOfTheLibrary(int branches) {
        needsLibrary();
        int hidden = 11;
        int outputs = 7;
        int length = 13;
        LstmNet net = new LstmNet(new LstmNet.Shape(branches, hidden, outputs, false));
        SplittableRandom random = new SplittableRandom(branches);
        float[][] inputs = new float[branches][length];
        float[] expected = new float[outputs];
        try (Model model = Model.newInstance("reference", "PyTorch")) {
            Linear head = Linear.builder().setUnits(outputs).build();
            NDArray sum = null;
            NDManager manager = model.getNDManager();
            for (int b = 0; b < branches; b++) {
                LSTM lstm = LSTM.builder()
                        .setNumLayers(1)
                        .setStateSize(hidden)
                        .optBatchFirst(true)
                        .optReturnState(false)
                        .build();
                for (int t = 0; t < length; t++) {
                    inputs[b][t] = (float) random.nextGaussian();
                }
                NDArray states = output(lstm, manager.create(inputs[b], new Shape(1, length, 1)));
                net.setBranch(
                        b,
                        weights(lstm, "i2h_WEIGHT"),
                        weights(lstm, "h2h_WEIGHT"),
                        added(weights(lstm, "i2h_BIAS"), weights(lstm, "h2h_BIAS")));
                NDArray last = states.get(":, -1");
                sum = sum == null ? last : sum.add(last);
            }
            expected = output(head, java.util.Objects.requireNonNull(sum)).toFloatArray();
            net.setHead(weights(head, "weight"), weights(head, "bias"));
        }
        LstmNet.Pass pass = new LstmNet.Pass(net.shape());
        for (int t = 0; t < length; t++) {
            for (int b = 0; b < branches; b++) {
                net.step(pass, b, inputs[b][t]);
            }
        }
        float[] out = new float[outputs];
        net.read(pass, out);
        for (int i = 0; i < outputs; i++) {
            assertThat(out[i]).isCloseTo(expected[i], within(2e-6f));
        }
    }

    /** What a layer with random weights gives, which it then has. */
    private static NDArray output(ai.djl.nn.Block layer, NDArray in) {
        Model model = Model.newInstance("layer", "PyTorch");
        model.setBlock(new SequentialBlock().add(layer));
        Trainer trainer = model.newTrainer(new DefaultTrainingConfig(Loss.l2Loss())
                .optInitializer(new UniformInitializer(0.5f), (Parameter parameter) -> true));
        trainer.initialize(in.getShape());
        return trainer.evaluate(new NDList(in)).singletonOrThrow();
    }

    private static float[] weights(ai.djl.nn.Block layer, String name) {
        return layer.getParameters().stream()
                .filter(p -> p.getKey().endsWith(name))
                .findFirst()
                .orElseThrow()
                .getValue()
                .getArray()
                .toFloatArray();
    }

    private static float[] added(float[] one, float[] two) {
        float[] sum = one.clone();
        for (int i = 0; i < sum.length; i++) {
            sum[i] += two[i];
        }
        return sum;
    }

    @Test
    void aNetworkLearnsTheSignOfASum() {
        needsLibrary();
        SplittableRandom random = new SplittableRandom(3);
        float[][][] inputs = new float[400][1][6];
        float[][] targets = new float[400][1];
        for (int s = 0; s < inputs.length; s++) {
            float sum = 0;
            for (int t = 0; t < 6; t++) {
                inputs[s][0][t] = (float) random.nextGaussian();
                sum += inputs[s][0][t];
            }
            targets[s][0] = sum > 0 ? 1 : 0;
        }
        LstmNet net = NetTraining.train(
                new LstmNet.Shape(1, 8, 2, false),
                new Samples(inputs, targets, false, 1),
                new Plan(NetTraining.Loss.CLASSES, 15, 15, 20, 0.03, 1));
        int right = 0;
        float[] out = new float[2];
        for (int s = 0; s < inputs.length; s++) {
            LstmNet.Pass pass = new LstmNet.Pass(net.shape());
            for (float x : inputs[s][0]) {
                net.step(pass, 0, x);
            }
            net.read(pass, out);
            right += (out[1] > out[0] ? 1 : 0) == targets[s][0] ? 1 : 0;
        }
        assertThat(right).isGreaterThan(360);
    }

    @Test
    void theSameSeedTrainsTheSameNetwork() {
        needsLibrary();
        assertThat(trained(1, 7)).isEqualTo(trained(1, 7));
        assertThat(trained(1, 7)).isNotEqualTo(trained(2, 7));
    }

    @Test
    void onlyTheLastOfALongHistoryIsLearnedFrom() {
        double[] history = wave(NetTraining.MOST + 500, 3);
        assertThat(NetTraining.latest(history)).hasSize(NetTraining.MOST).endsWith(history[history.length - 1]);
        assertThat(NetTraining.latest(history)[0]).isEqualTo(history[500]);
        assertThat(NetTraining.latest(new double[] {1, 2})).containsExactly(1, 2);
    }

    private static String trained(long seed, long history) {
        MarkLstm predictor = new MarkLstm(new MarkLstm.Settings("none", 4, 2, true), seeded(seed));
        predictor.train(wave(200, history));
        return Json.write(StateExchange.save(predictor.learned().orElseThrow()));
    }

    private static dev.purser.spi.PolicyContext seeded(long seed) {
        return new dev.purser.spi.PolicyContext() {
            @Override
            public dev.purser.core.policy.ServiceCatalog catalog() {
                return CONTEXT.catalog();
            }

            @Override
            public long seed() {
                return seed;
            }

            @Override
            public LoadPredictor loadPredictor(dev.purser.spi.PolicySpec spec) {
                return CONTEXT.loadPredictor(spec);
            }
        };
    }

    @Test
    void marksNetworkForecastsAWaveBetterThanPersistence() {
        needsLibrary();
        double[] counts = wave(750, 1);
        RollingOrigin.Result learned =
                judged(new MarkLstm(new MarkLstm.Settings("none", 12, 40, true), CONTEXT), counts);
        RollingOrigin.Result persistence = judged(new LastValue(new LastValue.Settings()), counts);
        assertThat(learned.untrained()).isEmpty();
        assertThat(learned.steps().get(5).rmse())
                .isLessThan(0.5 * persistence.steps().get(5).rmse());
        assertThat(learned.steps().get(5).coverage90()).isBetween(0.85, 0.95);
    }

    @Test
    void smilessRarelyUnderestimates() {
        needsLibrary();
        SplittableRandom random = new SplittableRandom(2);
        double[] counts = new double[1500];
        for (int t = 0; t < counts.length; t++) {
            counts[t] = t % 3 == 0 ? 0 : Math.floor(20 + 10 * Math.sin(t / 8.0) + 6 * random.nextDouble());
        }
        SmilessInvocations predictor =
                new SmilessInvocations(new SmilessInvocations.Settings("none", 10, 16, 15, 0.9, true), CONTEXT);
        StepErrors next = judged(predictor, counts).steps().getFirst();
        assertThat(next.underShare()).isLessThan(0.16);
        // and is not just always too much: it knows the zeros, and the wave
        assertThat(next.mae()).isLessThan(6);
        assertThat(next.coverage90()).isBetween(0.85, 1.0);
    }

    private static RollingOrigin.Result judged(LoadPredictor predictor, double[] counts) {
        return RollingOrigin.judge(predictor, counts, counts.length * 2 / 3, 6, () -> 0, (known, forecast) -> {});
    }

    @Test
    void smilessRarelyOverestimatesAGap() {
        needsLibrary();
        // a burst each 10 windows, of 1 to 4 windows, whose length is told by the number that comes with its first
        SplittableRandom random = new SplittableRandom(4);
        double[] counts = new double[1500];
        for (int t = 0; t < counts.length; t += 10) {
            int length = 1 + random.nextInt(4);
            for (int i = 0; i < length; i++) {
                counts[t + i] = length - i;
            }
        }
        SmilessInterArrival predictor = new SmilessInterArrival(
                new SmilessInterArrival.Settings("none", Duration.ofSeconds(2), 4, 16, 60), CONTEXT);
        predictor.train(java.util.Arrays.copyOf(counts, 1000));
        InterArrivals arrivals = InterArrivals.of(counts);
        StepErrors errors = new StepErrors();
        double[] gaps = arrivals.gaps();
        double[] together = arrivals.together();
        for (int i = 0; i < gaps.length; i++) {
            GapForecast forecast = predictor.forecast();
            if (forecast.basis().equals("lstm") && i > gaps.length * 2 / 3) {
                errors.add(2 * gaps[i], forecast.expected());
            }
            predictor.observe(2 * gaps[i], together[i]);
        }
        assertThat(errors.pairs()).isGreaterThan(100);
        assertThat(errors.overShare()).isLessThan(0.1);
        assertThat(errors.smape()).isLessThan(0.3);
        GapForecast last = predictor.forecast();
        assertThat(last.earliest()).isLessThanOrEqualTo(last.latest());
        String saved = Json.write(StateExchange.save(predictor));
        SmilessInterArrival restored = new SmilessInterArrival(
                new SmilessInterArrival.Settings("none", Duration.ofSeconds(2), 4, 16, 60), CONTEXT);
        StateExchange.restore("saved", Json.parse("saved", saved), restored);
        predictor.observe(4, 2);
        restored.observe(4, 2);
        assertThat(restored.forecast()).isEqualTo(predictor.forecast());
    }

    @Test
    void aTrainedModelIsAFile() {
        needsLibrary();
        double[] counts = wave(400, 5);
        MarkLstm mark = new MarkLstm(new MarkLstm.Settings("none", 4, 3, true), CONTEXT);
        SmilessInvocations smiless =
                new SmilessInvocations(new SmilessInvocations.Settings("none", 6, 4, 3, 0.9, true), CONTEXT);
        sameFromFile(mark, file -> new MarkLstm(new MarkLstm.Settings(file, 4, 3, false), CONTEXT), counts);
        sameFromFile(
                smiless,
                file -> new SmilessInvocations(new SmilessInvocations.Settings(file, 6, 4, 3, 0.9, false), CONTEXT),
                counts);
    }

    private <P extends LoadPredictor & Trainable> void sameFromFile(
            P predictor, java.util.function.Function<String, LoadPredictor> fromFile, double[] counts) {
        predictor.train(counts);
        Path file = directory.resolve(predictor.getClass().getSimpleName() + ".json");
        Json.write(file, StateExchange.save(predictor.learned().orElseThrow()));
        LoadPredictor read = fromFile.apply(file.toString());
        for (double count : counts) {
            assertThat(Predictors.numbers(read.forecast(6))).isEqualTo(Predictors.numbers(predictor.forecast(6)));
            predictor.observe(count);
            read.observe(count);
        }
    }

    /** The shipped models were trained at a level of their own; one that sees ten times as much says ten times as much. */
    @Test
    void aModelTrainedElsewhereSeesCountsAtItsLevel() {
        for (Supplier<LoadPredictor> maker : java.util.List.<Supplier<LoadPredictor>>of(
                () -> CONTEXT.loadPredictor(dev.purser.spi.PolicySpec.of("mark-lstm")),
                () -> CONTEXT.loadPredictor(dev.purser.spi.PolicySpec.of("smiless-invocations")))) {
            LoadPredictor small = maker.get();
            LoadPredictor great = maker.get();
            for (double count : wave(300, 6)) {
                small.observe(Math.rint(count));
                great.observe(Math.rint(count) * 16);
            }
            for (int step = 1; step <= 6; step++) {
                double expected = 16 * small.forecast(6).mean(step);
                assertThat(great.forecast(6).mean(step)).isCloseTo(expected, within(1e-3 * expected));
            }
        }
    }

    @Test
    void whatIsWrongWithAModelOrAHistoryIsSaid() {
        assertThatThrownBy(() -> Predictors.mark("nowhere.json"))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("nowhere.json: there is no such file");
        assertThatThrownBy(() -> Predictors.mark("classpath:nowhere.json"))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("classpath:nowhere.json: there is no such resource");
        assertThatThrownBy(() -> Predictors.mark("classpath:dev/purser/predictors/smiless-invocations.json"))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("model: is \"smiless-invocations\", but here it is \"mark-lstm\"");
        assertThatThrownBy(() -> Predictors.mark("none").train(new double[100]))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("a history of 100 counts is too short for mark-lstm");
        assertThatThrownBy(() -> Predictors.smiless("none").train(new double[15]))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("too short for smiless-invocations");
        assertThatThrownBy(() -> new SmilessInterArrival(
                                new SmilessInterArrival.Settings("none", Duration.ofSeconds(2), 9, 8, 1), CONTEXT)
                        .train(new double[100]))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("a history with 0 arrivals is too short");
        assertThat(Predictors.mark("none").learned()).isEmpty();
    }

    /** Odd histories train without a NaN. */
    @ParameterizedTest(name = "{0}")
    @ValueSource(strings = {"constant", "zero", "spike"})
    void oddHistoriesTrain(String kind) {
        needsLibrary();
        double[] counts = new double[150];
        java.util.Arrays.fill(counts, kind.equals("zero") ? 0 : 7);
        if (kind.equals("spike")) {
            counts[70] = 1e9;
        }
        for (LoadPredictor predictor : new LoadPredictor[] {Predictors.mark("none"), Predictors.smiless("none")}) {
            ((Trainable) predictor).train(counts);
            predictor.forecast(60);
            for (double count : counts) {
                predictor.observe(count);
            }
            for (double value : Predictors.numbers(predictor.forecast(60))) {
                assertThat(value).isFinite().isNotNegative();
            }
        }
    }
}
