package dev.purser.partitioner;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.purser.core.InputException;
import dev.purser.core.partition.Layer;
import dev.purser.core.partition.LayerGraph;
import dev.purser.core.partition.PartitionPlan;
import dev.purser.core.partition.PartitionRequest;
import dev.purser.core.partition.Spatial;
import dev.purser.core.policy.Partitioner;
import dev.purser.core.pricing.PriceBooks;
import dev.purser.partitioner.cost.CalibratedCosts;
import dev.purser.partitioner.cost.Calibration;
import dev.purser.partitioner.cost.Limits;
import dev.purser.spi.PolicyFactory;
import dev.purser.spi.PolicyKind;
import dev.purser.spi.PolicyRegistry;
import dev.purser.spi.PolicySpec;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What the service loader finds. */
class PartitionerPluginTest {
    private static final PolicyRegistry REGISTRY = PolicyRegistry.load();

    static List<String> names() {
        return REGISTRY.factories(PolicyKind.PARTITIONER).stream()
                .map(PolicyFactory::name)
                .toList();
    }

    @Test
    void allAreFound() {
        assertThat(names())
                .contains("amps-inf", "integer-programme", "equal-layers-programme", "exhaustive", "random")
                .contains("equal-layers", "greedy-fill", "greedy-max-memory", "gillis");
        assertThatThrownBy(() -> REGISTRY.partitioner("--partitioner", PolicySpec.of("amps"), 1))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("there is no partitioner 'amps'")
                .hasMessageContaining("'amps-inf'");
    }

    @ParameterizedTest
    @MethodSource("names")
    void eachPlansAChainOfEqualLayersAndTheSameForASeed(String name) {
        List<Layer> layers = new ArrayList<>();
        layers.add(new Layer("in", "Input", List.of(), 0, 4L * 28 * 28 * 64, 0, Spatial.pointwise(28, 28, 64)));
        for (int i = 1; i <= 6; i++) {
            layers.add(new Layer(
                    "conv" + i,
                    "Conv",
                    List.of(i - 1),
                    20L << 20,
                    4L * 28 * 28 * 64,
                    28_901_376,
                    new Spatial(28, 28, 64, 3, 3, 1, 1, 1, 1, 1, 1)));
        }
        PartitionRequest request = PartitionRequest.of(
                        LayerGraph.of("equal", layers),
                        new CalibratedCosts(Calibration.load("cold"), PriceBooks.named("us-east-1-2026")),
                        Limits.load("lambda-2021"))
                .withMemories(List.of(512, 1024, 2048))
                .withParts(1, 2);
        Partitioner partitioner = REGISTRY.partitioner("test", PolicySpec.of(name), 3);
        assertThat(partitioner.partition(request)).isInstanceOf(PartitionPlan.class);
        assertThat(REGISTRY.partitioner("test", PolicySpec.of(name), 3).partition(request))
                .isEqualTo(partitioner.partition(request));
    }
}
