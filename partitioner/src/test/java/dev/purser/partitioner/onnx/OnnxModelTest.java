package dev.purser.partitioner.onnx;

import static dev.purser.partitioner.onnx.TestGraph.FLOAT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.OperatorSetIdProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import com.google.protobuf.ByteString;
import com.google.protobuf.CodedOutputStream;
import dev.purser.core.InputException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class OnnxModelTest {
    @TempDir
    Path folder;

    private Path file;

    @BeforeEach
    void nameTheFile() {
        file = folder.resolve("net.onnx");
    }

    private static TestGraph chain() {
        return new TestGraph()
                .input("x", FLOAT, 1, 16)
                .weight("w", 16, 32)
                .weight("b", 32)
                .node("MatMul", "x w", "m")
                .node("Add", "m b", "a")
                .node("Relu", "a", "y")
                .output("y", FLOAT, 1, 32);
    }

    @Test
    void weightsAreCountedAndStayInTheFile() {
        OnnxModel model = OnnxModel.read(chain().write(file));
        assertThat(model.name()).isEqualTo("net");
        assertThat(model.parameters()).isEqualTo(16 * 32 + 32);
        assertThat(model.weightBytes()).isEqualTo(4 * (16 * 32 + 32));
        Weight large = model.weights().get("w");
        assertThat(large.file()).isEqualTo(file);
        assertThat(large.tensor().hasRawData()).isFalse();
        assertThat(large.inMemory()).isEqualTo(TestGraph.floats("w", 16, 32));
    }

    @Test
    void constantsAreReadAsWeights() {
        TestGraph graph = new TestGraph()
                .input("x", FLOAT, 1, 16)
                .node("Constant", "", "c", TestGraph.tensor("value", TestGraph.floats("", 1, 16)))
                .node("Add", "x c", "y")
                .output("y");
        OnnxModel model = OnnxModel.read(graph.write(file));
        assertThat(model.nodes()).extracting(NodeProto::getOpType).containsExactly("Add");
        assertThat(model.weights().get("c").bytes()).isEqualTo(64);
    }

    @Test
    void nodesAreBroughtIntoOrder() {
        ModelProto.Builder model = chain().build().toBuilder();
        GraphProto.Builder graph = model.getGraphBuilder();
        NodeProto last = graph.getNode(2);
        graph.removeNode(2).addNode(0, last);
        OnnxModel read = OnnxModel.read(TestGraph.write(file, model.build()));
        assertThat(read.nodes()).extracting(NodeProto::getName).containsExactly("m", "a", "y");
    }

    @Test
    void nodesWithoutNamesOfTheirOwnGetSome() {
        ModelProto.Builder model = chain().build().toBuilder();
        model.getGraphBuilder().getNodeBuilder(0).setName("same");
        model.getGraphBuilder().getNodeBuilder(1).setName("same");
        model.getGraphBuilder().getNodeBuilder(2).clearName();
        OnnxModel read = OnnxModel.read(TestGraph.write(file, model.build()));
        assertThat(new String[] {read.nodeName(0), read.nodeName(1), read.nodeName(2)})
                .containsExactly("same", "same#1", "Relu#2");
    }

    @Test
    void whatIsNoModelIsRefused() throws IOException {
        assertThatThrownBy(() -> OnnxModel.read(file))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("there is no such file");
        assertThatThrownBy(() -> OnnxModel.read(folder)).hasMessageContaining("is a directory");
        Files.write(file, new byte[0]);
        assertThatThrownBy(() -> OnnxModel.read(file)).hasMessageContaining("is empty");
        Files.writeString(file, "PK\u0003\u0004 this is no model at all, but a text of some length");
        assertThatThrownBy(() -> OnnxModel.read(file))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("no ONNX model");
        Files.write(file, ModelProto.newBuilder().setIrVersion(8).build().toByteArray());
        assertThatThrownBy(() -> OnnxModel.read(file)).hasMessageContaining("is no ONNX model: it has no graph");
    }

    @Test
    void aTruncatedFileIsRefusedWhereverItEnds() throws IOException {
        byte[] whole = Files.readAllBytes(chain().write(file));
        for (int length = 0; length < whole.length; length += length < 300 ? 1 : 17) {
            Files.write(file, Arrays.copyOf(whole, length));
            assertThatThrownBy(() -> OnnxModel.read(file))
                    .as("%d of %d bytes", length, whole.length)
                    .isInstanceOf(InputException.class);
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void damagedFilesAreReadOrRefusedButNothingElse(long seed) throws IOException {
        byte[] whole = Files.readAllBytes(chain().write(file));
        SplittableRandom random = new SplittableRandom(seed);
        int refused = 0;
        for (int i = 0; i < 150; i++) {
            byte[] damaged = whole.clone();
            for (int flips = 1 + random.nextInt(3); flips > 0; flips--) {
                damaged[random.nextInt(damaged.length)] = (byte) random.nextInt();
            }
            Files.write(file, damaged);
            try {
                OnnxModel.read(file);
            } catch (InputException e) {
                refused++;
                assertThat(e).hasMessageContaining(file.toString());
            }
        }
        assertThat(refused).as("seed %d", seed).isPositive();
    }

    @Test
    void aLengthBeyondTheFileIsFoundBeforeAnythingIsKept() throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        CodedOutputStream out = CodedOutputStream.newInstance(bytes);
        out.writeInt64(ModelProto.IR_VERSION_FIELD_NUMBER, 8);
        out.writeTag(ModelProto.GRAPH_FIELD_NUMBER, 2);
        out.writeUInt32NoTag(2_000_000_000);
        out.flush();
        Files.write(file, bytes.toByteArray());
        assertThatThrownBy(() -> OnnxModel.read(file))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("truncated");
    }

    @Test
    void aSmallFileCannotAskForMuchMemory() throws IOException {
        // two bytes a node
        byte[] nodes = new byte[200_000];
        for (int i = 0; i < nodes.length; i += 2) {
            nodes[i] = GraphProto.NODE_FIELD_NUMBER << 3 | 2;
        }
        GraphProto graph = GraphProto.parseFrom(nodes);
        Files.write(
                file,
                ModelProto.newBuilder().setIrVersion(8).setGraph(graph).build().toByteArray());
        assertThatThrownBy(() -> OnnxFile.parse(file, 10 << 20))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("would need more than 10 MB");
        assertThat(OnnxFile.parse(file, 100 << 20).model().getGraph().getNodeCount())
                .isEqualTo(100_000);
    }

    @Test
    void subgraphsWithinSubgraphsEndSomewhere() {
        GraphProto body = GraphProto.newBuilder().setName("innermost").build();
        for (int i = 0; i < 25; i++) {
            body = GraphProto.newBuilder()
                    .setName("level")
                    .addNode(TestGraph.nodeOf("If", "c", "o", TestGraph.body("then_branch", body)))
                    .build();
        }
        TestGraph.write(
                file, ModelProto.newBuilder().setIrVersion(8).setGraph(body).build());
        assertThatThrownBy(() -> OnnxModel.read(file))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("messages within messages");
    }

    @Test
    void tooManyNodesAreRefused() {
        TestGraph graph = chain();
        for (int i = 0; i <= OnnxModel.MAXIMUM_NODES; i++) {
            graph.graph.addNodeBuilder().setOpType("Relu").addInput("x").addOutput("r" + i);
        }
        graph.write(file);
        assertThatThrownBy(() -> OnnxModel.read(file)).hasMessageContaining("nodes, more than 99999");
    }

    @Test
    void unsoundGraphsAreRefused() {
        refused(chain().node("Relu", "nowhere", "z"), "node 3 'z' (Relu)", "reads 'nowhere', which is no input");
        refused(chain().node("Relu", "x", "y"), "output of node 'y' 'y'", "has a name that something else has");
        refused(chain().weight("w", 2), "initializer 'w'", "has a name that something else has");
        refused(
                chain().node("Add", "x q", "p").node("Relu", "p", "q"),
                "node 3 'p' (Add)",
                "reads its own result, or that of a node in a cycle");
        refused(chain().output("nothing"), "output 'nothing'", "is the result of no node");
        refused(chain().output("y"), "output 'y'", "is there twice");
        refused(chain().input("x", FLOAT, 1), "input 'x'", "is there twice");
        refused(chain().node("", "x", "z"), "node 3 'z'", "has no operator");
        TestGraph noOperators = chain();
        noOperators.model.clearOpsetImport();
        refused(noOperators, "opset_import", "is missing");
        TestGraph ancient = chain();
        ancient.model.setIrVersion(2);
        refused(ancient, "ir_version", "2 is older than 3");
        TestGraph sparse = chain();
        sparse.graph.addSparseInitializerBuilder();
        refused(sparse, "graph", "sparse initializers");
    }

    @Test
    void weightsThatDoNotFitTheirShapesAreRefused() {
        TensorProto sound = TestGraph.floats("v", 4);
        refusedWeight(
                sound.toBuilder().setRawData(ByteString.copyFrom(new byte[15])).build(),
                "has 15 bytes, but its shape asks for 16");
        refusedWeight(sound.toBuilder().setDims(0, -4).build(), "has a dimension of -4");
        refusedWeight(sound.toBuilder().addDims(1L << 60).build(), "more than 4398046511104 elements");
        refusedWeight(sound.toBuilder().setDataType(99).build(), "unknown type 99");
        refusedWeight(
                sound.toBuilder().clearRawData().addFloatData(1).build(), "has 1 values, but its shape asks for 4");
    }

    private void refusedWeight(TensorProto weight, String problem) {
        TestGraph graph = chain();
        graph.graph.addInitializer(weight);
        refused(graph, "initializer 'v'", problem);
    }

    private void refused(TestGraph graph, String field, String problem) {
        graph.write(file);
        assertThatThrownBy(() -> OnnxModel.read(file))
                .isInstanceOf(InputException.class)
                .hasMessageContaining(file + ": " + field)
                .hasMessageContaining(problem);
    }

    @Test
    void externalWeightsAreReadFromTheModelsFolder() throws IOException {
        byte[] data = new byte[100 + 64];
        Arrays.fill(data, 100, 164, (byte) 7);
        Files.createDirectories(folder.resolve("data"));
        Files.write(folder.resolve("data/weights.bin"), data);
        TestGraph graph = new TestGraph()
                .input("x", FLOAT, 16)
                .external("w", "data/weights.bin", "100", "64", 16)
                .node("Add", "x w", "y")
                .output("y");
        Weight weight = OnnxModel.read(graph.write(file)).weights().get("w");
        assertThat(weight.bytes()).isEqualTo(64);
        assertThat(weight.inMemory().getRawData().toByteArray()).isEqualTo(Arrays.copyOfRange(data, 100, 164));
    }

    /** As the cache of Hugging Face has it: files under their checksums in one folder, links with their names in others. */
    @Test
    void linksAsAHubsCacheMakesThemLeadToTheWeights() throws IOException {
        Path blobs = Files.createDirectories(folder.resolve("hub/blobs"));
        Path snapshot = Files.createDirectories(folder.resolve("hub/snapshots/rev/onnx"));
        Files.write(blobs.resolve("bbbb"), new byte[64]);
        new TestGraph()
                .input("x", FLOAT, 16)
                .external("w", "weights.bin", "0", "64", 16)
                .node("Add", "x w", "y")
                .output("y", FLOAT, 16)
                .write(blobs.resolve("aaaa"));
        Path link = Files.createSymbolicLink(snapshot.resolve("model.onnx"), Path.of("../../../blobs/aaaa"));
        assertThatThrownBy(() -> OnnxModel.read(link)).hasMessageContaining("weights.bin', which is not there");

        Files.createSymbolicLink(snapshot.resolve("weights.bin"), Path.of("../../../blobs/bbbb"));
        assertThat(OnnxModel.read(link)
                        .weights()
                        .get("w")
                        .inMemory()
                        .getRawData()
                        .size())
                .isEqualTo(64);

        Files.delete(snapshot.resolve("weights.bin"));
        Files.write(folder.resolve("secret"), new byte[64]);
        Files.createSymbolicLink(snapshot.resolve("weights.bin"), folder.resolve("secret"));
        assertThatThrownBy(() -> OnnxModel.read(link)).hasMessageContaining("leads outside the model's folder");
    }

    @Test
    void anOpsetThatIsImportedTwiceCountsOnceAndTwoVersionsDoNotCount() {
        TestGraph graph =
                new TestGraph().input("x", FLOAT, 4).node("Neg", "x", "y").output("y", FLOAT, 4);
        graph.model.addOpsetImport(
                OperatorSetIdProto.newBuilder().setDomain("ai.onnx").setVersion(17));
        Path twice = graph.write(folder.resolve("twice.onnx"));
        assertThat(OnnxModel.read(twice).frame().getOpsetImportList())
                .singleElement()
                .extracting(OperatorSetIdProto::getVersion)
                .isEqualTo(17L);
        graph.model.addOpsetImport(OperatorSetIdProto.newBuilder().setVersion(13));
        Path two = graph.write(folder.resolve("two.onnx"));
        assertThatThrownBy(() -> OnnxModel.read(two))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("two.onnx: opset_import: imports 'ai.onnx' twice, in the versions 17 and 13");
    }

    @ParameterizedTest
    @CsvSource({
        "../outside.bin, 0, 64, outside the model's folder",
        "/etc/hostname, 0, 64, outside the model's folder",
        "link.bin, 0, 64, a link that leads outside",
        "missing.bin, 0, 64, which is not there",
        "'', 0, 64, names no file",
        "inside.bin, 40, 64, lies at bytes 40 to 104",
        "inside.bin, 9223372036854775807, 64, which has only 64",
        "inside.bin, 0, 60, has 60 bytes of external data",
        "inside.bin, -1, 64, not a count of bytes",
        "inside.bin, zero, 64, not a count of bytes"
    })
    void externalWeightsElsewhereAreRefused(String location, String offset, String length, String problem)
            throws IOException {
        Path home = folder.resolve("home");
        Files.createDirectories(home);
        Files.write(folder.resolve("outside.bin"), new byte[64]);
        Files.write(home.resolve("inside.bin"), new byte[64]);
        Files.createSymbolicLink(home.resolve("link.bin"), folder.resolve("outside.bin"));
        Path model = new TestGraph()
                .input("x", FLOAT, 16)
                .external("w", location, offset, length, 16)
                .node("Add", "x w", "y")
                .output("y")
                .write(home.resolve("net.onnx"));
        assertThatThrownBy(() -> OnnxModel.read(model))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("initializer 'w'")
                .hasMessageContaining(problem);
    }
}
