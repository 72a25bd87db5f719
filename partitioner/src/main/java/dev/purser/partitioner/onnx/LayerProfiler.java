package dev.purser.partitioner.onnx;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import dev.purser.core.InputException;
import dev.purser.core.partition.Layer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Measures the layers of a model on this machine with ONNX Runtime's own profiler.
 *
 * <p>Nodes are renamed for it after their layer, so that its records can be told apart whatever the model calls them.
 * Where the runtime merges nodes, e.g. a convolution with the normalisation and the activation behind it, the one that
 * multiplies has the time of all, and the others take none: such times are true for cuts that leave merged operators whole
 * (see {@link MergedOperators}), and too low for others. Without optimisation each layer has its own time, but together
 * they take longer than the model does in service. In both cases times are scaled so that they add up to the median run
 * without the profiler.
 */
public final class LayerProfiler {
    /** The profiler stops recording at a million records. */
    private static final int MAXIMUM_RECORDS = 400_000;

    private static final Pattern LAYER = Pattern.compile("L(\\d{1,6}):");
    private static final String LAYER_PREFIX = "L";

    /** What the runtime puts behind the name of a result when it lays a node out for the processor. */
    private static final String LAID_OUT = "_nchwc";

    private static final String KERNEL = "_kernel_time";
    private static final String INSIDE_PREFIX = "S:";
    private static final JsonFactory JSON = new JsonFactory();

    private final OnnxGraph graph;
    private final Optimization optimization;
    private final int threads;
    private final int runs;

    /**
     * @param graph the model
     * @param optimization of the runtime
     * @param threads of each operator, 1 or more
     * @param runs that are measured, 1 or more, with as many before them that are not, up to 5; fewer for models with so
     *     many nodes that the profiler could not record them
     */
    public LayerProfiler(OnnxGraph graph, Optimization optimization, int threads, int runs) {
        if (threads < 1 || runs < 1) {
            throw new IllegalArgumentException(threads + " threads and " + runs + " runs: both must be 1 or more");
        }
        this.graph = graph;
        this.optimization = optimization;
        this.threads = threads;
        this.runs = Math.max(
                1, Math.min(runs, MAXIMUM_RECORDS / (2 * graph.model().nodes().size())));
    }

    /**
     * Runs the model and measures it.
     *
     * @return the median time of each layer
     * @throws InputException when the model cannot be loaded or run
     */
    public LayerTimes measure() {
        Path scratch = ScratchFolders.make();
        try {
            Path file = scratch.resolve("model.onnx");
            OnnxWriter.write(file, renamed(), graph.model().weights().values(), OnnxWriter.INLINE_LIMIT);
            int warmUp = Math.min(5, runs);
            double whole = median(time(file, warmUp));
            return layerTimes(profile(file, scratch, warmUp), warmUp, whole);
        } catch (OrtException e) {
            throw new InputException(
                    graph.model().file().toString(),
                    "",
                    "cannot be measured: " + Sessions.brief(e),
                    RandomInputs.doubt(graph));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } finally {
            ScratchFolders.delete(scratch);
        }
    }

    private ModelProto renamed() {
        ModelProto.Builder message = graph.model().frame().toBuilder();
        GraphProto.Builder target = message.getGraphBuilder();
        String[] names = new String[graph.model().nodes().size()];
        Arrays.setAll(names, i -> INSIDE_PREFIX + i);
        for (int layer = 1; layer <= graph.layerGraph().last(); layer++) {
            names[graph.node(layer)] = LAYER_PREFIX + layer + ":";
        }
        for (int i = 0; i < names.length; i++) {
            target.addNode(renamed(graph.model().nodes().get(i), names[i]));
        }
        return message.build();
    }

    private static NodeProto renamed(NodeProto node, String name) {
        NodeProto.Builder renamed = node.toBuilder().setName(name);
        for (AttributeProto.Builder attribute : renamed.getAttributeBuilderList()) {
            if (attribute.hasG()) {
                rename(attribute.getGBuilder());
            }
            attribute.getGraphsBuilderList().forEach(LayerProfiler::rename);
        }
        return renamed.build();
    }

    /** What a body's nodes take is in the time of the node around them already. */
    private static void rename(GraphProto.Builder body) {
        for (int i = 0; i < body.getNodeCount(); i++) {
            body.setNode(i, renamed(body.getNode(i), INSIDE_PREFIX + i));
        }
    }

    private double[] time(Path file, int warmUp) throws OrtException {
        double[] micros = new double[runs];
        try (OrtSession session = Sessions.open(file, optimization, threads)) {
            Map<String, OnnxTensor> inputs = inputs();
            try {
                for (int i = -warmUp; i < runs; i++) {
                    long start = System.nanoTime();
                    session.run(inputs).close();
                    if (i >= 0) {
                        micros[i] = (System.nanoTime() - start) / 1e3;
                    }
                }
            } finally {
                inputs.values().forEach(OnnxTensor::close);
            }
        }
        return micros;
    }

    private Path profile(Path file, Path scratch, int warmUp) throws OrtException {
        try (OrtSession.SessionOptions options = Sessions.options(optimization, threads)) {
            options.enableProfiling(scratch.resolve("profile").toString());
            try (OrtSession session = Sessions.environment().createSession(file.toString(), options)) {
                Map<String, OnnxTensor> inputs = inputs();
                try {
                    for (int i = 0; i < warmUp + runs; i++) {
                        session.run(inputs).close();
                    }
                } finally {
                    inputs.values().forEach(OnnxTensor::close);
                }
                return Path.of(session.endProfiling());
            }
        }
    }

    private Map<String, OnnxTensor> inputs() throws OrtException {
        return RandomInputs.of(graph, 1);
    }

    private LayerTimes layerTimes(Path profile, int warmUp, double wholeMicros) throws IOException {
        int layers = graph.layerGraph().layers().size();
        double[][] times = new double[layers][runs];
        double[] profiled = new double[runs];
        double[] current = new double[layers];
        int run = -warmUp;
        Map<String, Integer> results = results();
        try (JsonParser json = JSON.createParser(profile.toFile())) {
            expect(json.nextToken() == JsonToken.START_ARRAY);
            while (json.nextToken() == JsonToken.START_OBJECT) {
                Event event = event(json);
                if (event.category().equals("Node") && event.name().endsWith(KERNEL)) {
                    int layer = layer(event.name().substring(0, event.name().length() - KERNEL.length()), results);
                    if (layer > 0 && layer < layers) {
                        current[layer] += event.micros();
                    }
                } else if (event.name().equals("model_run")) {
                    if (run >= 0 && run < runs) {
                        profiled[run] = event.micros();
                        for (int i = 0; i < layers; i++) {
                            times[i][run] = current[i];
                        }
                    }
                    run++;
                    Arrays.fill(current, 0);
                }
            }
        }
        expect(run == runs);
        return scaled(times, median(profiled), wholeMicros);
    }

    /** The layers by the names of their results. */
    private Map<String, Integer> results() {
        Map<String, Integer> results = new HashMap<>();
        for (int layer = 1; layer <= graph.layerGraph().last(); layer++) {
            for (String output : graph.model().nodes().get(graph.node(layer)).getOutputList()) {
                results.put(output, layer);
            }
        }
        return results;
    }

    /** The layer that a node of the runtime stands for; 0 where it is one of its own. */
    private static int layer(String node, Map<String, Integer> results) {
        if (node.endsWith(LAID_OUT)) {
            Integer layer = results.get(node.substring(0, node.length() - LAID_OUT.length()));
            if (layer != null) {
                return layer;
            }
        }
        Matcher layer = LAYER.matcher(node);
        return layer.find() ? Integer.parseInt(layer.group(1)) : 0;
    }

    private LayerTimes scaled(double[][] times, double profiledMicros, double wholeMicros) {
        double[] medians = new double[times.length];
        for (int i = 0; i < times.length; i++) {
            medians[i] = median(times[i]);
        }
        moveToMultiplier(medians);
        double sum = Arrays.stream(medians).sum();
        expect(sum > 0);
        List<Double> micros = new ArrayList<>();
        for (double median : medians) {
            micros.add(median * wholeMicros / sum);
        }
        return new LayerTimes(micros, Math.min(1, sum / Math.max(profiledMicros, 1)));
    }

    /**
     * A merged node may be called after the last of those that it stands for. Its time goes to the nearest one before that
     * multiplies, if all between have no time of their own and nothing else reads them.
     */
    private void moveToMultiplier(double[] micros) {
        List<Layer> layers = graph.layerGraph().layers();
        int[] readers = new int[layers.size()];
        layers.forEach(layer -> layer.inputs().forEach(input -> readers[input]++));
        for (int i = 1; i < micros.length; i++) {
            int at = i;
            while (at > 0 && layers.get(at).macs() == 0 && micros[i] > 0) {
                at = layers.get(at).inputs().stream()
                        .filter(input -> micros[input] == 0 && readers[input] == 1)
                        .max(Integer::compare)
                        .orElse(0);
            }
            if (at > 0 && at < i) {
                micros[at] = micros[i];
                micros[i] = 0;
            }
        }
    }

    private record Event(String category, String name, double micros) {}

    private static Event event(JsonParser json) throws IOException {
        String category = "";
        String name = "";
        double micros = 0;
        while (json.nextToken() != JsonToken.END_OBJECT) {
            String field = json.currentName();
            json.nextToken();
            switch (field) {
                case "cat" -> category = json.getText();
                case "name" -> name = json.getText();
                case "dur" -> micros = json.getDoubleValue();
                default -> json.skipChildren();
            }
        }
        return new Event(category, name, micros);
    }

    private static void expect(boolean condition) {
        if (!condition) {
            throw new IllegalStateException("ONNX Runtime's profile does not have the form that is known");
        }
    }

    private static double median(double[] values) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        int middle = sorted.length / 2;
        return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }
}
