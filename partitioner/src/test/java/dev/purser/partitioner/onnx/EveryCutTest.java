package dev.purser.partitioner.onnx;

import static org.assertj.core.api.Assertions.assertThat;

import dev.purser.core.partition.Cut;
import dev.purser.core.partition.CutRule;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A chain of parts answers as the whole model does, wherever it is cut. */
final class EveryCutTest {
    @TempDir
    Path folder;

    @ParameterizedTest
    @CsvSource({"MOBILENET, 64, 0.25, 91", "RESNET50, 64, 0.25, 39", "INCEPTION_V3, 75, 0.25, 29"})
    void atEverySingleCutOfANetworkThePartsGiveTheSameResult(Network network, int size, double width, int cuts) {
        Path file = folder.resolve("whole").resolve(network.label() + ".onnx");
        network.write(NetOptions.PUBLISHED.withSize(size).withWidth(width), file);
        OnnxGraph graph = OnnxGraph.of(OnnxModel.read(file), InputShapes.NONE.with("batch", 2));
        List<Cut> single = graph.layerGraph().cuts(CutRule.SINGLE);
        ChainVerifier verifier = new ChainVerifier(graph, Optimization.ALL, 1, 2, 7);
        for (Cut cut : single) {
            List<OnnxPart> parts = Splitter.split(graph, List.of(cut.after()), folder.resolve("parts"));
            Comparison comparison = verifier.compare(parts);
            System.err.println(cut.after() + " " + comparison);
            assertThat(comparison.largestDifference()).as("%s", cut).isLessThanOrEqualTo(1e-5);
        }
    }
}
