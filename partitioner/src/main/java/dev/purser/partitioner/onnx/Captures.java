package dev.purser.partitioner.onnx;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.Set;

/** The tensors that a node reads: its inputs, and what the bodies of a control-flow node take from the graph around it. */
final class Captures {
    private Captures() {}

    /** All names that a node reads, in the order of their first use. */
    static Set<String> reads(NodeProto node) {
        Set<String> names = new LinkedHashSet<>();
        collect(node, Set.of(), names);
        return names;
    }

    static boolean hasBody(NodeProto node) {
        for (AttributeProto attribute : node.getAttributeList()) {
            if (attribute.hasG() || attribute.getGraphsCount() > 0) {
                return true;
            }
        }
        return false;
    }

    private static void collect(NodeProto node, Set<String> local, Set<String> names) {
        for (String input : node.getInputList()) {
            if (!input.isEmpty() && !local.contains(input)) {
                names.add(input);
            }
        }
        for (AttributeProto attribute : node.getAttributeList()) {
            if (attribute.hasG()) {
                collect(attribute.getG(), local, names);
            }
            for (GraphProto body : attribute.getGraphsList()) {
                collect(body, local, names);
            }
        }
    }

    private static void collect(GraphProto body, Set<String> outer, Set<String> names) {
        Set<String> local = new HashSet<>(outer);
        for (ValueInfoProto input : body.getInputList()) {
            local.add(input.getName());
        }
        for (TensorProto weight : body.getInitializerList()) {
            local.add(weight.getName());
        }
        // all at once, since the order of a body's nodes is the runtime's concern
        for (NodeProto node : body.getNodeList()) {
            local.addAll(node.getOutputList());
        }
        for (NodeProto node : body.getNodeList()) {
            collect(node, local, names);
        }
        for (ValueInfoProto output : body.getOutputList()) {
            if (!local.contains(output.getName())) {
                names.add(output.getName());
            }
        }
    }
}
