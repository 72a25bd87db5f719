package dev.purser.partitioner.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.purser.core.partition.FunctionLimits;
import dev.purser.core.partition.Layer;
import dev.purser.core.partition.LayerGraph;
import dev.purser.core.partition.Objective;
import dev.purser.core.partition.PartitionPlan;
import dev.purser.core.partition.PartitionRequest;
import dev.purser.core.partition.Partitioning;
import dev.purser.core.pricing.PriceBooks;
import dev.purser.partitioner.Shared;
import dev.purser.partitioner.cost.CalibratedCosts;
import dev.purser.partitioner.cost.Calibration;
import dev.purser.partitioner.cost.Limits;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** The integer programmes find the optimum too. */
class ProgrammesTest {
    private static final IntegerProgramme.Settings SETTINGS = new IntegerProgramme.Settings(60);

    @Test
    void theProgrammeReachesTheOptimumOfRandomChains() {
        IntegerProgramme programme = new IntegerProgramme(SETTINGS);
        int feasible = 0;
        for (int seed = 0; seed < 150; seed++) {
            PartitionRequest request = Chains.request(new SplittableRandom(seed));
            Partitioning best = new ExactPartitioner().partition(request);
            Partitioning found = programme.partition(request);
            assertThat(found.getClass()).as("seed %d", seed).isEqualTo(best.getClass());
            if (found instanceof PartitionPlan plan) {
                assertThat(IntegerProgramme.Chosen.measure(request, plan))
                        .as("seed %d", seed)
                        .isEqualTo(IntegerProgramme.Chosen.measure(request, (PartitionPlan) best));
                assertThat(plan.millis()).isLessThanOrEqualTo(request.sloMillis());
                feasible++;
            }
        }
        assertThat(feasible).isGreaterThan(50);
    }

    @Test
    void theProgrammeReachesTheOptimumOfARecordedModel() {
        PartitionRequest request = PartitionRequest.of(
                        Shared.graph("mobilenet_v1_224"),
                        new CalibratedCosts(Calibration.load("cold"), PriceBooks.named("us-east-1-2026")),
                        Limits.load("lambda-2021"))
                .withMemories(List.of(512, 1024, 1536, 2048))
                .withParts(1, 2)
                .withSlo(9000);
        PartitionPlan best = (PartitionPlan) new ExactPartitioner().partition(request);
        PartitionPlan found = (PartitionPlan) new IntegerProgramme(SETTINGS).partition(request);
        assertThat(found.units()).isEqualTo(best.units());
    }

    private static PartitionRequest equal(int layers, long mib, String calibration) {
        List<Layer> made = new ArrayList<>();
        made.add(new Layer("in", "Input", List.of(), 0, 400_000, 0));
        for (int i = 1; i <= layers; i++) {
            made.add(new Layer("l" + i, "Conv", List.of(i - 1), mib << 20, 400_000, 300_000_000));
        }
        return PartitionRequest.of(
                LayerGraph.of("equal", made),
                new CalibratedCosts(Calibration.load(calibration), PriceBooks.named("us-east-1-2026")),
                new FunctionLimits("f", "", 250, 169, 1, 512, 128, 256, 128 + 256 * 8, 4));
    }

    @Test
    void theProgrammeOfTheSlideReachesTheOptimumOfEqualLayersButForRounding() {
        EqualLayersProgramme slide = new EqualLayersProgramme(SETTINGS);
        for (String calibration : List.of("cold", "vcpu", "warm")) {
            PartitionRequest request = equal(9, 20, calibration);
            for (PartitionRequest asked : List.of(
                    request,
                    request.withEvenLayers(true),
                    request.withObjective(Objective.TIME),
                    request.withSlo(
                            ((PartitionPlan) new ExactPartitioner().partition(request.withObjective(Objective.TIME)))
                                            .millis()
                                    * 6
                                    / 5))) {
                PartitionPlan best = (PartitionPlan) new ExactPartitioner().partition(asked);
                PartitionPlan found = (PartitionPlan) slide.partition(asked);
                double optimum = IntegerProgramme.Chosen.measure(asked, best);
                assertThat((double) IntegerProgramme.Chosen.measure(asked, found))
                        .as(calibration)
                        .isGreaterThanOrEqualTo(optimum)
                        .isCloseTo(
                                optimum, within(optimum * 2e-3 + found.parts().size()));
                assertThat(found.millis()).isLessThanOrEqualTo(asked.sloMillis());
            }
        }
    }

    @Test
    void theProgrammeOfTheSlideRefusesLayersThatDiffer() {
        PartitionRequest request = Chains.request(new SplittableRandom(3));
        assertThatThrownBy(() -> new EqualLayersProgramme(SETTINGS).partition(request))
                .isInstanceOf(UnsupportedOperationException.class);
    }
}
