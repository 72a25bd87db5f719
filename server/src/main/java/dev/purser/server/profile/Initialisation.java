package dev.purser.server.profile;

import dev.purser.worker.WorkerReport;
import java.util.List;
import java.util.function.ToDoubleFunction;

/**
 * How long fresh worker processes took to start, by step.
 *
 * @param runs how many were started; one more came before them, which does not count, so that files lie in the system's
 *     memory as they do where models are used
 * @param processStart from the process's start to the program's first line
 * @param runtimeLoad loading ONNX Runtime, and the tokenizer's library where there is one
 * @param modelLoad reading and optimising the network
 * @param firstInference the first inference
 * @param rest what is left of the time until the process was ready: starting it, its HTTP server, and word of it
 * @param ready from the order to start it until it was ready to serve
 * @param boot the same without model load and first inference: what does not depend on the model
 */
public record Initialisation(
        int runs,
        Step processStart,
        Step runtimeLoad,
        Step modelLoad,
        Step firstInference,
        Step rest,
        Step ready,
        Step boot) {

    /**
     * A step.
     *
     * @param meanMs the mean in milliseconds
     * @param sdMs the sample standard deviation in milliseconds
     */
    public record Step(double meanMs, double sdMs) {
        /** Standard deviation over mean. */
        double cv() {
            return meanMs > 0 ? sdMs / meanMs : 0;
        }
    }

    /**
     * One start.
     *
     * @param steps what the worker says
     * @param readyMs from the order to start it until it was ready
     */
    record Start(WorkerReport.Initialisation steps, double readyMs) {
        double load() {
            return steps.modelLoad() + steps.firstInference();
        }
    }

    static Initialisation of(List<Start> starts) {
        return new Initialisation(
                starts.size(),
                step(starts, start -> start.steps().processStart()),
                step(starts, start -> start.steps().runtimeLoad()),
                step(starts, start -> start.steps().modelLoad()),
                step(starts, start -> start.steps().firstInference()),
                step(
                        starts,
                        start -> start.readyMs()
                                - start.load()
                                - start.steps().processStart()
                                - start.steps().runtimeLoad()),
                step(starts, Start::readyMs),
                step(starts, start -> start.readyMs() - start.load()));
    }

    private static Step step(List<Start> starts, ToDoubleFunction<Start> of) {
        double mean = starts.stream().mapToDouble(of).average().orElse(0);
        double squares = starts.stream()
                .mapToDouble(of)
                .map(x -> (x - mean) * (x - mean))
                .sum();
        return new Step(mean, starts.size() > 1 ? Math.sqrt(squares / (starts.size() - 1)) : 0);
    }

    /** What a fresh worker needs for its model, on top of its boot, in milliseconds. */
    double loadMs() {
        return modelLoad.meanMs() + firstInference.meanMs();
    }
}
