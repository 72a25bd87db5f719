package dev.purser.partitioner.onnx;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.OperatorSetIdProto;
import ai.onnx.proto.OnnxMl.StringStringEntryProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorShapeProto;
import ai.onnx.proto.OnnxMl.TypeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import com.google.protobuf.ByteString;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;

/** Small models, written down node by node. */
final class TestGraph {
    static final int FLOAT = TensorProto.DataType.FLOAT_VALUE;
    static final int INT64 = TensorProto.DataType.INT64_VALUE;
    static final int BOOL = TensorProto.DataType.BOOL_VALUE;
    static final int STRING = TensorProto.DataType.STRING_VALUE;

    final ModelProto.Builder model = ModelProto.newBuilder()
            .setIrVersion(8)
            .addOpsetImport(OperatorSetIdProto.newBuilder().setDomain("").setVersion(17));
    final GraphProto.Builder graph = model.getGraphBuilder().setName("test");

    TestGraph input(String name, int type, Object... dims) {
        graph.addInput(value(name, type, dims));
        return this;
    }

    TestGraph output(String name) {
        graph.addOutput(ValueInfoProto.newBuilder().setName(name));
        return this;
    }

    TestGraph output(String name, int type, Object... dims) {
        graph.addOutput(value(name, type, dims));
        return this;
    }

    static ValueInfoProto value(String name, int type, Object... dims) {
        TensorShapeProto.Builder shape = TensorShapeProto.newBuilder();
        for (Object dim : dims) {
            if (dim instanceof Integer size) {
                shape.addDimBuilder().setDimValue(size);
            } else {
                shape.addDimBuilder().setDimParam(dim.toString());
            }
        }
        return ValueInfoProto.newBuilder()
                .setName(name)
                .setType(TypeProto.newBuilder()
                        .setTensorType(
                                TypeProto.Tensor.newBuilder().setElemType(type).setShape(shape)))
                .build();
    }

    /** Random floats around 0, as raw data. */
    TestGraph weight(String name, long... dims) {
        graph.addInitializer(floats(name, dims));
        return this;
    }

    static TensorProto floats(String name, long... dims) {
        int count = (int) Arrays.stream(dims).reduce(1, (a, b) -> a * b);
        SplittableRandom random = new SplittableRandom(name.hashCode());
        ByteBuffer data = ByteBuffer.allocate(4 * count).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < count; i++) {
            data.putFloat((float) (random.nextGaussian() / 4));
        }
        return TensorProto.newBuilder()
                .setName(name)
                .setDataType(FLOAT)
                .addAllDims(Arrays.stream(dims).boxed().toList())
                .setRawData(ByteString.copyFrom(data.flip()))
                .build();
    }

    TestGraph longs(String name, long... values) {
        graph.addInitializer(TensorProto.newBuilder()
                .setName(name)
                .setDataType(INT64)
                .addDims(values.length)
                .addAllInt64Data(Arrays.stream(values).boxed().toList()));
        return this;
    }

    TestGraph scalar(String name, long value) {
        graph.addInitializer(
                TensorProto.newBuilder().setName(name).setDataType(INT64).addInt64Data(value));
        return this;
    }

    /** Floats in a file beside the model. */
    TestGraph external(String name, String location, String offset, String length, long... dims) {
        TensorProto.Builder tensor = TensorProto.newBuilder()
                .setName(name)
                .setDataType(FLOAT)
                .addAllDims(Arrays.stream(dims).boxed().toList())
                .setDataLocation(TensorProto.DataLocation.EXTERNAL);
        for (String[] entry : List.of(
                new String[] {"location", location}, new String[] {"offset", offset}, new String[] {"length", length
                })) {
            if (!entry[1].isEmpty()) {
                tensor.addExternalData(
                        StringStringEntryProto.newBuilder().setKey(entry[0]).setValue(entry[1]));
            }
        }
        graph.addInitializer(tensor);
        return this;
    }

    /** A node called as its first output. */
    TestGraph node(String operator, String inputs, String outputs, AttributeProto... attributes) {
        graph.addNode(nodeOf(operator, inputs, outputs, attributes));
        return this;
    }

    static NodeProto nodeOf(String operator, String inputs, String outputs, AttributeProto... attributes) {
        NodeProto.Builder node = NodeProto.newBuilder().setOpType(operator).addAllAttribute(Arrays.asList(attributes));
        if (!inputs.isEmpty()) {
            node.addAllInput(Arrays.asList(inputs.split(" ", -1)));
        }
        if (!outputs.isEmpty()) {
            node.addAllOutput(Arrays.asList(outputs.split(" ", -1)));
            node.setName(node.getOutput(0));
        }
        return node.build();
    }

    static AttributeProto number(String name, long value) {
        return AttributeProto.newBuilder()
                .setName(name)
                .setType(AttributeProto.AttributeType.INT)
                .setI(value)
                .build();
    }

    static AttributeProto numbers(String name, Long... values) {
        return AttributeProto.newBuilder()
                .setName(name)
                .setType(AttributeProto.AttributeType.INTS)
                .addAllInts(Arrays.asList(values))
                .build();
    }

    static AttributeProto text(String name, String value) {
        return AttributeProto.newBuilder()
                .setName(name)
                .setType(AttributeProto.AttributeType.STRING)
                .setS(ByteString.copyFromUtf8(value))
                .build();
    }

    static AttributeProto tensor(String name, TensorProto value) {
        return AttributeProto.newBuilder()
                .setName(name)
                .setType(AttributeProto.AttributeType.TENSOR)
                .setT(value)
                .build();
    }

    static AttributeProto body(String name, GraphProto value) {
        return AttributeProto.newBuilder()
                .setName(name)
                .setType(AttributeProto.AttributeType.GRAPH)
                .setG(value)
                .build();
    }

    /** The bodies of an {@code If} on four numbers a, which they capture: a + w, or -a. */
    static AttributeProto[] addingOrNegating() {
        GraphProto then = GraphProto.newBuilder()
                .setName("then")
                .addNode(nodeOf("Add", "a w", "t"))
                .addOutput(value("t", FLOAT, 4))
                .build();
        GraphProto otherwise = GraphProto.newBuilder()
                .setName("else")
                .addNode(nodeOf("Neg", "a", "e"))
                .addOutput(value("e", FLOAT, 4))
                .build();
        return new AttributeProto[] {body("then_branch", then), body("else_branch", otherwise)};
    }

    ModelProto build() {
        return model.build();
    }

    Path write(Path file) {
        return write(file, build());
    }

    static Path write(Path file, ModelProto model) {
        try {
            Files.createDirectories(file.toAbsolutePath().getParent());
            return Files.write(file, model.toByteArray());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
