package dev.purser.partitioner.onnx;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorAnnotation;
import ai.onnx.proto.OnnxMl.TypeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import dev.purser.core.InputException;
import dev.purser.core.partition.Cut;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Writes the parts of a model as models of their own. The outputs of a part are the inputs of the next, by name: exactly
 * the tensors that cross the cut. What only a later part reads goes through the parts before it, as an input that is an
 * output too. Format, operator sets, functions and metadata are those of the whole.
 */
public final class Splitter {
    private Splitter() {}

    /**
     * Cuts a model and writes its parts, called {@code part-1.onnx} and so on; files of these names are replaced.
     *
     * @param graph the model
     * @param cuts the index of the layer before each cut, rising; none for one part
     * @param folder where to, made where it is missing; not the folder of the model
     * @return the parts in the order in which they run
     * @throws InputException when the model cannot be cut there, with the reason, or a part breaks the format's rules
     * @throws UncheckedIOException when a part cannot be written
     */
    public static List<OnnxPart> split(OnnxGraph graph, List<Integer> cuts, Path folder) {
        return split(graph, cuts, folder, OnnxWriter.INLINE_LIMIT);
    }

    static List<OnnxPart> split(OnnxGraph graph, List<Integer> cuts, Path folder, long inlineLimit) {
        check(graph, cuts);
        Path source = graph.model().file().toAbsolutePath().normalize().getParent();
        if (folder.toAbsolutePath().normalize().equals(source)) {
            throw new InputException(
                    folder.toString(), "", "is the folder of the model, which must not change", "another folder");
        }
        try {
            Files.createDirectories(folder);
            List<OnnxPart> parts = new ArrayList<>();
            for (int i = 0; i <= cuts.size(); i++) {
                int first = i == 0 ? 1 : cuts.get(i - 1) + 1;
                int last = i == cuts.size() ? graph.layerGraph().last() : cuts.get(i);
                parts.add(part(graph, first, last, folder.resolve("part-" + (i + 1) + ".onnx"), inlineLimit));
            }
            return parts;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void check(OnnxGraph graph, List<Integer> cuts) {
        String where = graph.model().file().toString();
        List<Integer> legal = graph.layerGraph().cuts().stream().map(Cut::after).toList();
        int before = 0;
        for (int cut : cuts) {
            String field = "cut after layer " + cut;
            if (cut <= before || cut >= graph.layerGraph().last()) {
                throw new InputException(
                        where,
                        field,
                        "is out of order, or there is no such boundary",
                        "rising numbers from 1 to " + (graph.layerGraph().last() - 1));
            }
            String reason = graph.illegalCuts().get(cut);
            if (reason != null) {
                int nearest = legal.stream()
                        .min((a, b) -> Integer.compare(Math.abs(a - cut), Math.abs(b - cut)))
                        .orElse(-1);
                throw new InputException(
                        where,
                        field + " (" + graph.layerGraph().layers().get(cut).name() + ")",
                        "is not possible: " + reason,
                        nearest < 0 ? "" : "cut after layer " + nearest);
            }
            before = cut;
        }
    }

    private static OnnxPart part(OnnxGraph graph, int first, int last, Path file, long inlineLimit) throws IOException {
        OnnxModel model = graph.model();
        boolean head = first == 1;
        boolean tail = last == graph.layerGraph().last();
        BitSet nodes = new BitSet();
        List<Integer> own = new ArrayList<>();
        for (int layer = first; layer <= last; layer++) {
            nodes.set(graph.node(layer));
            own.add(graph.node(layer));
        }
        Set<String> weights = new LinkedHashSet<>();
        if (tail) {
            // an output may be a weight, or computed from weights alone
            for (ValueInfoProto output : model.outputs()) {
                int producer = graph.producer(output.getName());
                if (producer >= 0 && graph.isConstantNode(producer)) {
                    nodes.set(producer);
                    own.add(producer);
                } else if (model.weights().containsKey(output.getName())) {
                    weights.add(output.getName());
                }
            }
        }
        OnnxGraph.Constants constants = graph.constants(own);
        weights.addAll(constants.weights());
        nodes.or(constants.nodes());

        List<ValueInfoProto> inputs = head
                ? model.inputs().stream().map(input -> typed(graph, input)).toList()
                : values(graph, graph.crossing(first - 1));
        List<ValueInfoProto> outputs = tail
                ? model.outputs().stream().map(output -> typed(graph, output)).toList()
                : values(graph, graph.crossing(last));
        ModelProto message = message(model, nodes, inputs, outputs, weights, first, last);
        long bytes = OnnxWriter.write(
                file, message, weights.stream().map(graph::weight).toList(), inlineLimit);
        List<String> problems = OnnxCheck.problems(file);
        if (!problems.isEmpty()) {
            throw new InputException(file.toString(), problems);
        }
        return new OnnxPart(
                file,
                first,
                last,
                inputs.stream().map(ValueInfoProto::getName).toList(),
                outputs.stream().map(ValueInfoProto::getName).toList(),
                bytes);
    }

    private static ModelProto message(
            OnnxModel model,
            BitSet nodes,
            List<ValueInfoProto> inputs,
            List<ValueInfoProto> outputs,
            Set<String> weights,
            int first,
            int last) {
        ModelProto.Builder message = model.frame().toBuilder().clearTrainingInfo();
        GraphProto.Builder graph = message.getGraphBuilder()
                .setName(model.frame().getGraph().getName() + ":" + first + "-" + last)
                .clearInput()
                .clearOutput()
                .clearValueInfo()
                .clearQuantizationAnnotation()
                .addAllInput(inputs)
                .addAllOutput(outputs);
        Set<String> interfaces = new HashSet<>();
        inputs.forEach(input -> interfaces.add(input.getName()));
        outputs.forEach(output -> interfaces.add(output.getName()));
        Set<String> inside = new HashSet<>(weights);
        nodes.stream().forEach(index -> {
            NodeProto node = model.nodes().get(index);
            graph.addNode(node);
            inside.addAll(node.getOutputList());
        });
        for (ValueInfoProto value : model.frame().getGraph().getValueInfoList()) {
            if (inside.contains(value.getName()) && !interfaces.contains(value.getName())) {
                graph.addValueInfo(value);
            }
        }
        inside.addAll(interfaces);
        for (TensorAnnotation annotation : model.frame().getGraph().getQuantizationAnnotationList()) {
            if (inside.contains(annotation.getTensorName())) {
                graph.addQuantizationAnnotation(annotation);
            }
        }
        return message.build();
    }

    /** Some tensors as a part's interface states them. */
    private static List<ValueInfoProto> values(OnnxGraph graph, List<String> names) {
        Map<String, ValueInfoProto> given = new HashMap<>();
        graph.model().inputs().forEach(input -> given.put(input.getName(), input));
        graph.model().outputs().forEach(output -> given.put(output.getName(), output));
        List<ValueInfoProto> values = new ArrayList<>(names.size());
        for (String name : names) {
            values.add(typed(
                    graph,
                    given.getOrDefault(
                            name, ValueInfoProto.newBuilder().setName(name).build())));
        }
        return values;
    }

    /** An input or output with the type and shape that it may leave to be inferred. */
    private static ValueInfoProto typed(OnnxGraph graph, ValueInfoProto value) {
        TypeProto type = value.getType();
        if (type.getValueCase() != TypeProto.ValueCase.VALUE_NOT_SET
                && (!type.hasTensorType() || type.getTensorType().hasShape())) {
            return value;
        }
        Weight weight = graph.model().weights().get(value.getName());
        return weight != null
                ? OnnxWriter.asInput(weight.tensor())
                : value.toBuilder()
                        .setType(graph.spec(value.getName()).declared())
                        .build();
    }
}
