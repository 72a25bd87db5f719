package dev.purser.partitioner.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import dev.purser.core.partition.Cut;
import dev.purser.core.partition.CutRule;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A chain of parts answers as the whole model does, wherever it is cut. */
final class EveryCutTest {
    private static final double TOLERANCE = 1e-5;

    @TempDir
    Path folder;

    private double largest(OnnxGraph graph, List<Cut> cuts, Optimization optimization) {
        ChainVerifier verifier = new ChainVerifier(graph, optimization, 1, 2, 7);
        double largest = 0;
        for (Cut cut : cuts) {
            Comparison comparison =
                    verifier.compare(Splitter.split(graph, List.of(cut.after()), folder.resolve("parts")));
            // else the comparison would show nothing
            assertThat(comparison.spread()).isGreaterThan(20 * TOLERANCE);
            largest = Math.max(largest, comparison.largestDifference());
        }
        return largest;
    }

    static Stream<Arguments> networks() {
        // one more than published where the softmax is a node of its own
        return Stream.of(
                arguments(Network.MOBILENET, 32, 0.5, 91),
                arguments(Network.RESNET50, 64, 0.25, 39 + 1),
                arguments(Network.INCEPTION_V3, 75, 0.25, 29 + 1));
    }

    @ParameterizedTest
    @MethodSource("networks")
    void atEverySingleCutOfANetwork(Network network, int size, double width, int cuts) {
        OnnxGraph graph = network(network, size, width);
        List<Cut> single = graph.layerGraph().cuts(CutRule.SINGLE);
        assertThat(single).hasSize(cuts);
        assertThat(largest(graph, single, Optimization.ALL)).isLessThanOrEqualTo(TOLERANCE);
    }

    private OnnxGraph network(Network network, int size, double width) {
        Path file = folder.resolve("whole").resolve(network.label() + ".onnx");
        network.write(NetOptions.PUBLISHED.withSize(size).withWidth(width), file);
        return OnnxGraph.of(OnnxModel.read(file), InputShapes.NONE.with("batch", 2));
    }

    @Test
    void atCutsThatSeveralTensorsCross() {
        OnnxGraph graph = network(Network.INCEPTION_V3, 75, 0.25);
        List<Cut> several = graph.layerGraph().cuts().stream()
                .filter(cut -> !cut.single() && cut.after() % 12 == 0)
                .toList();
        assertThat(several).hasSizeGreaterThan(15).anyMatch(cut -> cut.tensors().size() == 4);
        assertThat(largest(graph, several, Optimization.ALL)).isLessThanOrEqualTo(TOLERANCE);
    }

    @Test
    void atEverySingleCutOfAnEmbeddingModel() throws IOException {
        Path file = folder.resolve("embedding.onnx");
        try (InputStream in =
                Objects.requireNonNull(EveryCutTest.class.getResourceAsStream("/all-minilm-l6-v2-q.onnx"))) {
            Files.copy(in, file);
        }
        OnnxGraph graph = OnnxGraph.of(
                OnnxModel.read(file), InputShapes.NONE.with("batch_size", 1).with("sequence_length", 9));
        List<Cut> single = graph.layerGraph().cuts(CutRule.SINGLE);
        assertThat(single).hasSize(9);
        assertThat(largest(graph, single, Optimization.NONE)).isZero();
        // a quantised operator turns another rounding into a step, so merged operators must stay whole
        List<Cut> whole = MergedOperators.leftWhole(graph).cuts();
        assertThat(largest(graph, every(whole, 15), Optimization.ALL)).isLessThanOrEqualTo(TOLERANCE);
    }

    private static List<Cut> every(List<Cut> cuts, int step) {
        List<Cut> some = new ArrayList<>();
        for (int i = 0; i < cuts.size(); i += step) {
            some.add(cuts.get(i));
        }
        return some;
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12})
    void atRandomCutsOfRandomGraphs(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        TestGraph test = new TestGraph();
        List<String> tensors = new ArrayList<>();
        for (int i = 0; i <= random.nextInt(3); i++) {
            test.input("in" + i, TestGraph.FLOAT, "n", 8);
            tensors.add("in" + i);
        }
        test.weight("w0", 8, 8).weight("w1", 8).node("Transpose", "w0", "wt");
        int nodes = 8 + random.nextInt(20);
        for (int i = 0; i < nodes; i++) {
            String left = tensors.get(random.nextInt(tensors.size()));
            String right = tensors.get(random.nextInt(tensors.size()));
            String result = "t" + i;
            switch (random.nextInt(5)) {
                case 0 -> test.node("MatMul", left + " w0", result);
                case 1 -> test.node("MatMul", left + " wt", result);
                case 2 -> test.node("Add", left + " w1", result);
                case 3 -> test.node("Tanh", left, result);
                default -> test.node("Add", left + " " + right, result);
            }
            tensors.add(result);
        }
        test.output("t" + (nodes - 1)).output("t" + random.nextInt(nodes - 1)).output("in0");
        OnnxGraph graph = OnnxGraph.of(
                OnnxModel.read(test.write(folder.resolve("whole/random.onnx"))), InputShapes.NONE.with("n", 3));
        List<Cut> legal = graph.layerGraph().cuts();
        TreeSet<Integer> cuts = new TreeSet<>();
        for (int i = 0; i < 5; i++) {
            cuts.add(legal.get(random.nextInt(legal.size())).after());
        }
        List<OnnxPart> parts = Splitter.split(graph, List.copyOf(cuts), folder.resolve("parts"));
        assertThat(new ChainVerifier(graph, Optimization.NONE, 1, 2, seed)
                        .compare(parts)
                        .largestDifference())
                .as("seed %d, cuts %s", seed, cuts)
                .isZero();
    }
}
