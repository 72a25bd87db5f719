package dev.purser.partitioner.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.purser.core.partition.LayerGraph;
import dev.purser.core.partition.PartitionPlan;
import dev.purser.core.partition.PartitionRequest;
import dev.purser.core.pricing.PriceBooks;
import dev.purser.partitioner.Shared;
import dev.purser.partitioner.cost.CalibratedCosts;
import dev.purser.partitioner.cost.Calibration;
import dev.purser.partitioner.cost.Limits;
import dev.purser.partitioner.plan.ExactPartitioner;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Networks that are made up are planned as the recorded ones whose architecture they have. */
final class NetworkPlansTest {
    @TempDir
    private Path folder;

    private static PartitionPlan plan(LayerGraph graph, long slo) {
        return (PartitionPlan) new ExactPartitioner()
                .partition(PartitionRequest.of(
                                graph,
                                new CalibratedCosts(Calibration.load("cold"), PriceBooks.named("us-east-1-2026")),
                                Limits.load("lambda-2021"))
                        .withSlo(slo));
    }

    /** InceptionV3's normalisations have a scale in ONNX and none in Keras, which is 0.1 % of its weights. */
    @ParameterizedTest
    @CsvSource({
        "MOBILENET,    mobilenet_v1_224, 0, 0",
        "RESNET50,     resnet50_224,     0, 0",
        "INCEPTION_V3, inception_v3_299, 1, 1e-4"
    })
    void plansAreThoseOfTheRecordedGraphs(Network network, String recorded, long millis, double share) {
        LayerGraph keras = Shared.graph(recorded);
        Path file = folder.resolve("net.onnx");
        network.write(NetOptions.PUBLISHED, file);
        LayerGraph onnx = OnnxGraph.of(OnnxModel.read(file), InputShapes.NONE.with("batch", 1))
                .layerGraph();
        for (long slo : new long[] {PartitionRequest.UNBOUNDED, 22_800, 20_000, 18_000, 16_000, 14_000}) {
            PartitionPlan expected = plan(keras, slo);
            PartitionPlan found = plan(onnx, slo);
            assertThat(found.cuts()).as("%s within %d", network, slo).isEqualTo(expected.cuts());
            assertThat((double) found.units()).isCloseTo((double) expected.units(), within(share * expected.units()));
            assertThat(found.millis()).isCloseTo(expected.millis(), within(millis));
        }
    }
}
