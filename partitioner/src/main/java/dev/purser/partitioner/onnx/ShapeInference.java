package dev.purser.partitioner.onnx;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import ai.onnx.proto.OnnxMl.TensorShapeProto;
import ai.onnx.proto.OnnxMl.TypeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import ai.onnxruntime.NodeInfo;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OnnxValue;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.TensorInfo;
import dev.purser.core.InputException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Types and shapes of all tensors of a model. ONNX Runtime infers them when it loads a graph, and tells them for outputs:
 * so a copy whose every tensor is an output is loaded, without its larger weights, and is not run. What stays open then,
 * because a shape is computed by the graph itself, is measured by two runs on different random inputs; a shape that
 * differs between them depends on the data.
 */
final class ShapeInference {
    private static final Logger LOG = LoggerFactory.getLogger(ShapeInference.class);

    /** Weights up to here can hold a shape; larger ones are replaced by inputs of their type and shape. */
    private static final long LARGEST_SHAPE_BYTES = 4096;

    /** More than any function holds. */
    private static final long LARGEST_TENSOR_BYTES = 10L << 30;

    private static final int LONGEST_RUN_SECONDS = 10;

    private final OnnxModel model;
    private final Map<String, List<Long>> inputShapes;
    private final Map<String, List<String>> inputValues;

    ShapeInference(OnnxModel model, Map<String, List<Long>> inputShapes, Map<String, List<String>> inputValues) {
        this.model = model;
        this.inputShapes = inputShapes;
        this.inputValues = inputValues;
    }

    /** Inputs and results of nodes by name. */
    Map<String, TensorSpec> run() {
        for (ValueInfoProto input : model.inputs()) {
            DataType type = DataType.forNumber(input.getType().getTensorType().getElemType());
            checkSize("input", input.getName(), type, inputShapes.getOrDefault(input.getName(), List.of()));
        }
        Map<String, NodeInfo> fixed = load(true);
        Map<String, NodeInfo> open = isOpen() ? load(false) : fixed;
        Map<String, List<Long>> shapes = new LinkedHashMap<>();
        Set<String> unresolved = new LinkedHashSet<>();
        fixed.forEach((name, node) -> {
            if (node.getInfo() instanceof TensorInfo info) {
                // an unknown rank looks like that of a scalar
                boolean known = info.getShape().length > 0;
                if (known && Arrays.stream(info.getShape()).allMatch(size -> size >= 0)) {
                    List<Long> shape = Arrays.stream(info.getShape()).boxed().toList();
                    checkSize("tensor", name, type(info), shape);
                    shapes.put(name, shape);
                } else {
                    unresolved.add(name);
                }
            }
        });
        if (!unresolved.isEmpty()) {
            LOG.debug("{} tensors of {} have shapes that only a run tells", unresolved.size(), model.file());
            shapes.putAll(measure(unresolved));
        }
        Map<String, TensorSpec> specs = new HashMap<>();
        for (ValueInfoProto input : model.inputs()) {
            List<Long> shape = inputShapes.get(input.getName());
            TypeProto.Builder declared = input.getType().toBuilder();
            if (!declared.getTensorType().hasShape()) {
                declared.getTensorTypeBuilder().setShape(open(shape));
            }
            DataType type = DataType.forNumber(declared.getTensorType().getElemType());
            specs.put(input.getName(), new TensorSpec(input.getName(), type, shape, declared.build()));
        }
        fixed.forEach((name, node) -> {
            DataType type = node.getInfo() instanceof TensorInfo info ? type(info) : null;
            List<Long> shape = shapes.get(name);
            specs.putIfAbsent(
                    name, new TensorSpec(name, type, shape, declared(type, shape, open.getOrDefault(name, node))));
        });
        return specs;
    }

    /** Refuses what would fill the memory where it is run, and what no function could hold. */
    private void checkSize(String what, String name, @Nullable DataType type, List<Long> shape) {
        long bytes;
        try {
            long count = Elements.count(shape);
            bytes = type == null || type == DataType.STRING || type == DataType.UNDEFINED
                    ? count
                    : Elements.bytes(type, count);
        } catch (IllegalArgumentException e) {
            bytes = Long.MAX_VALUE;
        }
        if (bytes > LARGEST_TENSOR_BYTES) {
            throw new InputException(
                    model.file().toString(),
                    what + " '" + name + "'",
                    "has the shape " + shape + ", more than the " + (LARGEST_TENSOR_BYTES >> 30)
                            + " GB that any function holds",
                    "smaller sizes");
        }
    }

    private boolean isOpen() {
        return model.inputs().stream()
                .anyMatch(input -> !input.getType().getTensorType().hasShape()
                        || input.getType().getTensorType().getShape().getDimList().stream()
                                .anyMatch(dimension -> dimension.getDimValue() <= 0));
    }

    private static @Nullable DataType type(TensorInfo info) {
        String name = info.onnxType.name().replace("ONNX_TENSOR_ELEMENT_DATA_TYPE_", "");
        for (DataType type : DataType.values()) {
            if (type.name().equals(name) && type != DataType.UNDEFINED) {
                return type;
            }
        }
        return null;
    }

    private static TypeProto declared(@Nullable DataType type, @Nullable List<Long> shape, NodeInfo node) {
        if (type == null || !(node.getInfo() instanceof TensorInfo info)) {
            return TypeProto.getDefaultInstance();
        }
        TypeProto.Tensor.Builder tensor = TypeProto.Tensor.newBuilder().setElemType(type.getNumber());
        TensorShapeProto.Builder dimensions = tensor.getShapeBuilder();
        long[] inferred = info.getShape();
        if (inferred.length == 0) {
            // a rank that the runtime cannot infer is that of the run: the format asks for one
            return TypeProto.newBuilder()
                    .setTensorType(tensor.setShape(open(shape)))
                    .build();
        }
        for (int i = 0; i < inferred.length; i++) {
            TensorShapeProto.Dimension.Builder dimension = dimensions.addDimBuilder();
            String name = info.getDimensionNames()[i];
            if (inferred[i] >= 0) {
                dimension.setDimValue(inferred[i]);
            } else if (!name.isEmpty() && !name.startsWith("unk__")) {
                dimension.setDimParam(name);
            }
        }
        return TypeProto.newBuilder().setTensorType(tensor).build();
    }

    /** As many dimensions as a shape has, of any size. */
    private static TensorShapeProto open(@Nullable List<Long> shape) {
        TensorShapeProto.Builder dimensions = TensorShapeProto.newBuilder();
        if (shape != null) {
            shape.forEach(size -> dimensions.addDimBuilder());
        }
        return dimensions.build();
    }

    /** What the runtime infers, with the open dimensions set to their values or left open. */
    private Map<String, NodeInfo> load(boolean fixed) {
        ModelProto message = everyTensorAnOutput(fixed);
        List<Weight> kept = new ArrayList<>();
        ModelProto.Builder light = message.toBuilder();
        for (Weight weight : model.weights().values()) {
            if (weight.bytes() <= LARGEST_SHAPE_BYTES) {
                kept.add(weight);
            } else {
                light.getGraphBuilder().addInput(OnnxWriter.asInput(weight.tensor()));
            }
        }
        try (OrtSession.SessionOptions options = Sessions.options(Optimization.NONE, 1);
                OrtSession session = Sessions.environment()
                        .createSession(OnnxWriter.inMemory(light.build(), kept).toByteArray(), options)) {
            return session.getOutputInfo();
        } catch (OrtException e) {
            LOG.debug("{} cannot be loaded without its weights: {}", model.file(), e.getMessage());
        }
        Path scratch = ScratchFolders.make();
        try {
            Path whole = scratch.resolve("model.onnx");
            OnnxWriter.write(whole, message, model.weights().values(), OnnxWriter.INLINE_LIMIT);
            try (OrtSession.SessionOptions options = Sessions.options(Optimization.NONE, 1);
                    OrtSession session = Sessions.environment().createSession(whole.toString(), options)) {
                return session.getOutputInfo();
            }
        } catch (OrtException e) {
            throw Sessions.refused(model.file(), e);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } finally {
            ScratchFolders.delete(scratch);
        }
    }

    private ModelProto everyTensorAnOutput(boolean fixed) {
        ModelProto.Builder message = model.frame().toBuilder();
        GraphProto.Builder graph = message.getGraphBuilder().clearInput().clearOutput();
        for (ValueInfoProto input : model.inputs()) {
            graph.addInput(fixed ? fixed(input) : input);
        }
        Map<String, ValueInfoProto> typed = new HashMap<>();
        for (ValueInfoProto output : model.outputs()) {
            ValueInfoProto.Builder shapeless = output.toBuilder();
            if (output.getType().hasTensorType()) {
                shapeless.getTypeBuilder().getTensorTypeBuilder().clearShape();
            }
            typed.put(output.getName(), shapeless.build());
        }
        for (NodeProto node : model.nodes()) {
            graph.addNode(node);
            for (String name : node.getOutputList()) {
                if (!name.isEmpty()) {
                    graph.addOutput(typed.getOrDefault(
                            name, ValueInfoProto.newBuilder().setName(name).build()));
                }
            }
        }
        return message.build();
    }

    private ValueInfoProto fixed(ValueInfoProto input) {
        ValueInfoProto.Builder fixed = input.toBuilder();
        TensorShapeProto.Builder shape =
                fixed.getTypeBuilder().getTensorTypeBuilder().getShapeBuilder().clear();
        for (long size : inputShapes.getOrDefault(input.getName(), List.of())) {
            shape.addDimBuilder().setDimValue(size);
        }
        return fixed.build();
    }

    private Map<String, List<Long>> measure(Set<String> names) {
        ModelProto message = everyTensorAnOutput(true);
        ModelProto.Builder wanted = message.toBuilder();
        wanted.getGraphBuilder().clearOutput();
        message.getGraph().getOutputList().stream()
                .filter(output -> names.contains(output.getName()))
                .forEach(wanted.getGraphBuilder()::addOutput);
        Path scratch = ScratchFolders.make();
        try {
            Path file = scratch.resolve("model.onnx");
            OnnxWriter.write(file, wanted.build(), model.weights().values(), OnnxWriter.INLINE_LIMIT);
            try (OrtSession.SessionOptions options = Sessions.options(Optimization.NONE, 1);
                    OrtSession session = Sessions.environment().createSession(file.toString(), options)) {
                Map<String, List<Long>> first = shapes(session, 1, 0);
                Map<String, List<Long>> second = shapes(session, 2, 0.5);
                first.entrySet().removeIf(shape -> !shape.getValue().equals(second.get(shape.getKey())));
                return first;
            }
        } catch (OrtException e) {
            throw new InputException(
                    model.file().toString(),
                    "",
                    "needs a run to tell the shapes of " + names.size() + " tensors, and fails: " + Sessions.brief(e),
                    RandomInputs.doubt(model, inputShapes, inputValues));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } finally {
            ScratchFolders.delete(scratch);
        }
    }

    private Map<String, List<Long>> shapes(OrtSession session, long seed, double zeros) throws OrtException {
        Map<String, List<Long>> shapes = new HashMap<>();
        Map<String, OnnxTensor> inputs = RandomInputs.of(model, inputShapes, inputValues, seed, zeros);
        try (OrtSession.Result result = Sessions.run(session, inputs, model.file(), LONGEST_RUN_SECONDS)) {
            for (Map.Entry<String, OnnxValue> output : result) {
                if (output.getValue() instanceof OnnxTensor tensor) {
                    shapes.put(
                            output.getKey(),
                            Arrays.stream(tensor.getInfo().getShape()).boxed().toList());
                }
            }
        } finally {
            inputs.values().forEach(OnnxTensor::close);
        }
        return shapes;
    }
}
