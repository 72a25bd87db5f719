package dev.purser.partitioner.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.purser.core.InputException;
import dev.purser.core.json.Json;
import dev.purser.core.partition.Layer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class NetworkTest {
    @TempDir
    Path folder;

    private OnnxGraph graph(Network network) {
        Path file = folder.resolve(network.label() + ".onnx");
        network.write(NetOptions.PUBLISHED, file);
        return OnnxGraph.of(OnnxModel.read(file), InputShapes.NONE.with("batch", 1));
    }

    /** Parameters that are learnt: a scale that is not is one for all channels, and shared. */
    private static long learnt(OnnxModel model) {
        return model.parameters()
                - model.weights().keySet().stream()
                        .filter(name -> name.startsWith("ones."))
                        .mapToLong(name -> Long.parseLong(name.substring("ones.".length())))
                        .sum();
    }

    @ParameterizedTest
    @CsvSource({
        // the last one or two: the softmax, which others count with the layer before
        "MOBILENET,    4253864,  568740352,  93, mobilenet_v1_224",
        "RESNET50,     25636712, 3857973248, 178, resnet50_224",
        "INCEPTION_V3, 23851784, 5713216096, 314, inception_v3_299"
    })
    void aNetworkIsAsLargeAsPublished(Network network, long parameters, long macs, int layers, String recorded) {
        OnnxGraph graph = graph(network);
        assertThat(learnt(graph.model())).isEqualTo(parameters);
        assertThat(graph.layerGraph().macs()).isEqualTo(macs);
        assertThat(graph.layerGraph().layers()).hasSize(layers);
        likeRecorded(graph, recorded);
    }

    /** Compares layer by layer with a recorded graph, which lies beside the repository or not at all. */
    private static void likeRecorded(OnnxGraph graph, String recorded) {
        Path file = null;
        for (Path at = Path.of("").toAbsolutePath(); at != null && file == null; at = at.getParent()) {
            Path candidate = at.resolve("shared/data/layers/" + recorded + ".json");
            file = Files.isRegularFile(candidate) ? candidate : null;
        }
        assumeThat(file).as("the recorded layer graphs").isNotNull();
        Map<String, JsonNode> layers = new HashMap<>();
        for (JsonNode layer : Json.read(file, JsonNode.class).get("layers")) {
            layers.put(layer.get("name").asText(), layer);
        }
        int compared = 0;
        for (Layer layer :
                graph.layerGraph().layers().subList(1, graph.layerGraph().last())) {
            JsonNode same = layers.get(layer.name());
            assertThat(same).as(layer.name()).isNotNull();
            assertThat(layer.macs()).as(layer.name()).isEqualTo(same.get("macs").asLong());
            assertThat(layer.outBytes())
                    .as(layer.name())
                    .isEqualTo(same.get("outBytes").asLong());
            if (!layer.type().equals("BatchNormalization")) {
                assertThat(layer.paramBytes())
                        .as(layer.name())
                        .isEqualTo(same.get("paramBytes").asLong());
            }
            List<String> inputs = layer.inputs().stream()
                    .map(input -> graph.layerGraph().layers().get(input))
                    .filter(input -> !input.type().equals("Input"))
                    .map(Layer::name)
                    .sorted()
                    .toList();
            List<String> recordedInputs = same.get("inputs")
                    .valueStream()
                    .map(input -> byIndex(layers, input.asInt()))
                    .filter(input -> !input.get("type").asText().equals("InputLayer"))
                    .map(input -> input.get("name").asText())
                    .sorted()
                    .toList();
            assertThat(inputs).as(layer.name()).isEqualTo(recordedInputs);
            compared++;
        }
        assertThat(compared).isGreaterThan(layers.size() - 3);
    }

    private static JsonNode byIndex(Map<String, JsonNode> layers, int index) {
        return layers.values().stream()
                .filter(layer -> layer.get("i").asInt() == index)
                .findFirst()
                .orElseThrow();
    }

    @Test
    void theSeedAloneDecidesTheWeights() throws IOException {
        NetOptions small = new NetOptions(32, 0.25, 10, 1, 5);
        Path first = folder.resolve("first.onnx");
        Path second = folder.resolve("second.onnx");
        Network.MOBILENET.write(small, first);
        Network.MOBILENET.write(small, second);
        assertThat(second).hasSameBinaryContentAs(first);
        Network.MOBILENET.write(new NetOptions(32, 0.25, 10, 1, 6), second);
        assertThat(Files.mismatch(first, second)).isNotNegative();
        try (var files = Files.list(folder)) {
            assertThat(files).hasSize(2);
        }
    }

    @Test
    void otherSizesAndWidthsAreNetworksToo() {
        for (Network network : List.of(Network.WIDE_RESNET50_2, Network.VGG16)) {
            Path file = folder.resolve(network.label() + ".onnx");
            network.write(new NetOptions(64, 0.125, 7, 2, 1), file);
            OnnxGraph graph = OnnxGraph.of(OnnxModel.read(file), InputShapes.NONE);
            assertThat(graph.spec(graph.model().outputs().get(0).getName()).shape())
                    .containsExactly(2L, 7L);
        }
    }

    @Test
    void whatIsOutOfRangeIsRefused() {
        assertThatThrownBy(() -> Network.of("resnet5"))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("'resnet50'");
        assertThat(Network.of("wide-resnet50-2")).isEqualTo(Network.WIDE_RESNET50_2);
        assertThatThrownBy(() -> NetOptions.PUBLISHED.withSize(31)).hasMessageContaining("size: is 31");
        assertThatThrownBy(() -> NetOptions.PUBLISHED.withWidth(0)).hasMessageContaining("width: is 0.0");
        assertThatThrownBy(() ->
                        Network.INCEPTION_V3.write(NetOptions.PUBLISHED.withSize(64), folder.resolve("small.onnx")))
                .hasMessageContaining("75 or more");
    }
}
