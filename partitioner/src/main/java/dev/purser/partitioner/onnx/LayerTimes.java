package dev.purser.partitioner.onnx;

import dev.purser.core.partition.LayerGraph;
import java.util.List;

/**
 * How long each layer of a model takes, in the order of {@link LayerGraph#layers()}.
 *
 * @param micros microseconds of each layer, which add up to those of the whole model; 0 for the inputs
 * @param assigned the share of the time that the profiler gave for single layers, 0 to 1; the rest (what the runtime adds
 *     between layers) was spread in proportion. 1 for an estimate
 */
public record LayerTimes(List<Double> micros, double assigned) {
    /** Keeps a copy. */
    public LayerTimes {
        micros = List.copyOf(micros);
        if (micros.stream().anyMatch(time -> !(time >= 0))) {
            throw new IllegalArgumentException("a layer's time is negative or no number");
        }
    }

    /** Microseconds of the whole model. */
    public double totalMicros() {
        return micros.stream().mapToDouble(Double::doubleValue).sum();
    }
}
