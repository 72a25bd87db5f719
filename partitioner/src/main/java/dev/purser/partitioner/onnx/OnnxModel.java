package dev.purser.partitioner.onnx;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.FunctionProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.OperatorSetIdProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import dev.purser.core.InputException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A model as it stands in its file, checked: each name is defined once, nothing undefined is read, nodes come after those
 * that they read, weights are as large as their shapes say, and external ones lie in the model's own folder.
 *
 * <p>Constant nodes are read as weights, and so is an input that has a weight for a default. Weights stay in the file,
 * which must not change while the model is in use.
 */
public final class OnnxModel {
    /** How many nodes a model may have, without those of subgraphs. */
    public static final int MAXIMUM_NODES = 99_999;

    private static final int MAXIMUM_NAME = 4096;

    /** The oldest format that ONNX Runtime takes. */
    private static final long OLDEST_IR = 3;

    private final Path file;
    private final ModelProto frame;
    private final List<NodeProto> nodes;
    private final List<String> nodeNames;
    private final Map<String, Weight> weights;
    private final List<ValueInfoProto> inputs;

    private OnnxModel(
            Path file,
            ModelProto frame,
            List<NodeProto> nodes,
            List<String> nodeNames,
            Map<String, Weight> weights,
            List<ValueInfoProto> inputs) {
        this.file = file;
        this.frame = frame;
        this.nodes = nodes;
        this.nodeNames = nodeNames;
        this.weights = weights;
        this.inputs = inputs;
    }

    /**
     * Reads a model.
     *
     * @param file an ONNX file; external weights are looked for beside it
     * @return the model
     * @throws InputException when the file is missing, truncated, no ONNX model, or not sound; when it has more than
     *     {@link #MAXIMUM_NODES} nodes; when it would take more than half of Java's memory without its weights; or when
     *     it has what cannot be split: sparse weights, or external ones inside subgraphs
     */
    public static OnnxModel read(Path file) {
        OnnxFile.Contents contents = OnnxFile.parse(file);
        ModelProto model = contents.model();
        GraphProto graph = model.getGraph();
        if (!model.hasGraph() || model.getIrVersion() <= 0 || graph.getNodeCount() == 0) {
            throw broken(file, "", "is no ONNX model: it has no " + (model.hasGraph() ? "nodes" : "graph"));
        }
        if (model.getIrVersion() < OLDEST_IR) {
            throw broken(file, "ir_version", model.getIrVersion() + " is older than " + OLDEST_IR);
        }
        if (model.getOpsetImportCount() == 0) {
            throw broken(file, "opset_import", "is missing, so that no operator has a meaning");
        }
        if (graph.getNodeCount() > MAXIMUM_NODES) {
            throw broken(file, "graph", "has " + graph.getNodeCount() + " nodes, more than " + MAXIMUM_NODES);
        }
        if (graph.getSparseInitializerCount() > 0) {
            throw broken(file, "graph", "has sparse initializers, which cannot be split");
        }
        for (FunctionProto function : model.getFunctionsList()) {
            noExternal(file, function.getNodeList());
        }
        return checked(
                file,
                model.toBuilder()
                        .clearOpsetImport()
                        .addAllOpsetImport(imports(file, model))
                        .build(),
                contents.initializers());
    }

    /** Each domain once: some exporters import one twice, which the runtime takes and ONNX's checker does not. */
    private static Collection<OperatorSetIdProto> imports(Path file, ModelProto model) {
        Map<String, OperatorSetIdProto> imports = new LinkedHashMap<>();
        for (OperatorSetIdProto opset : model.getOpsetImportList()) {
            String domain = opset.getDomain().equals("ai.onnx") ? "" : opset.getDomain();
            OperatorSetIdProto before = imports.putIfAbsent(domain, opset);
            if (before != null && before.getVersion() != opset.getVersion()) {
                throw broken(
                        file,
                        "opset_import",
                        "imports '" + (domain.isEmpty() ? "ai.onnx" : domain) + "' twice, in the versions "
                                + before.getVersion() + " and " + opset.getVersion()
                                + ", so that its operators have no one meaning");
            }
        }
        return imports.values();
    }

    private static OnnxModel checked(Path file, ModelProto model, List<OnnxFile.Stored> initializers) {
        GraphProto graph = model.getGraph();
        Map<String, Weight> weights = new LinkedHashMap<>();
        Set<String> defined = new HashSet<>();
        for (OnnxFile.Stored stored : initializers) {
            define(file, defined, stored.tensor().getName(), "initializer");
            weights.put(stored.tensor().getName(), Weight.of(file, stored));
        }
        List<ValueInfoProto> inputs = new ArrayList<>();
        Set<String> inputNames = new HashSet<>();
        for (ValueInfoProto input : graph.getInputList()) {
            if (!inputNames.add(input.getName())) {
                throw broken(file, "input '" + input.getName() + "'", "is there twice");
            }
            if (!weights.containsKey(input.getName())) {
                define(file, defined, input.getName(), "input");
                inputs.add(input);
            }
        }
        List<NodeProto> nodes = new ArrayList<>();
        for (NodeProto node : graph.getNodeList()) {
            for (String output : node.getOutputList()) {
                if (!output.isEmpty()) {
                    define(file, defined, output, "output of node '" + node.getName() + "'");
                }
            }
            noExternalBodies(file, node);
            AttributeProto value = constant(node);
            if (value == null) {
                nodes.add(node);
            } else {
                TensorProto tensor =
                        value.getT().toBuilder().setName(node.getOutput(0)).build();
                weights.put(tensor.getName(), Weight.of(file, new OnnxFile.Stored(tensor, -1, 0)));
            }
        }
        List<NodeProto> sorted = sorted(file, nodes, defined);
        Set<String> outputs = new HashSet<>();
        for (ValueInfoProto output : graph.getOutputList()) {
            if (!defined.contains(output.getName())) {
                throw broken(file, "output '" + output.getName() + "'", "is the result of no node");
            }
            if (!outputs.add(output.getName())) {
                throw broken(file, "output '" + output.getName() + "'", "is there twice");
            }
        }
        if (outputs.isEmpty()) {
            throw broken(file, "graph", "has no output");
        }
        ModelProto frame =
                model.toBuilder().setGraph(graph.toBuilder().clearNode()).build();
        return new OnnxModel(file, frame, List.copyOf(sorted), names(sorted), weights, List.copyOf(inputs));
    }

    private static void define(Path file, Set<String> defined, String name, String what) {
        if (name.isEmpty() || name.length() > MAXIMUM_NAME) {
            throw broken(
                    file,
                    what,
                    name.isEmpty()
                            ? "has no name"
                            : "has a name of " + name.length() + " characters, more than " + MAXIMUM_NAME);
        }
        if (!defined.add(name)) {
            throw broken(file, what + " '" + name + "'", "has a name that something else has already");
        }
    }

    private static @Nullable AttributeProto constant(NodeProto node) {
        if (!node.getOpType().equals("Constant") || !standard(node) || node.getOutputCount() != 1) {
            return null;
        }
        for (AttributeProto attribute : node.getAttributeList()) {
            if (attribute.getName().equals("value") && attribute.hasT()) {
                return attribute;
            }
        }
        return null;
    }

    /** Whether a node's operator is one of ONNX itself. */
    static boolean standard(NodeProto node) {
        return node.getDomain().isEmpty() || node.getDomain().equals("ai.onnx");
    }

    private static void noExternalBodies(Path file, NodeProto node) {
        for (AttributeProto attribute : node.getAttributeList()) {
            if (attribute.hasG()) {
                noExternal(file, attribute.getG());
            }
            attribute.getGraphsList().forEach(body -> noExternal(file, body));
        }
    }

    private static void noExternal(Path file, GraphProto body) {
        body.getInitializerList().forEach(tensor -> noExternal(file, tensor));
        noExternal(file, body.getNodeList());
    }

    private static void noExternal(Path file, List<NodeProto> nodes) {
        for (NodeProto node : nodes) {
            for (AttributeProto attribute : node.getAttributeList()) {
                noExternal(file, attribute.getT());
            }
            noExternalBodies(file, node);
        }
    }

    private static void noExternal(Path file, TensorProto tensor) {
        if (tensor.getDataLocation() == TensorProto.DataLocation.EXTERNAL) {
            throw broken(
                    file, "tensor '" + tensor.getName() + "'", "has external data inside a subgraph or a function");
        }
    }

    /** Nodes after those that they read; those that are in order already stay as they are. */
    private static List<NodeProto> sorted(Path file, List<NodeProto> nodes, Set<String> defined) {
        Map<String, Integer> producers = new HashMap<>();
        for (int i = 0; i < nodes.size(); i++) {
            for (String output : nodes.get(i).getOutputList()) {
                producers.put(output, i);
            }
        }
        int[] missing = new int[nodes.size()];
        List<List<Integer>> readers = new ArrayList<>();
        nodes.forEach(node -> readers.add(new ArrayList<>()));
        PriorityQueue<Integer> ready = new PriorityQueue<>();
        for (int i = 0; i < nodes.size(); i++) {
            NodeProto node = nodes.get(i);
            if (node.getOpType().isEmpty()) {
                throw broken(file, "node " + i + " '" + node.getName() + "'", "has no operator");
            }
            for (String name : Captures.reads(node)) {
                if (!defined.contains(name)) {
                    throw broken(
                            file,
                            "node " + i + " '" + node.getName() + "' (" + node.getOpType() + ")",
                            "reads '" + name + "', which is no input, weight or result of a node");
                }
                Integer producer = producers.get(name);
                if (producer != null) {
                    missing[i]++;
                    readers.get(producer).add(i);
                }
            }
            if (missing[i] == 0) {
                ready.add(i);
            }
        }
        List<NodeProto> sorted = new ArrayList<>(nodes.size());
        while (!ready.isEmpty()) {
            int next = ready.remove();
            sorted.add(nodes.get(next));
            for (int reader : readers.get(next)) {
                if (--missing[reader] == 0) {
                    ready.add(reader);
                }
            }
        }
        if (sorted.size() < nodes.size()) {
            for (int i = 0; i < missing.length; i++) {
                if (missing[i] > 0) {
                    NodeProto node = nodes.get(i);
                    throw broken(
                            file,
                            "node " + i + " '" + node.getName() + "' (" + node.getOpType() + ")",
                            "reads its own result, or that of a node in a cycle");
                }
            }
        }
        return sorted;
    }

    /** The names of the nodes where they have one of their own, made-up ones elsewhere. */
    private static List<String> names(List<NodeProto> nodes) {
        Set<String> given = new HashSet<>();
        Set<String> taken = new HashSet<>();
        nodes.forEach(node -> given.add(node.getName()));
        List<String> names = new ArrayList<>(nodes.size());
        for (int i = 0; i < nodes.size(); i++) {
            NodeProto node = nodes.get(i);
            String name = node.getName();
            if (name.isBlank() || taken.contains(name)) {
                String base = name.isBlank() ? node.getOpType() : name;
                name = base + "#" + i;
                while (given.contains(name) || taken.contains(name)) {
                    name = name + "#";
                }
            }
            taken.add(name);
            names.add(name);
        }
        return List.copyOf(names);
    }

    static InputException broken(Path file, String field, String problem) {
        return new InputException(file.toString(), field, problem, "");
    }

    /** Where it was read from. */
    public Path file() {
        return file;
    }

    /** The file's name without its ending. */
    public String name() {
        String name = String.valueOf(file.getFileName());
        return name.endsWith(".onnx") ? name.substring(0, name.length() - ".onnx".length()) : name;
    }

    /** Elements of all weights together. */
    public long parameters() {
        return weights.values().stream()
                .mapToLong(weight -> Elements.count(weight.tensor().getDimsList()))
                .sum();
    }

    /** Bytes of all weights together. */
    public long weightBytes() {
        return weights.values().stream().mapToLong(Weight::bytes).sum();
    }

    /** The message without nodes and weights. */
    ModelProto frame() {
        return frame;
    }

    List<NodeProto> nodes() {
        return nodes;
    }

    /** One name for each node, different from all others. */
    String nodeName(int node) {
        return nodeNames.get(node);
    }

    Map<String, Weight> weights() {
        return weights;
    }

    /** The names of the inputs that a caller must give. */
    public List<String> inputNames() {
        return inputs.stream().map(ValueInfoProto::getName).toList();
    }

    /** The inputs that a caller must give. */
    List<ValueInfoProto> inputs() {
        return inputs;
    }

    List<ValueInfoProto> outputs() {
        return frame.getGraph().getOutputList();
    }
}
