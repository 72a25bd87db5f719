package dev.purser.partitioner.onnx;

import static dev.purser.partitioner.onnx.TestGraph.BOOL;
import static dev.purser.partitioner.onnx.TestGraph.FLOAT;
import static dev.purser.partitioner.onnx.TestGraph.STRING;
import static dev.purser.partitioner.onnx.TestGraph.number;
import static dev.purser.partitioner.onnx.TestGraph.numbers;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import dev.purser.core.InputException;
import dev.purser.core.partition.Cut;
import dev.purser.core.partition.Layer;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class OnnxGraphTest {
    @TempDir
    Path folder;

    private OnnxGraph graph(TestGraph graph) {
        return graph(graph, InputShapes.NONE);
    }

    private OnnxGraph graph(TestGraph graph, InputShapes shapes) {
        return OnnxGraph.of(OnnxModel.read(graph.write(folder.resolve("net.onnx"))), shapes);
    }

    private Layer layer(OnnxGraph graph, String name) {
        return graph.layerGraph().layers().stream()
                .filter(layer -> layer.name().equals(name))
                .findFirst()
                .orElseThrow();
    }

    @Test
    void layersHaveTheirInputsWeightsAndOutputs() {
        OnnxGraph graph = graph(new TestGraph()
                .input("x", FLOAT, 2, 16)
                .weight("w", 16, 32)
                .weight("b", 32)
                .node("MatMul", "x w", "m")
                .node("Add", "m b", "a")
                .node("Relu", "a", "y")
                .output("y"));
        assertThat(graph.layerGraph().name()).isEqualTo("net");
        assertThat(graph.layerGraph().layers())
                .containsExactly(
                        new Layer("inputs", "Input", List.of(), 0, 128, 0),
                        new Layer("m", "MatMul", List.of(0), 2048, 256, 2 * 16 * 32),
                        new Layer("a", "Add", List.of(1), 128, 256, 0),
                        new Layer("y", "Relu", List.of(2), 0, 256, 0));
        assertThat(graph.layerGraph().cuts())
                .containsExactly(new Cut(1, List.of("m"), 256), new Cut(2, List.of("a"), 256));
    }

    @Test
    void whatIsReadLaterCrossesEveryCutBefore() {
        OnnxGraph graph = graph(new TestGraph()
                .input("x", FLOAT, 4)
                .input("late", FLOAT, 8)
                .input("unused", FLOAT, 1)
                .node("Relu", "x", "a")
                .node("Neg", "a", "early")
                .node("Concat", "early a", "c", number("axis", 0))
                .node("Add", "c late", "y")
                .output("y")
                .output("early"));
        assertThat(graph.layerGraph().cuts())
                .containsExactly(
                        new Cut(1, List.of("late", "a"), 32 + 16),
                        new Cut(2, List.of("late", "a", "early"), 32 + 16 + 16),
                        new Cut(3, List.of("late", "early", "c"), 32 + 16 + 32));
    }

    @Test
    void whatDependsOnWeightsAloneIsNoLayer() {
        OnnxGraph graph = graph(new TestGraph()
                .input("x", FLOAT, 2, 16)
                .weight("w", 32, 16)
                .node("Transpose", "w", "t", numbers("perm", 1L, 0L))
                .node("MatMul", "x t", "m")
                .node("Relu", "m", "r")
                .node("Gemm", "r t", "y", number("transB", 1))
                .output("y"));
        assertThat(graph.layerGraph().layers()).extracting(Layer::name).containsExactly("inputs", "m", "r", "y");
        // both layers need the weight
        assertThat(layer(graph, "m").paramBytes()).isEqualTo(2048);
        assertThat(layer(graph, "y").paramBytes()).isEqualTo(2048);
        assertThat(graph.layerGraph().cuts()).extracting(Cut::tensors).containsExactly(List.of("m"), List.of("r"));
    }

    @Test
    void aControlFlowNodeReadsWhatItsBodiesCapture() {
        OnnxGraph graph = graph(new TestGraph()
                .input("x", FLOAT, 4)
                .input("c", BOOL)
                .weight("w", 4)
                .node("Relu", "x", "a")
                .node("Neg", "a", "b")
                .node("If", "c", "i", TestGraph.addingOrNegating())
                .node("Add", "i b", "y")
                .output("y"));
        assertThat(layer(graph, "i").inputs()).containsExactly(0, 1);
        assertThat(layer(graph, "i").paramBytes()).isEqualTo(16);
        assertThat(graph.layerGraph().cuts())
                .extracting(Cut::tensors)
                .containsExactly(List.of("c", "a"), List.of("c", "a", "b"), List.of("b", "i"));
    }

    @Test
    void whatHasNoSizeCannotCross() {
        OnnxGraph graph = graph(new TestGraph()
                .input("x", FLOAT, 6)
                .scalar("zero", 0)
                .node("SplitToSequence", "x", "sequence")
                .node("SequenceAt", "sequence zero", "element")
                .node("NonZero", "x", "where")
                .node("ReduceSum", "where", "y", number("keepdims", 0))
                .node("Relu", "element", "z")
                .output("y")
                .output("z"));
        assertThat(graph.illegalCuts())
                .containsEntry(1, "'sequence' is no tensor")
                .containsEntry(3, "the size of 'where' depends on what the model is fed");
        assertThat(graph.layerGraph().cuts())
                .extracting(Cut::tensors)
                .containsExactly(List.of("x", "element"), List.of("element", "y"));
        assertThatThrownBy(() -> Splitter.split(graph, List.of(1), folder.resolve("parts")))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("cut after layer 1 (sequence): is not possible: 'sequence' is no tensor")
                .hasMessageContaining("Maybe: cut after layer 2");
    }

    @Test
    void textsCannotCross() {
        OnnxGraph graph = graph(new TestGraph()
                .input("x", STRING, 3)
                .node("Identity", "x", "a")
                .node("Identity", "a", "y")
                .output("y"));
        assertThat(graph.layerGraph().cuts()).isEmpty();
        assertThat(graph.illegalCuts().get(1)).startsWith("'a' holds texts");
    }

    @Test
    void shapesThatTheGraphComputesAreMeasured() {
        OnnxGraph graph = graph(
                new TestGraph()
                        .input("x", FLOAT, "batch", 6)
                        .longs("two", 2)
                        .longs("rest", -1)
                        .longs("zero", 0)
                        .node("Shape", "x", "s")
                        .node("Gather", "s zero", "n", number("axis", 0))
                        .node("Div", "n two", "h")
                        .node("Concat", "h rest", "t", number("axis", 0))
                        .node("Reshape", "x t", "r")
                        .node("Relu", "r", "y")
                        .output("y"),
                InputShapes.NONE.with("batch", 4));
        assertThat(layer(graph, "r").outBytes()).isEqualTo(4 * 6 * 4);
        assertThat(graph.spec("r").shape()).containsExactly(2L, 12L);
        assertThat(graph.illegalCuts()).isEmpty();
    }

    @Test
    void openShapesNeedValues() {
        TestGraph graph = new TestGraph()
                .input("x", FLOAT, "batch", 3)
                .input("z", FLOAT, "", "length")
                .node("Relu", "x", "y")
                .node("Relu", "z", "q")
                .output("y")
                .output("q");
        assertThatThrownBy(() -> graph(graph))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("input 'x', dimension 0: 'batch' is open, and has no value\nMaybe: give batch=1")
                .hasMessageContaining("input 'z', dimension 0: is open")
                .hasMessageContaining("input 'z', dimension 1: 'length' is open");
        assertThatThrownBy(() -> graph(graph, new InputShapes(Map.of("x", List.of(2L, 4L)), Map.of("batsch", 3L))))
                .hasMessageContaining("input 'x', dimension 1: is 3, but 4 was given")
                .hasMessageContaining("dimension 'batsch'")
                .hasMessageContaining("'batch'");
        assertThatThrownBy(() -> graph(graph, new InputShapes(Map.of("w", List.of(2L), "x", List.of(1L)), Map.of())))
                .hasMessageContaining("input 'w': there is none of this name")
                .hasMessageContaining("input 'x': has 2 dimensions, but [1] was given");
        OnnxGraph shaped = graph(graph, new InputShapes(Map.of("z", List.of(5L, 7L)), Map.of("batch", 2L)));
        assertThat(layer(shaped, "y").outBytes()).isEqualTo(24);
        assertThat(layer(shaped, "q").outBytes()).isEqualTo(140);
    }

    @Test
    void operationsAreCountedWhereTheyMultiply() {
        OnnxGraph graph = graph(new TestGraph()
                .input("image", FLOAT, 2, 4, 10, 10)
                .input("sequence", FLOAT, 5, 2, 6)
                .input("stack", FLOAT, 3, 7, 8)
                .weight("kernel", 8, 4, 3, 3)
                .weight("groups", 4, 1, 3, 3)
                .weight("up", 4, 6, 2, 2)
                .weight("gates", 2, 4 * 9, 6)
                .weight("state", 2, 4 * 9, 9)
                .weight("right", 3, 8, 11)
                .node("Conv", "image kernel", "conv", numbers("pads", 1L, 1L, 1L, 1L))
                .node("Conv", "image groups", "grouped", number("group", 4))
                .node("ConvTranspose", "image up", "transposed", numbers("strides", 2L, 2L))
                .node(
                        "LSTM",
                        "sequence gates state",
                        "lstm",
                        number("hidden_size", 9),
                        TestGraph.text("direction", "bidirectional"))
                .node("MatMul", "stack right", "product")
                .node("Flatten", "stack", "flat", number("axis", 2))
                .node("MatMul", "flat right0", "late")
                .weight("right0", 8, 2)
                .node("Relu", "conv", "relu")
                .output("relu")
                .output("grouped")
                .output("transposed")
                .output("lstm")
                .output("product")
                .output("late"));
        assertThat(layer(graph, "conv").macs()).isEqualTo(2L * 8 * 10 * 10 * 4 * 9);
        assertThat(layer(graph, "grouped").macs()).isEqualTo(2L * 4 * 8 * 8 * 9);
        assertThat(layer(graph, "transposed").macs()).isEqualTo(2L * 4 * 10 * 10 * 6 * 4);
        assertThat(layer(graph, "lstm").macs()).isEqualTo(5L * 2 * 2 * 4 * 9 * (6 + 9));
        assertThat(layer(graph, "product").macs()).isEqualTo(3L * 7 * 11 * 8);
        assertThat(layer(graph, "late").macs()).isEqualTo(21L * 2 * 8);
        assertThat(layer(graph, "relu").macs()).isZero();
    }

    @Test
    void whatTheRuntimeCannotRunIsRefused() {
        assertThatThrownBy(() -> graph(new TestGraph()
                        .input("x", FLOAT, 3)
                        .node("Frobnicate", "x", "y")
                        .output("y")))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("cannot be loaded by ONNX Runtime")
                .hasMessageContaining("Frobnicate");
        TestGraph future =
                new TestGraph().input("x", FLOAT, 3).node("Relu", "x", "y").output("y");
        future.model.setIrVersion(99);
        assertThatThrownBy(() -> graph(future)).hasMessageContaining("IR version");
        assertThatThrownBy(() -> graph(new TestGraph()
                        .input("x", FLOAT, 3)
                        .weight("w", 3)
                        .node("Relu", "w", "y")
                        .output("y")))
                .hasMessageContaining("no node depends on an input");
    }

    /** A few bytes that stand for more than any machine has, and for more time than anyone has. */
    @Test
    void whatWouldFillTheMemoryOrNeverEndIsRefused() {
        TestGraph declared = new TestGraph()
                .input("x", FLOAT, 1 << 20, 1 << 20, 1 << 20)
                .node("Neg", "x", "y")
                .output("y");
        assertThatThrownBy(() -> graph(declared, InputShapes.NONE))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("input 'x': has the shape [1048576, 1048576, 1048576]");

        TestGraph expanding = new TestGraph()
                .input("x", FLOAT, 1)
                .longs("shape", 1 << 20, 1 << 20)
                .node("ConstantOfShape", "shape", "zeros")
                .node("ReduceSum", "zeros", "sum")
                .node("Add", "x sum", "y")
                .output("y", FLOAT, 1, 1);
        assertThatThrownBy(() -> graph(expanding, InputShapes.NONE))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("zeros");
    }

    @Test
    void aRunThatDoesNotEndIsEnded() throws OrtException {
        GraphProto body = GraphProto.newBuilder()
                .setName("body")
                .addInput(TestGraph.value("i", TestGraph.INT64))
                .addInput(TestGraph.value("on", TestGraph.BOOL))
                .addInput(TestGraph.value("v", FLOAT, 1))
                .addNode(TestGraph.nodeOf("Identity", "on", "on2"))
                .addNode(TestGraph.nodeOf("Neg", "v", "v2"))
                .addOutput(TestGraph.value("on2", TestGraph.BOOL))
                .addOutput(TestGraph.value("v2", FLOAT, 1))
                .build();
        TestGraph looping = new TestGraph()
                .input("x", FLOAT, 1)
                .scalar("often", Long.MAX_VALUE)
                .node("Loop", "often  x", "z", TestGraph.body("body", body))
                .node("NonZero", "z", "places")
                .output("places", TestGraph.INT64, 1, "n");
        Path file = looping.write(folder.resolve("looping.onnx"));
        OnnxModel model = OnnxModel.read(file);
        Map<String, OnnxTensor> inputs = RandomInputs.of(model, Map.of("x", List.of(1L)), Map.of(), 1, 0);
        try (OrtSession session = Sessions.open(file, Optimization.NONE, 1)) {
            assertThatThrownBy(() -> Sessions.run(session, inputs, file, 1))
                    .isInstanceOf(InputException.class)
                    .hasMessageContaining("takes longer than 1 s");
        } finally {
            inputs.values().forEach(OnnxTensor::close);
        }
    }
}
