package dev.purser.partitioner;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.purser.core.model.ChainPart;
import dev.purser.core.partition.CutRule;
import dev.purser.core.partition.Layer;
import dev.purser.core.partition.LayerGraph;
import dev.purser.core.partition.PartitionPlan;
import dev.purser.core.partition.PartitionRequest;
import dev.purser.core.policy.ServiceCatalog;
import dev.purser.core.pricing.PriceBook;
import dev.purser.core.pricing.PriceBooks;
import dev.purser.core.workload.Workload;
import dev.purser.core.workload.Workloads;
import dev.purser.partitioner.ChainDeployment.PartTimes;
import dev.purser.partitioner.cost.CalibratedCosts;
import dev.purser.partitioner.cost.Calibration;
import dev.purser.partitioner.cost.Limits;
import dev.purser.partitioner.plan.ExactPartitioner;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ChainDeploymentTest {
    private static final String BOOK = "us-east-1-2019";

    @TempDir
    Path folder;

    /** 100 MiB of weights, of which no function of 2021 holds more than 80. */
    private static PartitionPlan plan(Calibration calibration) {
        List<Layer> layers = new ArrayList<>();
        layers.add(new Layer("input", "Input", List.of(), 0, 1 << 20, 0));
        for (int i = 1; i <= 10; i++) {
            layers.add(new Layer("layer" + i, "Conv2D", List.of(i - 1), 10 << 20, 1 << 20, 100_000_000));
        }
        PriceBook book = PriceBooks.named(BOOK);
        return (PartitionPlan) new ExactPartitioner()
                .partition(PartitionRequest.of(
                                LayerGraph.of("net", layers),
                                new CalibratedCosts(calibration, book),
                                Limits.load("lambda-2021"))
                        .withCuts(CutRule.SINGLE));
    }

    private ChainDeployment deployment(PartitionPlan plan, Calibration calibration) {
        List<Path> files = new ArrayList<>();
        for (int i = 1; i <= plan.parts().size(); i++) {
            files.add(folder.resolve("parts").resolve("part-" + i + ".onnx"));
        }
        return ChainDeployment.of(
                "net",
                0.75,
                plan,
                ChainDeployment.times(plan, calibration),
                files,
                Duration.ofMillis(plan.millis()),
                BOOK);
    }

    @Test
    void aWarmPlanCostsAndTakesWhatTheCatalogSays() {
        Calibration warm = Calibration.load("warm");
        PartitionPlan plan = plan(warm);
        assertThat(plan.parts()).hasSizeGreaterThan(1);
        Path file = deployment(plan, warm).write(folder.resolve("out"));

        Workload workload = Workloads.load(file.toString());
        ServiceCatalog catalog = new ServiceCatalog(workload, PriceBooks.load(workload.priceBook()));
        assertThat(catalog.parts(0)).isEqualTo(plan.parts().size());
        assertThat(catalog.functionNanos(0)).isEqualTo(plan.millis() * 1_000_000);
        // prices of plans are rounded up to whole units
        assertThat(catalog.functionUsd(0)).isCloseTo(plan.usd().doubleValue(), within(1e-10));
        for (int part = 0; part < plan.parts().size(); part++) {
            assertThat(catalog.memoryOfPart(0, part)).isEqualTo(plan.memories().get(part));
        }
        assertThat(catalog.maxLatencyNanos(0)).isEqualTo(plan.millis() * 1_000_000);
        List<ChainPart> chain =
                workload.application().pool().variants().getFirst().chain();
        assertThat(chain).isNotNull();
        assertThat(chain.getFirst().model().onnx()).isEqualTo("../parts/part-1.onnx");
        assertThat(chain.getFirst().outBytes()).isEqualTo(1 << 20);
        assertThat(chain.stream().mapToDouble(ChainPart::sizeMb).sum()).isEqualTo(100);
    }

    @Test
    void whatAColdPlanHasForStartAndLoadIsLoad() {
        Calibration cold = Calibration.load("cold");
        PartitionPlan plan = plan(cold);
        List<PartTimes> times = ChainDeployment.times(plan, cold);
        double sum = 0;
        for (int i = 0; i < times.size(); i++) {
            assertThat(times.get(i).loadMs()).isPositive();
            assertThat(times.get(i).latencyMs()).isPositive();
            sum += times.get(i).loadMs() + times.get(i).latencyMs();
        }
        assertThat(sum).isCloseTo(plan.millis(), within(1e-6));
        Path file = deployment(plan, cold).write(folder);
        assertThat(Workloads.load(file.toString())
                        .application()
                        .pool()
                        .variants()
                        .getFirst()
                        .loadMs())
                .isCloseTo(times.stream().mapToDouble(PartTimes::loadMs).sum(), within(1e-6));
    }

    @Test
    void whatDoesNotBelongTogetherIsRefused() {
        Calibration warm = Calibration.load("warm");
        PartitionPlan plan = plan(warm);
        assertThatThrownBy(() -> ChainDeployment.of("net", 0.5, plan, List.of(), List.of(), null, BOOK))
                .hasMessageContainingAll("has " + plan.parts().size() + " parts", "0 times and 0 files");
    }
}
