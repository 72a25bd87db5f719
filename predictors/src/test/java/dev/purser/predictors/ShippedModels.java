package dev.purser.predictors;

import dev.purser.core.json.Json;
import dev.purser.core.policy.StateExchange;
import dev.purser.core.policy.Trainable;
import dev.purser.core.trace.Traces;
import java.nio.file.Path;
import java.time.Duration;

/**
 * Makes the models that the module ships, from generated traces alone: six days by the minute of a daily wave, with bursts of
 * some minutes on top. Run it after a change to the networks, with the directory of the resources as its argument.
 */
final class ShippedModels {
    private static final String DAYS = "diurnal:mean=100,amplitude=0.4,period=24h,duration=144h";
    private static final String BURSTS = "mmpp:rates=5/60/150,sojourn=20m/10m/4m,duration=144h";

    private ShippedModels() {}

    /** Trains and writes both. */
    public static void main(String[] arguments) {
        double[] counts = history();
        write(
                new MarkLstm(new MarkLstm.Settings("none", 32, 50, true), Predictors.CONTEXT),
                counts,
                Path.of(arguments[0], "mark-lstm.json"));
        write(
                new SmilessInvocations(
                        new SmilessInvocations.Settings("none", 14, 32, 20, 0.9, true), Predictors.CONTEXT),
                counts,
                Path.of(arguments[0], "smiless-invocations.json"));
    }

    static double[] history() {
        long[] days = Traces.of(DAYS).counts(Duration.ofMinutes(1), 1);
        long[] bursts = Traces.of(BURSTS).counts(Duration.ofMinutes(1), 2);
        double[] counts = new double[days.length];
        for (int i = 0; i < counts.length; i++) {
            counts[i] = days[i] + bursts[i];
        }
        return counts;
    }

    private static void write(Trainable predictor, double[] counts, Path file) {
        predictor.train(counts);
        Json.write(file, StateExchange.save(predictor.learned().orElseThrow()));
    }
}
