package dev.purser.partitioner.onnx;

import ai.onnx.proto.OnnxMl.ValueInfoProto;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OnnxTensorLike;
import ai.onnxruntime.OnnxValue;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.TensorInfo;
import dev.purser.core.InputException;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntToDoubleFunction;

/**
 * Runs a whole model and chains of its parts on the same seeded inputs, in this process, and compares the results. The
 * whole model is run once for all chains.
 */
public final class ChainVerifier {
    private final OnnxGraph graph;
    private final Optimization optimization;
    private final int threads;
    private final List<Long> seeds = new ArrayList<>();
    /** The whole model's outputs for each seed. */
    private final List<Map<String, double[]>> expected = new ArrayList<>();

    private final double magnitude;
    private final double spread;

    /**
     * Runs the whole model.
     *
     * @param graph the model
     * @param optimization of the whole and the parts; with {@link Optimization#ALL} differences include those of merged
     *     operators that a cut separates
     * @param threads of each operator, 1 or more
     * @param inputs on how many inputs, 2 or more
     * @param seed of the inputs
     * @throws InputException when the model cannot be loaded or run, or has outputs that are not numbers
     */
    public ChainVerifier(OnnxGraph graph, Optimization optimization, int threads, int inputs, long seed) {
        if (inputs < 2 || threads < 1) {
            throw new IllegalArgumentException(inputs + " inputs and " + threads + " threads: 2 and 1 at least");
        }
        this.graph = graph;
        this.optimization = optimization;
        this.threads = threads;
        OrtSession session = Sessions.open(graph.model().file(), optimization, threads);
        try {
            for (int i = 0; i < inputs; i++) {
                seeds.add(seed + i);
                Map<String, OnnxTensor> tensors = RandomInputs.of(graph, seed + i);
                try (OrtSession.Result result = session.run(tensors)) {
                    expected.add(elements(result));
                } finally {
                    tensors.values().forEach(OnnxTensor::close);
                }
            }
        } catch (OrtException e) {
            throw failed("the whole model", e);
        } finally {
            Sessions.close(List.of(session));
        }
        double largest = 0;
        for (Map<String, double[]> outputs : expected) {
            for (double[] values : outputs.values()) {
                for (double value : values) {
                    // one that is no number, or infinite, would make any difference small beside it
                    if (Double.isFinite(value)) {
                        largest = Math.max(largest, Math.abs(value));
                    }
                }
            }
        }
        this.magnitude = largest;
        this.spread = difference(expected.get(0), expected.get(1));
    }

    private InputException failed(String what, OrtException e) {
        return new InputException(
                graph.model().file().toString(), "", what + " fails: " + Sessions.brief(e), RandomInputs.doubt(graph));
    }

    /**
     * Runs a chain.
     *
     * @param parts the parts of the model, in order
     * @return how far its results are from the whole model's
     * @throws InputException when a part cannot be loaded or run, or lacks an input that the one before should give
     */
    public Comparison compare(List<OnnxPart> parts) {
        List<OrtSession> sessions = new ArrayList<>();
        try {
            for (OnnxPart part : parts) {
                sessions.add(Sessions.open(part.file(), optimization, threads));
            }
            double largest = 0;
            long elements = 0;
            for (int i = 0; i < seeds.size(); i++) {
                Map<String, double[]> actual = run(parts, sessions, seeds.get(i));
                largest = Math.max(largest, difference(expected.get(i), actual));
                elements += actual.values().stream()
                        .mapToLong(values -> values.length)
                        .sum();
            }
            return new Comparison(largest, magnitude, spread, seeds.size(), elements);
        } catch (OrtException e) {
            throw failed("the chain of parts", e);
        } finally {
            Sessions.close(sessions);
        }
    }

    private Map<String, double[]> run(List<OnnxPart> parts, List<OrtSession> sessions, long seed) throws OrtException {
        Map<String, OnnxTensor> inputs = RandomInputs.of(graph, seed);
        OrtSession.Result before = null;
        try {
            Map<String, OnnxTensorLike> handed = new LinkedHashMap<>(inputs);
            for (int i = 0; i < sessions.size(); i++) {
                Map<String, OnnxTensorLike> fed = new LinkedHashMap<>();
                for (String name : parts.get(i).inputs()) {
                    OnnxTensorLike tensor = handed.get(name);
                    if (tensor == null) {
                        throw new InputException(
                                parts.get(i).file().toString(),
                                "input '" + name + "'",
                                "is no output of the part before",
                                "");
                    }
                    fed.put(name, tensor);
                }
                OrtSession.Result result = sessions.get(i).run(fed);
                if (before != null) {
                    before.close();
                }
                before = result;
                handed = new LinkedHashMap<>();
                for (Map.Entry<String, OnnxValue> output : result) {
                    if (output.getValue() instanceof OnnxTensor tensor) {
                        handed.put(output.getKey(), tensor);
                    }
                }
            }
            return before == null ? Map.of() : elements(before);
        } finally {
            if (before != null) {
                before.close();
            }
            inputs.values().forEach(OnnxTensor::close);
        }
    }

    private Map<String, double[]> elements(OrtSession.Result result) {
        Map<String, double[]> elements = new HashMap<>();
        for (ValueInfoProto output : graph.model().outputs()) {
            OnnxValue value = result.get(output.getName()).orElse(null);
            if (!(value instanceof OnnxTensor tensor)) {
                throw new InputException(
                        graph.model().file().toString(),
                        "output '" + output.getName() + "'",
                        "is no tensor, and cannot be compared",
                        "");
            }
            elements.put(output.getName(), elements(output.getName(), tensor));
        }
        return elements;
    }

    private double[] elements(String name, OnnxTensor tensor) {
        TensorInfo info = tensor.getInfo();
        return switch (info.type) {
            case FLOAT, FLOAT16, BFLOAT16 -> {
                FloatBuffer buffer = tensor.getFloatBuffer();
                yield elements(buffer.remaining(), buffer::get);
            }
            case DOUBLE -> {
                var buffer = tensor.getDoubleBuffer();
                yield elements(buffer.remaining(), buffer::get);
            }
            case INT64 -> {
                var buffer = tensor.getLongBuffer();
                yield elements(buffer.remaining(), buffer::get);
            }
            case INT32 -> {
                var buffer = tensor.getIntBuffer();
                yield elements(buffer.remaining(), buffer::get);
            }
            case INT16 -> {
                var buffer = tensor.getShortBuffer();
                yield elements(buffer.remaining(), buffer::get);
            }
            case INT8, UINT8, BOOL -> {
                ByteBuffer buffer = tensor.getByteBuffer();
                yield elements(buffer.remaining(), buffer::get);
            }
            case STRING, UNKNOWN ->
                throw new InputException(
                        graph.model().file().toString(), "output '" + name + "'", "holds no numbers", "");
        };
    }

    private static double[] elements(int count, IntToDoubleFunction value) {
        double[] elements = new double[count];
        for (int i = 0; i < count; i++) {
            elements[i] = value.applyAsDouble(i);
        }
        return elements;
    }

    private static double difference(Map<String, double[]> expected, Map<String, double[]> actual) {
        double largest = 0;
        for (Map.Entry<String, double[]> output : expected.entrySet()) {
            double[] left = output.getValue();
            double[] right = actual.getOrDefault(output.getKey(), new double[0]);
            if (left.length != right.length) {
                return Double.POSITIVE_INFINITY;
            }
            for (int i = 0; i < left.length; i++) {
                // two that are not numbers are equal, and so are two infinities of one sign
                if (Double.compare(left[i], right[i]) != 0) {
                    double difference = Math.abs(left[i] - right[i]);
                    largest = Math.max(largest, Double.isNaN(difference) ? Double.POSITIVE_INFINITY : difference);
                }
            }
        }
        return largest;
    }
}
