package dev.purser.partitioner.onnx;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.FunctionProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.OperatorSetIdProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TypeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import dev.purser.core.InputException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * The rules of ONNX's own checker that splitting could break, for which there is no library in Java: names are assigned
 * once and before they are read, interfaces have types, weights are complete and used, and every operator's domain is
 * imported. Whether operators get the attributes and types that they want is left to the runtime.
 */
public final class OnnxCheck {
    private static final int ENOUGH = 20;

    private final Path file;
    private final List<String> problems = new ArrayList<>();
    private final Set<String> domains = new HashSet<>();

    private OnnxCheck(Path file) {
        this.file = file;
    }

    /**
     * Checks a model.
     *
     * @param file an ONNX file
     * @return what is wrong with it, a line each, at most {@value #ENOUGH}; none for a sound model
     * @throws InputException when the file cannot be parsed at all
     */
    public static List<String> problems(Path file) {
        OnnxCheck check = new OnnxCheck(file);
        OnnxFile.Contents contents = OnnxFile.parse(file);
        check.model(contents.model(), contents.initializers());
        return check.problems.stream().limit(ENOUGH).toList();
    }

    private void model(ModelProto model, List<OnnxFile.Stored> initializers) {
        if (model.getIrVersion() < 1) {
            problems.add("ir_version: is missing");
        }
        if (model.getOpsetImportCount() == 0) {
            problems.add("opset_import: is missing");
        }
        for (OperatorSetIdProto opset : model.getOpsetImportList()) {
            if (!domains.add(domain(opset.getDomain()))) {
                problems.add("opset_import: '" + opset.getDomain() + "' is there twice");
            }
        }
        for (FunctionProto function : model.getFunctionsList()) {
            domains.add(domain(function.getDomain()));
        }
        GraphProto graph = model.getGraph();
        if (graph.getName().isEmpty()) {
            problems.add("graph: has no name");
        }
        for (ValueInfoProto value : graph.getInputList()) {
            typed("input", value);
        }
        for (ValueInfoProto value : graph.getOutputList()) {
            typed("output", value);
        }
        graph(graph, initializers, Set.of(), model.getIrVersion());
    }

    private static String domain(String domain) {
        return domain.equals("ai.onnx") ? "" : domain;
    }

    private void typed(String what, ValueInfoProto value) {
        if (value.getType().getValueCase() == TypeProto.ValueCase.VALUE_NOT_SET
                || (value.getType().hasTensorType()
                        && value.getType().getTensorType().getElemType() == 0)) {
            problems.add(what + " '" + value.getName() + "': has no type");
        } else if (value.getType().hasTensorType()
                && !value.getType().getTensorType().hasShape()) {
            problems.add(what + " '" + value.getName() + "': has no shape");
        }
    }

    private void body(GraphProto graph, Set<String> outer, long irVersion) {
        graph(
                graph,
                graph.getInitializerList().stream()
                        .map(tensor -> new OnnxFile.Stored(tensor, -1, 0))
                        .toList(),
                outer,
                irVersion);
    }

    private void graph(GraphProto graph, List<OnnxFile.Stored> initializers, Set<String> outer, long irVersion) {
        Set<String> defined = new HashSet<>(outer);
        Set<String> inputs = new HashSet<>();
        for (ValueInfoProto input : graph.getInputList()) {
            if (input.getName().isEmpty() || !inputs.add(input.getName()) || !defined.add(input.getName())) {
                problems.add("input '" + input.getName() + "': its name is empty or taken");
            }
        }
        Set<String> unused = new HashSet<>();
        for (OnnxFile.Stored stored : initializers) {
            TensorProto tensor = stored.tensor();
            boolean input = inputs.contains(tensor.getName());
            if (tensor.getName().isEmpty()
                    || !unused.add(tensor.getName())
                    || (!defined.add(tensor.getName()) && !input)) {
                problems.add("initializer '" + tensor.getName() + "': its name is empty or taken");
            }
            if (irVersion < 4 && !input) {
                problems.add("initializer '" + tensor.getName() + "': must be an input too before version 4");
            }
            try {
                Weight.of(file, stored);
            } catch (InputException e) {
                problems.add(String.valueOf(e.getMessage()));
            }
        }
        Set<String> names = new HashSet<>();
        for (NodeProto node : graph.getNodeList()) {
            if (!node.getName().isEmpty() && !names.add(node.getName())) {
                problems.add("node '" + node.getName() + "': its name is taken");
            }
            node(node, defined, irVersion);
            unused.removeAll(Captures.reads(node));
        }
        for (ValueInfoProto output : graph.getOutputList()) {
            if (!defined.contains(output.getName())) {
                problems.add("output '" + output.getName() + "': is the result of no node");
            }
            unused.remove(output.getName());
        }
        unused.forEach(name -> problems.add("initializer '" + name + "': is not used"));
    }

    private void node(NodeProto node, Set<String> defined, long irVersion) {
        String where = "node '" + node.getName() + "' (" + node.getOpType() + "): ";
        if (node.getOpType().isEmpty()) {
            problems.add(where + "has no operator");
        }
        if (!domains.contains(domain(node.getDomain()))) {
            problems.add(where + "no version of its domain '" + node.getDomain() + "' is imported");
        }
        for (String input : node.getInputList()) {
            if (!input.isEmpty() && !defined.contains(input)) {
                problems.add(where + "reads '" + input + "', which nothing before it defines");
            }
        }
        Set<String> attributes = new HashSet<>();
        for (AttributeProto attribute : node.getAttributeList()) {
            if (attribute.getName().isEmpty() || !attributes.add(attribute.getName())) {
                problems.add(where + "attribute '" + attribute.getName() + "' has no name, or is there twice");
            }
            if (attribute.hasG()) {
                body(attribute.getG(), defined, irVersion);
            }
            attribute.getGraphsList().forEach(body -> body(body, defined, irVersion));
        }
        for (String output : node.getOutputList()) {
            if (!output.isEmpty() && !defined.add(output)) {
                problems.add(where + "assigns '" + output + "' a second time");
            }
        }
    }
}
