package dev.purser.benchmarks;

import dev.purser.core.partition.CutRule;
import dev.purser.core.partition.Layer;
import dev.purser.core.partition.LayerGraph;
import dev.purser.core.partition.PartitionRequest;
import dev.purser.core.pricing.PriceBooks;
import dev.purser.partitioner.LayerGraphFile;
import dev.purser.partitioner.cost.CalibratedCosts;
import dev.purser.partitioner.cost.Calibration;
import dev.purser.partitioner.cost.Limits;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/** The partitioning problems that are timed. */
final class PartitionProblems {
    /** Names a folder of layer graphs; without it, the recorded ones beside the repository are taken. */
    private static final String FOLDER = "purser.layers";

    private PartitionProblems() {}

    /**
     * @param name {@code resnet50} (single-tensor cuts), {@code inception} (all cuts), both with 46 memory sizes, or {@code
     *     chain} (1,000 layers, 10,113 memory sizes); then {@code -slo} for an SLO that binds
     */
    static PartitionRequest named(String name) {
        boolean slo = name.endsWith("-slo");
        return switch (name.replace("-slo", "")) {
            case "resnet50" -> withSlo(request(recorded("resnet50_224"), "lambda-2021"), slo, 16_000);
            case "inception" ->
                withSlo(request(recorded("inception_v3_299"), "lambda-2021").withCuts(CutRule.ANY), slo, 16_000);
            case "chain" -> withSlo(request(chain(1_000), "lambda").withCuts(CutRule.ANY), slo, 24_000);
            default -> throw new IllegalArgumentException("there is no problem '" + name + "'");
        };
    }

    private static PartitionRequest withSlo(PartitionRequest request, boolean slo, long millis) {
        return slo ? request.withSlo(millis) : request;
    }

    private static PartitionRequest request(LayerGraph graph, String limits) {
        return PartitionRequest.of(
                graph,
                new CalibratedCosts(Calibration.load("cold"), PriceBooks.named("us-east-1-2026")),
                Limits.load(limits));
    }

    private static LayerGraph recorded(String model) {
        String folder = System.getProperty(FOLDER);
        if (folder != null) {
            return LayerGraphFile.read(Path.of(folder, model + ".json"));
        }
        for (Path at = Path.of("").toAbsolutePath(); at != null; at = at.getParent()) {
            Path file = at.resolve("shared/data/layers").resolve(model + ".json");
            if (Files.exists(file)) {
                return LayerGraphFile.read(file);
            }
        }
        throw new IllegalStateException("there is no shared/data/layers/" + model
                + ".json beside the repository\nMaybe: -D" + FOLDER + "=FOLDER");
    }

    /** Layers of different size, 400 MiB together. */
    private static LayerGraph chain(int count) {
        SplittableRandom random = new SplittableRandom(1);
        List<Layer> layers = new ArrayList<>();
        layers.add(new Layer("in", "Input", List.of(), 0, 600_000, 0));
        for (int i = 1; i < count; i++) {
            layers.add(new Layer(
                    "layer" + i,
                    "Conv",
                    List.of(i - 1),
                    random.nextLong((800L << 20) / count),
                    random.nextLong(10_000, 3_000_000),
                    random.nextLong(20_000_000_000L / count)));
        }
        return LayerGraph.of("chain", layers);
    }
}
