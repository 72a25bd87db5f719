package dev.purser.partitioner.onnx;

import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import dev.purser.core.InputException;
import dev.purser.core.partition.LayerGraph;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;

/**
 * Finds the cuts that do not go through what ONNX Runtime would merge, e.g. a convolution with the activation behind it.
 * Elsewhere the parts do more work than the whole, and round in another way: that alone shows only in the last digits,
 * but a quantised operator behind it can turn it into a whole step.
 */
public final class MergedOperators {
    private MergedOperators() {}

    /**
     * The layers of a model with those of its cuts whose tensors are still there after the runtime has merged operators.
     *
     * @param graph the model
     * @return its layers, with no more cuts than {@link OnnxGraph#layerGraph()} has
     * @throws InputException when the runtime cannot load the model
     */
    public static LayerGraph leftWhole(OnnxGraph graph) {
        Set<String> left = tensors(graph.model());
        LayerGraph all = graph.layerGraph();
        return new LayerGraph(
                all.name(),
                all.layers(),
                all.cuts().stream()
                        .filter(cut -> left.containsAll(cut.tensors()))
                        .toList());
    }

    private static Set<String> tensors(OnnxModel model) {
        Path scratch = ScratchFolders.make();
        try (OrtSession.SessionOptions options = Sessions.options(Optimization.ALL, 1)) {
            // layouts for the processor would give every tensor another name
            options.setOptimizationLevel(OrtSession.SessionOptions.OptLevel.EXTENDED_OPT);
            Path merged = scratch.resolve("merged.onnx");
            options.setOptimizedModelFilePath(merged.toString());
            Sessions.environment()
                    .createSession(model.file().toString(), options)
                    .close();
            ModelProto message = OnnxFile.parse(merged).model();
            Set<String> names = new HashSet<>();
            for (ValueInfoProto input : message.getGraph().getInputList()) {
                names.add(input.getName());
            }
            for (NodeProto node : message.getGraph().getNodeList()) {
                names.addAll(node.getOutputList());
            }
            return names;
        } catch (OrtException e) {
            throw Sessions.refused(model.file(), e);
        } finally {
            ScratchFolders.delete(scratch);
        }
    }
}
