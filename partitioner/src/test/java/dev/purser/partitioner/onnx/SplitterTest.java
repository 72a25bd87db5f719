package dev.purser.partitioner.onnx;

import static dev.purser.partitioner.onnx.TestGraph.BOOL;
import static dev.purser.partitioner.onnx.TestGraph.FLOAT;
import static dev.purser.partitioner.onnx.TestGraph.number;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.onnx.proto.OnnxMl.FunctionProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.OperatorSetIdProto;
import ai.onnx.proto.OnnxMl.StringStringEntryProto;
import dev.purser.core.InputException;
import dev.purser.core.partition.Cut;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class SplitterTest {
    @TempDir
    Path folder;

    private Path parts;

    @BeforeEach
    void nameTheFolder() {
        parts = folder.resolve("parts");
    }

    private OnnxGraph graph(TestGraph graph, InputShapes shapes) {
        return OnnxGraph.of(OnnxModel.read(graph.write(folder.resolve("whole/net.onnx"))), shapes);
    }

    /** A network that draws lots differs from itself; what is no number must not hide that, and is equal to itself. */
    @Test
    void whatIsNoNumberHidesNoDifference() {
        for (boolean differs : List.of(true, false)) {
            TestGraph test = new TestGraph().input("x", FLOAT, 8).node("Abs", "x", "a");
            test.node("Neg", "a", "n").node("Sqrt", "n", "nan").output("nan", FLOAT, 8);
            test.node(differs ? "RandomNormalLike" : "Sigmoid", "x", "drawn").node("Add", "x drawn", "y");
            OnnxGraph graph = graph(test.output("y", FLOAT, 8), InputShapes.NONE);
            Path parts = folder.resolve("parts-" + differs);
            Comparison comparison = new ChainVerifier(graph, Optimization.NONE, 1, 2, 3)
                    .compare(Splitter.split(graph, List.of(2), parts));
            assertThat(comparison.largestMagnitude()).isFinite().isPositive();
            if (differs) {
                assertThat(comparison.largestDifference()).isGreaterThan(1e-3);
            } else {
                assertThat(comparison.largestDifference()).isZero();
            }
        }
    }

    /** An input that only some values are right for: it picks one of the sizes, and those for 0 and 1 do not fit. */
    @Test
    void valuesThatAreGivenAreThoseThatItRunsWith() {
        TestGraph test = new TestGraph()
                .input("x", FLOAT, 6)
                .input("rate", TestGraph.INT64, 1)
                .longs("first", 1)
                .node("Sub", "rate first", "index")
                .longs("sizes", 4, 5, 3, 6)
                .node("Add", "rate index", "place")
                .node("Mod", "place four", "row")
                .longs("four", 4)
                .node("Gather", "sizes row", "size")
                .longs("rest", -1)
                .node("Concat", "size rest", "shape", TestGraph.number("axis", 0))
                .node("Reshape", "x shape", "y")
                .output("y", FLOAT, "a", "b");
        assertThatThrownBy(() -> graph(test, InputShapes.NONE))
                .hasMessageContaining("needs a run")
                .hasMessageContaining("the values of input 'rate' (whole numbers of 0 to 1) are made up")
                .hasMessageContaining("--input-value");
        InputShapes two = new InputShapes(Map.of(), Map.of(), Map.of("rate", List.of("2")));
        OnnxGraph graph = graph(test, two);
        assertThat(graph.spec("y").shape()).containsExactly(6L, 1L);
        same(graph, Splitter.split(graph, List.of(3), folder.resolve("valued")));

        for (List<String> wrong : List.of(List.of("1", "2"), List.of("1.5"), List.of("two"))) {
            assertThatThrownBy(() -> graph(test, new InputShapes(Map.of(), Map.of(), Map.of("rate", wrong))))
                    .hasMessageContaining("input 'rate'");
        }
        assertThatThrownBy(() -> graph(test, new InputShapes(Map.of(), Map.of(), Map.of("rat", List.of("1")))))
                .hasMessageContaining("input 'rat'")
                .hasMessageContaining("rate");
    }

    private static TestGraph branching() {
        return new TestGraph()
                .input("x", FLOAT, "batch", 16)
                .input("late", FLOAT, "batch", 16)
                .weight("w1", 16, 16)
                .weight("w2", 16, 16)
                .weight("shared", 16)
                .node("MatMul", "x w1", "a")
                .node("Add", "a shared", "b")
                .node("Tanh", "b", "early")
                .node("MatMul", "early w2", "c")
                .node("Add", "c shared", "d")
                .node("Add", "d late", "y")
                .output("y")
                .output("early");
    }

    private static void same(OnnxGraph graph, List<OnnxPart> parts) {
        Comparison comparison = new ChainVerifier(graph, Optimization.NONE, 1, 3, 11).compare(parts);
        assertThat(comparison.largestDifference()).isZero();
        assertThat(comparison.spread()).isGreaterThan(1e-3);
    }

    @Test
    void aPartTakesAndGivesExactlyWhatCrosses() {
        OnnxGraph graph = graph(branching(), InputShapes.NONE.with("batch", 3));
        List<OnnxPart> split = Splitter.split(graph, List.of(2, 4), parts);
        assertThat(split)
                .extracting(OnnxPart::inputs)
                .containsExactly(List.of("x", "late"), List.of("late", "b"), List.of("late", "early", "c"));
        assertThat(split)
                .extracting(OnnxPart::outputs)
                .containsExactly(List.of("late", "b"), List.of("late", "early", "c"), List.of("y", "early"));
        assertThat(split).extracting(OnnxPart::firstLayer).containsExactly(1, 3, 5);
        assertThat(split).extracting(OnnxPart::lastLayer).containsExactly(2, 4, 6);
        same(graph, split);
    }

    @Test
    void weightsGoOnlyWhereTheyAreUsed() throws IOException {
        List<OnnxPart> split = Splitter.split(graph(branching(), InputShapes.NONE.with("batch", 3)), List.of(3), parts);
        assertThat(OnnxModel.read(split.get(0).file()).weights()).containsOnlyKeys("w1", "shared");
        assertThat(OnnxModel.read(split.get(1).file()).weights()).containsOnlyKeys("w2", "shared");
        assertThat(split.get(0).bytes()).isEqualTo(Files.size(split.get(0).file()));
    }

    @Test
    void whatTheModelLeavesOpenStaysOpen() {
        OnnxGraph graph = graph(branching(), InputShapes.NONE.with("batch", 3));
        List<OnnxPart> split = Splitter.split(graph, List.of(3), parts);
        GraphProto second = OnnxFile.parse(split.get(1).file()).model().getGraph();
        assertThat(second.getInputList())
                .containsExactly(
                        TestGraph.value("late", FLOAT, "batch", 16), TestGraph.value("early", FLOAT, "batch", 16));
        // the same parts take another batch
        OnnxGraph larger = OnnxGraph.of(graph.model(), InputShapes.NONE.with("batch", 7));
        same(larger, split);
    }

    @Test
    void formatOperatorsFunctionsAndMetadataAreKept() {
        TestGraph graph = new TestGraph();
        graph.model
                .setIrVersion(8)
                .setProducerName("somebody")
                .addOpsetImport(
                        OperatorSetIdProto.newBuilder().setDomain("mine").setVersion(1))
                .addMetadataProps(
                        StringStringEntryProto.newBuilder().setKey("labels").setValue("cat,dog"))
                .addFunctions(FunctionProto.newBuilder()
                        .setName("Twice")
                        .setDomain("mine")
                        .addInput("i")
                        .addOutput("o")
                        .addNode(TestGraph.nodeOf("Add", "i i", "o"))
                        .addOpsetImport(
                                OperatorSetIdProto.newBuilder().setDomain("").setVersion(17)));
        graph.input("x", FLOAT, 4)
                .node("Twice", "x", "a")
                .node("Relu", "a", "b")
                .node("Twice", "b", "y");
        graph.graph.getNodeBuilder(0).setDomain("mine");
        graph.graph.getNodeBuilder(2).setDomain("mine");
        graph.output("y", FLOAT, 4);
        OnnxGraph shaped = graph(graph, InputShapes.NONE);
        List<OnnxPart> split = Splitter.split(shaped, List.of(1), parts);
        for (OnnxPart part : split) {
            ModelProto message = OnnxFile.parse(part.file()).model();
            ModelProto whole = graph.build();
            assertThat(message.getIrVersion()).isEqualTo(whole.getIrVersion());
            assertThat(message.getProducerName()).isEqualTo("somebody");
            assertThat(message.getOpsetImportList()).isEqualTo(whole.getOpsetImportList());
            assertThat(message.getFunctionsList()).isEqualTo(whole.getFunctionsList());
            assertThat(message.getMetadataPropsList()).isEqualTo(whole.getMetadataPropsList());
        }
        same(shaped, split);
    }

    @Test
    void weightsBeyondTheLimitGoToAFileBeside() throws IOException {
        OnnxGraph graph = graph(branching(), InputShapes.NONE.with("batch", 2));
        List<OnnxPart> split = Splitter.split(graph, List.of(3), parts, 1000);
        assertThat(parts.resolve("part-1.onnx.data")).hasSize(1024);
        assertThat(split.get(1).bytes())
                .isEqualTo(Files.size(parts.resolve("part-2.onnx")) + Files.size(parts.resolve("part-2.onnx.data")));
        assertThat(OnnxModel.read(split.get(0).file()).weights().get("w1").file())
                .isEqualTo(parts.toRealPath().resolve("part-1.onnx.data"));
        same(graph, split);
        // and away again, where they fit
        Splitter.split(graph, List.of(3), parts);
        assertThat(parts.resolve("part-1.onnx.data")).doesNotExist();
        // external weights can be split as well
        Path home = folder.resolve("external");
        Files.createDirectories(home);
        Files.write(
                home.resolve("w.bin"),
                TestGraph.floats("w", 4, 512).getRawData().toByteArray());
        OnnxGraph external = OnnxGraph.of(
                OnnxModel.read(new TestGraph()
                        .input("x", FLOAT, 1, 4)
                        .external("w", "w.bin", "0", "8192", 4, 512)
                        .node("MatMul", "x w", "a")
                        .node("Tanh", "a", "y")
                        .output("y")
                        .write(home.resolve("net.onnx"))),
                InputShapes.NONE);
        same(external, Splitter.split(external, List.of(1), parts));
    }

    @Test
    void bodiesGetWhatTheyCaptureFromAnEarlierPart() {
        OnnxGraph graph = graph(
                new TestGraph()
                        .input("x", FLOAT, 4)
                        .input("c", BOOL)
                        .weight("w", 4)
                        .node("Tanh", "x", "a")
                        .node("If", "c", "i", TestGraph.addingOrNegating())
                        .node("Tanh", "i", "y")
                        .output("y"),
                InputShapes.NONE);
        List<OnnxPart> split = Splitter.split(graph, List.of(1, 2), parts);
        assertThat(split.get(1).inputs()).containsExactly("c", "a");
        assertThat(OnnxModel.read(split.get(1).file()).weights()).containsOnlyKeys("w");
        same(graph, split);
    }

    @Test
    void theOldFormatKeepsItsWeightsAmongTheInputs() {
        TestGraph old = branching();
        old.model
                .setIrVersion(3)
                .clearOpsetImport()
                .addOpsetImport(OperatorSetIdProto.newBuilder().setDomain("").setVersion(9));
        for (String weight : List.of("w1", "w2")) {
            old.input(weight, FLOAT, 16, 16);
        }
        old.input("shared", FLOAT, 16);
        OnnxGraph graph = graph(old, InputShapes.NONE.with("batch", 2));
        List<OnnxPart> split = Splitter.split(graph, List.of(4), parts);
        assertThat(OnnxCheck.problems(split.get(1).file())).isEmpty();
        same(graph, split);
    }

    @Test
    void constantResultsComeFromTheLastPart() {
        OnnxGraph graph = graph(
                new TestGraph()
                        .input("x", FLOAT, 4)
                        .weight("w", 4)
                        .node("Neg", "w", "fixed")
                        .node("Tanh", "x", "a")
                        .node("Add", "a fixed", "y")
                        .output("y")
                        .output("fixed")
                        .output("w"),
                InputShapes.NONE);
        List<OnnxPart> split = Splitter.split(graph, List.of(1), parts);
        assertThat(split.get(1).outputs()).containsExactly("y", "fixed", "w");
        same(graph, split);
    }

    @Test
    void anInputWithoutAShapeGetsAsManyDimensionsAsWereGiven() {
        TestGraph test = new TestGraph()
                .input("x", FLOAT)
                .node("Tanh", "x", "a")
                .node("Neg", "a", "b")
                .node("Add", "b x", "y")
                .output("y");
        test.graph.getInputBuilder(0).getTypeBuilder().getTensorTypeBuilder().clearShape();
        OnnxGraph graph = graph(test, new InputShapes(Map.of("x", List.of(2L, 3L)), Map.of()));
        assertThat(graph.layerGraph().cuts()).extracting(Cut::bytes).containsExactly(48L, 48L);
        List<OnnxPart> split = Splitter.split(graph, List.of(1, 2), parts);
        assertThat(OnnxFile.parse(split.get(1).file()).model().getGraph().getInputList())
                .extracting(input -> input.getType().getTensorType().getShape().getDimCount())
                .containsExactly(2, 2);
        same(graph, split);
    }

    @Test
    void impossibleCutsAreRefused() {
        OnnxGraph graph = graph(branching(), InputShapes.NONE.with("batch", 3));
        for (List<Integer> cuts : List.of(List.of(0), List.of(6), List.of(3, 3), List.of(4, 2), List.of(-1))) {
            assertThatThrownBy(() -> Splitter.split(graph, cuts, parts))
                    .isInstanceOf(InputException.class)
                    .hasMessageContaining("rising numbers from 1 to 5");
        }
        assertThatThrownBy(() -> Splitter.split(graph, List.of(2), folder.resolve("parts/../whole")))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("is the folder of the model");
    }

    @Test
    void cutsThatLeaveMergedOperatorsWholeAreFewerThanAll() {
        OnnxGraph graph = graph(
                new TestGraph()
                        .input("x", FLOAT, 1, 4, 8, 8)
                        .weight("k", 4, 4, 3, 3)
                        .weight("k2", 4, 4, 3, 3)
                        .node("Conv", "x k", "c")
                        .node("Relu", "c", "r")
                        .node("Conv", "r k2", "d")
                        .node("Softmax", "d", "y", number("axis", 1))
                        .output("y"),
                InputShapes.NONE);
        assertThat(graph.layerGraph().cuts()).extracting(Cut::after).containsExactly(1, 2, 3);
        assertThat(MergedOperators.leftWhole(graph).cuts())
                .extracting(Cut::after)
                .containsExactly(2, 3);
    }

    @Test
    void theCheckFindsWhatBreaksTheRules() {
        assertThat(problems(branchingTyped())).isEmpty();
        ModelProto.Builder twice = branchingTyped();
        twice.getGraphBuilder().getNodeBuilder(1).setOutput(0, "a");
        assertThat(problems(twice))
                .contains("node 'b' (Add): assigns 'a' a second time")
                .anyMatch(line -> line.startsWith("node 'early' (Tanh): reads 'b', which nothing before it defines"));
        ModelProto.Builder order = branchingTyped();
        NodeProto first = order.getGraph().getNode(0);
        order.getGraphBuilder().removeNode(0).addNode(first);
        assertThat(problems(order)).contains("node 'b' (Add): reads 'a', which nothing before it defines");
        ModelProto.Builder untyped = branchingTyped();
        untyped.getGraphBuilder().getOutputBuilder(0).clearType();
        untyped.getGraphBuilder()
                .getInputBuilder(0)
                .getTypeBuilder()
                .getTensorTypeBuilder()
                .clearElemType();
        assertThat(problems(untyped)).containsExactly("input 'x': has no type", "output 'y': has no type");
        ModelProto.Builder shapeless = branchingTyped();
        shapeless
                .getGraphBuilder()
                .getOutputBuilder(1)
                .getTypeBuilder()
                .getTensorTypeBuilder()
                .clearShape();
        assertThat(problems(shapeless)).containsExactly("output 'early': has no shape");
        ModelProto.Builder unused = branchingTyped();
        unused.getGraphBuilder().addInitializer(TestGraph.floats("spare", 3));
        assertThat(problems(unused)).containsExactly("initializer 'spare': is not used");
        ModelProto.Builder foreign = branchingTyped();
        foreign.getGraphBuilder().getNodeBuilder(0).setDomain("elsewhere");
        assertThat(problems(foreign))
                .containsExactly("node 'a' (MatMul): no version of its domain 'elsewhere' is imported");
        ModelProto.Builder nameless = branchingTyped();
        nameless.getGraphBuilder().clearName();
        nameless.clearOpsetImport().clearIrVersion();
        assertThat(problems(nameless))
                .contains("graph: has no name", "opset_import: is missing", "ir_version: is missing");
        ModelProto.Builder torn = branchingTyped();
        torn.getGraphBuilder().getInitializerBuilder(2).setDims(0, 17);
        assertThat(problems(torn)).singleElement().asString().contains("its shape asks for 68");
        ModelProto.Builder names = branchingTyped();
        names.getGraphBuilder().getNodeBuilder(0).setName("c");
        assertThat(problems(names)).containsExactly("node 'c': its name is taken");
        ModelProto.Builder attributes = branchingTyped();
        attributes
                .getGraphBuilder()
                .getNodeBuilder(0)
                .addAttribute(number("n", 1))
                .addAttribute(number("n", 2));
        assertThat(problems(attributes)).singleElement().asString().contains("attribute 'n'");
    }

    private static ModelProto.Builder branchingTyped() {
        ModelProto.Builder model = branching().build().toBuilder();
        model.getGraphBuilder()
                .clearOutput()
                .addOutput(TestGraph.value("y", FLOAT, "batch", 16))
                .addOutput(TestGraph.value("early", FLOAT, "batch", 16));
        return model;
    }

    private List<String> problems(ModelProto.Builder model) {
        return OnnxCheck.problems(TestGraph.write(folder.resolve("checked.onnx"), model.build()));
    }
}
