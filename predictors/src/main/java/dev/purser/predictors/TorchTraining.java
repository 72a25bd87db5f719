package dev.purser.predictors;

import ai.djl.Model;
import ai.djl.engine.Engine;
import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Block;
import ai.djl.nn.LambdaBlock;
import ai.djl.nn.ParallelBlock;
import ai.djl.nn.Parameter;
import ai.djl.nn.SequentialBlock;
import ai.djl.nn.core.Linear;
import ai.djl.nn.recurrent.LSTM;
import ai.djl.training.DefaultTrainingConfig;
import ai.djl.training.GradientCollector;
import ai.djl.training.Trainer;
import ai.djl.training.initializer.Initializer;
import ai.djl.training.loss.Loss;
import ai.djl.training.optimizer.Optimizer;
import ai.djl.training.tracker.Tracker;
import dev.purser.predictors.NetTraining.Plan;
import dev.purser.predictors.NetTraining.Samples;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;

/**
 * Trains networks with DJL on PyTorch, on the CPU. The only class that names DJL, which is an optional dependency: without it
 * everything but training works. First weights and the order of samples come from the seed, and PyTorch is given one
 * thread, so that the same samples give the same weights.
 */
final class TorchTraining {
    private static final String ENGINE = "PyTorch";

    private TorchTraining() {}

    /** What stands in the way of training, where DJL itself is there. */
    static Optional<String> obstacle() {
        setUnlessSet("ai.djl.offline", "true");
        setUnlessSet("OPT_OUT_TRACKING", "true");
        setUnlessSet("ai.djl.pytorch.num_threads", "1");
        setUnlessSet("ai.djl.pytorch.num_interop_threads", "1");
        try {
            Engine.getEngine(ENGINE);
            return Optional.empty();
        } catch (EngineException | IllegalStateException | UnsatisfiedLinkError e) {
            return Optional.of(
                    "networks are trained with DJL on PyTorch, which does not start here: " + e.getMessage());
        }
    }

    private static void setUnlessSet(String property, String value) {
        if (System.getProperty(property) == null) {
            System.setProperty(property, value);
        }
    }

    /** One network at a time: the engine collects gradients for one. */
    static synchronized LstmNet train(LstmNet.Shape shape, Samples samples, Plan plan) {
        List<LSTM> branches = new ArrayList<>();
        Linear head = Linear.builder().setUnits(shape.outputs()).build();
        Block block = network(shape, samples.everyStep(), branches, head);
        int length = samples.inputs()[0][0].length;
        SplittableRandom random = new SplittableRandom(plan.seed());
        try (Model model = Model.newInstance("net", ENGINE)) {
            model.setBlock(block);
            Loss loss = loss(plan.loss());
            DefaultTrainingConfig config = new DefaultTrainingConfig(loss)
                    .optOptimizer(Optimizer.adam()
                            .optLearningRateTracker(Tracker.fixed((float) plan.learningRate()))
                            .build())
                    .optInitializer(Initializer.ZEROS, parameter -> true);
            try (Trainer trainer = model.newTrainer(config)) {
                trainer.initialize(new Shape(plan.batch(), length, shape.branches()));
                for (LSTM branch : branches) {
                    begin(branch, shape.hidden(), random);
                }
                begin(head, shape.hidden(), random);
                run(trainer, loss, shape, samples, plan, random);
                return copy(shape, branches, head);
            }
        }
    }

    private static Block network(LstmNet.Shape shape, boolean everyStep, List<LSTM> branches, Linear head) {
        ParallelBlock side = new ParallelBlock(outputs -> new NDList(outputs.stream()
                .map(NDList::singletonOrThrow)
                .reduce(NDArray::add)
                .orElseThrow()));
        for (int b = 0; b < shape.branches(); b++) {
            LSTM branch = LSTM.builder()
                    .setNumLayers(1)
                    .setStateSize(shape.hidden())
                    .optBatchFirst(true)
                    .optReturnState(false)
                    .build();
            branches.add(branch);
            String column = ":, :, " + b + ":" + (b + 1);
            side.add(new SequentialBlock()
                    .add(LambdaBlock.singleton(x -> x.get(column)))
                    .add(branch));
        }
        SequentialBlock network = new SequentialBlock().add(side);
        if (!everyStep) {
            network.add(LambdaBlock.singleton(x -> x.get(":, -1")));
        }
        network.add(head);
        if (shape.tanh()) {
            network.add(LambdaBlock.singleton(NDArray::tanh));
        }
        return network;
    }

    private static Loss loss(NetTraining.Loss kind) {
        return switch (kind) {
            // PyTorch's losses are means; DJL halves the squared one, which Adam does not mind
            case SQUARED -> Loss.l2Loss();
            case ABSOLUTE -> Loss.l1Loss();
            case CLASSES -> Loss.softmaxCrossEntropyLoss();
        };
    }

    /** First weights as PyTorch draws them, uniform within 1 over the root of the hidden units; Keras's forget bias of 1. */
    private static void begin(Block layer, int hidden, SplittableRandom random) {
        double most = 1 / Math.sqrt(hidden);
        for (Parameter parameter : layer.getParameters().values()) {
            NDArray array = parameter.getArray();
            float[] values = new float[(int) array.size()];
            boolean bias = array.getShape().dimension() == 1;
            for (int i = 0; i < values.length; i++) {
                values[i] = bias ? 0 : (float) random.nextDouble(-most, most);
            }
            if (layer instanceof LSTM && parameter.getName().contains("i2h") && bias) {
                java.util.Arrays.fill(values, hidden, 2 * hidden, 1);
            }
            array.set(values);
        }
    }

    private static void run(
            Trainer trainer, Loss loss, LstmNet.Shape shape, Samples samples, Plan plan, SplittableRandom random) {
        int n = samples.inputs().length;
        int[] order = new int[n];
        for (int i = 0; i < n; i++) {
            order[i] = i;
        }
        double least = Double.POSITIVE_INFINITY;
        int without = 0;
        for (int epoch = 0; epoch < plan.epochs() && without < plan.patience(); epoch++) {
            for (int i = n - 1; i > 0; i--) {
                int j = random.nextInt(i + 1);
                int other = order[i];
                order[i] = order[j];
                order[j] = other;
            }
            double sum = 0;
            for (int from = 0; from < n; from += plan.batch()) {
                int size = Math.min(plan.batch(), n - from);
                sum += size * learn(trainer, loss, shape, samples, order, from, size);
            }
            // an improvement too small to matter is none
            without = sum < least * (1 - 1e-4) ? 0 : without + 1;
            least = Math.min(least, sum);
        }
    }

    private static float learn(
            Trainer trainer, Loss loss, LstmNet.Shape shape, Samples samples, int[] order, int from, int size) {
        int length = samples.inputs()[0][0].length;
        int targets = samples.targets()[0].length;
        float[] x = new float[size * length * shape.branches()];
        float[] y = new float[size * targets];
        for (int s = 0; s < size; s++) {
            float[][] input = samples.inputs()[order[from + s]];
            for (int t = 0; t < length; t++) {
                for (int b = 0; b < shape.branches(); b++) {
                    x[(s * length + t) * shape.branches() + b] = input[b][t];
                }
            }
            System.arraycopy(samples.targets()[order[from + s]], 0, y, s * targets, targets);
        }
        try (NDManager manager = trainer.getManager().newSubManager();
                GradientCollector collector = trainer.newGradientCollector()) {
            NDArray fed = manager.create(x, new Shape(size, length, shape.branches()));
            NDArray came = trainer.forward(new NDList(fed)).singletonOrThrow();
            NDArray right = manager.create(y, new Shape(size, targets));
            if (samples.groups() > 1 || loss.getName().startsWith("SoftmaxCrossEntropy")) {
                came = came.reshape((long) size * samples.groups(), shape.outputs() / samples.groups());
                right = right.reshape((long) size * samples.groups(), 1);
            } else {
                came = came.reshape(size, targets);
            }
            NDArray value = loss.evaluate(new NDList(right), new NDList(came));
            float measured = value.getFloat();
            came.attach(manager);
            value.attach(manager);
            if (measured != 0) { // nothing to learn, which the trainer takes for a mistake
                collector.backward(value);
                trainer.step();
            }
            return measured;
        }
    }

    private static LstmNet copy(LstmNet.Shape shape, List<LSTM> branches, Linear head) {
        LstmNet net = new LstmNet(shape);
        for (int b = 0; b < branches.size(); b++) {
            float[] one = values(branches.get(b), "i2h_BIAS");
            float[] two = values(branches.get(b), "h2h_BIAS");
            float[] bias = new float[one.length];
            for (int i = 0; i < bias.length; i++) {
                bias[i] = one[i] + two[i];
            }
            net.setBranch(b, values(branches.get(b), "i2h_WEIGHT"), values(branches.get(b), "h2h_WEIGHT"), bias);
        }
        net.setHead(values(head, "weight"), values(head, "bias"));
        return net;
    }

    private static float[] values(Block layer, String name) {
        for (var parameter : layer.getParameters()) {
            if (parameter.getKey().endsWith(name)) {
                return parameter.getValue().getArray().toFloatArray();
            }
        }
        throw new IllegalStateException("this version of DJL has no parameter " + name + " but "
                + layer.getParameters().keys());
    }
}
