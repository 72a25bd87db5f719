package dev.purser.partitioner.onnx;

import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import dev.purser.core.InputException;
import dev.purser.core.partition.Cut;
import dev.purser.core.partition.Layer;
import dev.purser.core.partition.LayerGraph;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * A model as layers that can be planned and cut. Layer 0 stands for the inputs; each node that depends on an input is a
 * layer. Nodes that compute with weights alone are no layers: they go, like weights, into each part that uses them. A
 * control-flow node is one layer and reads what its bodies take from the graph around it.
 */
public final class OnnxGraph {
    /** How many tensors may cross all boundaries together: what is listed grows with the square of a hostile graph. */
    private static final long MAXIMUM_CROSSINGS = 5_000_000;

    /** How many steps from layers to their weights are gone. */
    private static final long MAXIMUM_STEPS = 50_000_000;

    private static final Set<String> RANDOM = Set.of(
            "RandomNormal", "RandomUniform", "RandomNormalLike", "RandomUniformLike", "Multinomial", "Bernoulli");

    private final OnnxModel model;
    private final Map<String, List<Long>> inputShapes;
    private final Map<String, List<String>> inputValues;
    private final Map<String, TensorSpec> specs;
    /** The nodes that compute with weights alone. */
    private final BitSet constant = new BitSet();

    private final Map<String, Integer> producers = new HashMap<>();
    /** The node of each layer from 1 on. */
    private final List<Integer> layerNodes = new ArrayList<>();

    private final NavigableMap<Integer, List<String>> crossing = new TreeMap<>();
    private final NavigableMap<Integer, String> illegal = new TreeMap<>();
    private final LayerGraph layers;
    private long steps;

    private OnnxGraph(
            OnnxModel model,
            Map<String, List<Long>> inputShapes,
            Map<String, List<String>> inputValues,
            Map<String, TensorSpec> specs) {
        this.model = model;
        this.inputShapes = inputShapes;
        this.inputValues = inputValues;
        this.specs = specs;
        findConstants();
        this.layers = layers();
    }

    /**
     * Infers the shapes of a model and derives its layers. Where a shape is computed by the model itself, the model is
     * run twice.
     *
     * @param model the model
     * @param shapes values for all that the model leaves open in the shapes of its inputs, and for inputs
     * @return the graph
     * @throws InputException when a value is missing or does not fit, with each input and dimension that it concerns;
     *     when ONNX Runtime cannot load the model; or when no node depends on an input
     */
    public static OnnxGraph of(OnnxModel model, InputShapes shapes) {
        Map<String, List<Long>> inputs = shapes.resolve(model);
        return new OnnxGraph(model, inputs, shapes.values(), new ShapeInference(model, inputs, shapes.values()).run());
    }

    private void findConstants() {
        for (int i = 0; i < model.nodes().size(); i++) {
            NodeProto node = model.nodes().get(i);
            for (String output : node.getOutputList()) {
                producers.put(output, i);
            }
            boolean known = OnnxModel.standard(node) && !RANDOM.contains(node.getOpType()) && !Captures.hasBody(node);
            if (known && Captures.reads(node).stream().allMatch(this::isConstant)) {
                constant.set(i);
            } else {
                layerNodes.add(i);
            }
        }
        if (layerNodes.isEmpty()) {
            throw new InputException(model.file().toString(), "graph", "no node depends on an input", "");
        }
    }

    /** Whether a tensor is a weight, or computed from weights alone. */
    private boolean isConstant(String name) {
        Integer producer = producers.get(name);
        return producer == null ? model.weights().containsKey(name) : constant.get(producer);
    }

    private LayerGraph layers() {
        Map<String, Integer> layerOf = new LinkedHashMap<>();
        model.inputs().forEach(input -> layerOf.put(input.getName(), 0));
        Macs macs = new Macs(allShapes());
        Map<String, Integer> lastReader = new HashMap<>();
        List<Layer> result = new ArrayList<>();
        result.add(inputs());
        for (int layer = 1; layer <= layerNodes.size(); layer++) {
            int index = layerNodes.get(layer - 1);
            NodeProto node = model.nodes().get(index);
            Set<Integer> reads = new TreeSet<>();
            for (String name : Captures.reads(node)) {
                if (!isConstant(name)) {
                    reads.add(layerOf.getOrDefault(name, 0));
                    lastReader.put(name, layer);
                }
            }
            long weights = 0;
            for (String name : constants(List.of(index)).weights()) {
                weights += weight(name).bytes();
            }
            for (String output : node.getOutputList()) {
                if (!output.isEmpty()) {
                    layerOf.put(output, layer);
                }
            }
            long bytes = node.getOutputList().stream().mapToLong(this::bytes).sum();
            result.add(new Layer(model.nodeName(index), type(node), List.copyOf(reads), weights, bytes, macs.of(node)));
        }
        for (ValueInfoProto output : model.outputs()) {
            lastReader.put(output.getName(), result.size());
        }
        return new LayerGraph(model.name(), result, cuts(layerOf, lastReader, result.size()));
    }

    private Layer inputs() {
        Set<String> taken = new LinkedHashSet<>();
        for (int node : layerNodes) {
            taken.add(model.nodeName(node));
        }
        String name = "inputs";
        while (taken.contains(name)) {
            name += "#";
        }
        long bytes = model.inputs().stream()
                .mapToLong(input -> bytes(input.getName()))
                .sum();
        return new Layer(name, "Input", List.of(), 0, bytes, 0);
    }

    private static String type(NodeProto node) {
        return OnnxModel.standard(node) ? node.getOpType() : node.getDomain() + "." + node.getOpType();
    }

    private Map<String, List<Long>> allShapes() {
        Map<String, List<Long>> shapes = new HashMap<>();
        model.weights()
                .forEach((name, weight) -> shapes.put(name, weight.tensor().getDimsList()));
        specs.forEach((name, spec) -> {
            List<Long> shape = spec.shape();
            if (shape != null) {
                shapes.put(name, shape);
            }
        });
        return shapes;
    }

    private long bytes(String tensor) {
        TensorSpec spec = specs.get(tensor);
        return spec == null ? 0 : spec.bytes();
    }

    private List<Cut> cuts(Map<String, Integer> layerOf, Map<String, Integer> lastReader, int count) {
        List<List<String>> born = new ArrayList<>();
        List<List<String>> dying = new ArrayList<>();
        for (int i = 0; i <= count; i++) {
            born.add(new ArrayList<>());
            dying.add(new ArrayList<>());
        }
        layerOf.forEach((name, layer) -> {
            int last = lastReader.getOrDefault(name, layer);
            if (last > layer) {
                born.get(layer).add(name);
                dying.get(last).add(name);
            }
        });
        List<Cut> cuts = new ArrayList<>();
        Set<String> live = new LinkedHashSet<>();
        long listed = 0;
        for (int after = 0; after < count - 1; after++) {
            dying.get(after).forEach(live::remove);
            live.addAll(born.get(after));
            listed += live.size();
            if (listed > MAXIMUM_CROSSINGS) {
                throw new InputException(
                        model.file().toString(),
                        "graph",
                        "tensors cross the boundaries between nodes more than " + MAXIMUM_CROSSINGS + " times",
                        "");
            }
            crossing.put(after, List.copyOf(live));
            if (after > 0) {
                String reason = whyNot(live);
                if (reason.isEmpty()) {
                    cuts.add(new Cut(
                            after,
                            List.copyOf(live),
                            live.stream().mapToLong(this::bytes).sum()));
                } else {
                    illegal.put(after, reason);
                }
            }
        }
        return cuts;
    }

    private String whyNot(Collection<String> names) {
        for (String name : names) {
            String reason = spec(name).cannotCross();
            if (reason != null) {
                return reason;
            }
        }
        return names.isEmpty() ? "nothing crosses it" : "";
    }

    /** The weights and the nodes between them that some nodes need beside what crosses. */
    Constants constants(Collection<Integer> nodes) {
        Set<String> weights = new LinkedHashSet<>();
        BitSet among = new BitSet();
        Deque<Integer> open = new ArrayDeque<>(nodes);
        while (!open.isEmpty()) {
            for (String name : Captures.reads(model.nodes().get(open.remove()))) {
                if (++steps > MAXIMUM_STEPS) {
                    throw new InputException(
                            model.file().toString(),
                            "graph",
                            "has more than " + MAXIMUM_STEPS + " ways from layers to their weights",
                            "");
                }
                Integer producer = producers.get(name);
                if (producer == null) {
                    if (model.weights().containsKey(name)) {
                        weights.add(name);
                    }
                } else if (constant.get(producer) && !among.get(producer)) {
                    among.set(producer);
                    open.add(producer);
                }
            }
        }
        return new Constants(weights, among);
    }

    /**
     * What computes with weights alone.
     *
     * @param weights names
     * @param nodes indices of nodes
     */
    record Constants(Set<String> weights, BitSet nodes) {}

    /** The layers, and all legal cuts between them. */
    public LayerGraph layerGraph() {
        return layers;
    }

    /** The boundaries where the model cannot be cut: the layer before each, and why. */
    public NavigableMap<Integer, String> illegalCuts() {
        return java.util.Collections.unmodifiableNavigableMap(illegal);
    }

    /** The model. */
    public OnnxModel model() {
        return model;
    }

    /** The shapes of the inputs, without anything open. */
    public Map<String, List<Long>> inputShapes() {
        return inputShapes;
    }

    /** The values that were given for inputs, by name. */
    Map<String, List<String>> inputValues() {
        return inputValues;
    }

    /** The names that cross the boundary after a layer, legal or not. */
    List<String> crossing(int after) {
        return crossing.getOrDefault(after, List.of());
    }

    /** The node of a layer from 1 on. */
    int node(int layer) {
        return layerNodes.get(layer - 1);
    }

    boolean isConstantNode(int node) {
        return constant.get(node);
    }

    Integer producer(String tensor) {
        return producers.getOrDefault(tensor, -1);
    }

    TensorSpec spec(String tensor) {
        TensorSpec spec = specs.get(tensor);
        if (spec == null) {
            throw new IllegalStateException("nothing is known of '" + tensor + "'");
        }
        return spec;
    }

    Weight weight(String name) {
        Weight weight = model.weights().get(name);
        if (weight == null) {
            throw new IllegalStateException("there is no weight '" + name + "'");
        }
        return weight;
    }
}
