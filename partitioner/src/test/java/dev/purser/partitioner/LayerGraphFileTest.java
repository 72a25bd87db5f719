package dev.purser.partitioner;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.purser.core.InputException;
import dev.purser.core.json.Json;
import dev.purser.core.partition.Cut;
import dev.purser.core.partition.CutRule;
import dev.purser.core.partition.LayerGraph;
import dev.purser.core.partition.Spatial;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Layer graphs from JSON. */
class LayerGraphFileTest {
    private static final String LAYERS = """
            {"model": "m", "layers": [
              {"i": 0, "name": "in", "type": "InputLayer", "paramBytes": 0, "outBytes": 48, "macs": 0, "outShape": [2, 2, 3]},
              {"i": 1, "name": "a", "type": "Conv2D", "inputs": [0], "paramBytes": 9, "outBytes": 40, "macs": 7,
               "outShape": [2, 2, 3], "attrs": {"kernel": [3, 3], "strides": [1, 1], "padding": "same"}},
              {"i": 2, "name": "b", "type": "Add", "inputs": [1, 0], "paramBytes": 0, "outBytes": 8, "macs": 0},
              {"i": 3, "name": "c", "type": "Dense", "inputs": [2], "paramBytes": 5, "outBytes": 4, "macs": 1}
            ]CUTS}
            """;

    @TempDir
    private Path folder;

    private LayerGraph read(String cuts) throws IOException {
        Path file = folder.resolve("graph.json");
        Files.writeString(file, LAYERS.replace("CUTS", cuts));
        return LayerGraphFile.read(file);
    }

    @Test
    void cutsFollowFromTheLayersInputsIncluded() throws IOException {
        LayerGraph graph = read("");
        assertThat(graph.cuts()).containsExactly(new Cut(1, List.of("in", "a"), 88), new Cut(2, List.of("b"), 8));
        assertThat(graph.cuts(CutRule.SINGLE)).extracting(Cut::after).containsExactly(2);
        assertThat(graph.paramBytes()).isEqualTo(14);
        assertThat(graph.macs()).isEqualTo(8);
        assertThat(graph.layers().get(1).spatial()).isEqualTo(new Spatial(2, 2, 3, 3, 3, 1, 1, 1, 1, 1, 1));
        assertThat(graph.layers().get(3).spatial()).isNull();
    }

    @Test
    void cutsThatContradictTheLayersAreRefused() {
        String right = ", \"cuts\": [{\"after\": 2, \"tensors\": [2], \"bytes\": 8, \"single\": true}]";
        assertThat(org.assertj.core.api.Assertions.catchThrowable(() -> read(right)))
                .isNull();
        assertThatThrownBy(() -> read(right.replace("8", "9")))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("cuts[0]")
                .hasMessageContaining("9 bytes")
                .hasMessageContaining("Maybe: by the layers' inputs and outBytes it is 1 of 8");
    }

    @Test
    void wrongOrderUnknownFieldsAndForwardEdgesAreNamed() {
        Path file = folder.resolve("bad.json");
        for (String[] change : new String[][] {
            {"\"i\": 2", "\"i\": 7", "layers[2].i"},
            {"\"macs\": 7", "\"macs\": 7, \"colour\": 1", "colour"},
            {"[1, 0]", "[3]", "layer 2 (b) reads layer 3"},
            {"\"paramBytes\": 9", "\"paramBytes\": -9", "paramBytes is -9"},
            {"\"name\": \"c\"", "\"name\": \"a\"", "two layers are called 'a'"}
        }) {
            assertThatThrownBy(() -> {
                        Files.writeString(file, LAYERS.replace("CUTS", "").replace(change[0], change[1]));
                        LayerGraphFile.read(file);
                    })
                    .isInstanceOf(InputException.class)
                    .hasMessageContaining("bad.json")
                    .hasMessageContaining(change[2]);
        }
    }

    @Test
    void everyRecordedGraphIsReadWithTheCutsItSays() throws IOException {
        List<String> names = new ArrayList<>();
        try (var files = Files.list(Shared.data("layers"))) {
            files.map(file -> file.getFileName().toString())
                    .filter(name -> name.endsWith("_224.json") || name.endsWith("_299.json"))
                    .forEach(names::add);
        }
        assertThat(names).hasSizeGreaterThan(10);
        for (String name : names) {
            JsonNode json = Json.read(Shared.data("layers").resolve(name), JsonNode.class);
            LayerGraph graph = Shared.graph(name.replace(".json", ""));
            List<Integer> single = new ArrayList<>();
            json.get("singleCuts").forEach(cut -> single.add(cut.asInt()));
            assertThat(graph.cuts(CutRule.SINGLE)).extracting(Cut::after).isEqualTo(single);
            assertThat(graph.paramBytes())
                    .isEqualTo(json.get("totals").get("paramBytes").asLong());
            assertThat(graph.macs()).isEqualTo(json.get("totals").get("macs").asLong());
        }
    }
}
