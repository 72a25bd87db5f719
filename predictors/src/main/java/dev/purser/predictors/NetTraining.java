package dev.purser.predictors;

import dev.purser.core.InputException;
import java.util.Arrays;
import java.util.Optional;

/** How {@link LstmNet}s are trained, without naming the library that does it, which may be absent. */
final class NetTraining {
    /** Networks learn from no more than these last counts or arrivals, which bounds the time of training. */
    static final int MOST = 10_000;

    private NetTraining() {}

    /** The last {@link #MOST} values of a history. */
    static double[] latest(double[] history) {
        return history.length <= MOST ? history : Arrays.copyOfRange(history, history.length - MOST, history.length);
    }

    /** What is made small. */
    enum Loss {
        /** Mean squared error. */
        SQUARED,
        /** Mean absolute error. */
        ABSOLUTE,
        /** Cross entropy of classes. */
        CLASSES
    }

    /**
     * What to learn from.
     *
     * @param inputs for each sample and branch the numbers fed in; all of one length
     * @param targets for each sample what should come out: all outputs at every step one after the other, or at the last
     *     step alone; for {@link Loss#CLASSES} the number of the right class in each group of outputs, at the last step
     * @param everyStep whether targets are for every step
     * @param groups for {@link Loss#CLASSES} into how many groups of equal size the outputs fall, else 1
     */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    record Samples(float[][][] inputs, float[][] targets, boolean everyStep, int groups) {}

    /**
     * How to learn.
     *
     * @param loss what is made small
     * @param epochs the most passes over the samples
     * @param patience passes without less loss after which it ends
     * @param batch samples at a time
     * @param learningRate of Adam
     * @param seed of first weights and order
     */
    record Plan(Loss loss, int epochs, int patience, int batch, double learningRate, long seed) {}

    /** What stands in the way of training. */
    static Optional<String> obstacle() {
        try {
            return TorchTraining.obstacle();
        } catch (NoClassDefFoundError e) {
            return Optional.of("networks are trained with DJL on PyTorch, which is not on the class path");
        }
    }

    /**
     * Trains a network. The same samples, plan and machine give the same weights.
     *
     * @throws InputException if the library is absent or has nothing for this machine
     */
    static LstmNet train(LstmNet.Shape shape, Samples samples, Plan plan) {
        Optional<String> obstacle = obstacle();
        if (obstacle.isPresent()) {
            throw new InputException(
                    "training",
                    "",
                    obstacle.get(),
                    "put ai.djl.pytorch:pytorch-engine, pytorch-jni and pytorch-native-cpu of the versions in Purser's"
                            + " pom.xml on the class path, or name a trained model");
        }
        return TorchTraining.train(shape, samples, plan);
    }
}
