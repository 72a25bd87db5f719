package dev.purser.partitioner.forkjoin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import dev.purser.core.json.Json;
import dev.purser.core.partition.Infeasible;
import dev.purser.core.partition.Layer;
import dev.purser.core.partition.LayerGraph;
import dev.purser.core.partition.PartitionPlan;
import dev.purser.core.partition.PartitionRequest;
import dev.purser.core.partition.PlannedPart;
import dev.purser.core.partition.Spatial;
import dev.purser.core.pricing.PriceBooks;
import dev.purser.partitioner.Shared;
import dev.purser.partitioner.cost.CalibratedCosts;
import dev.purser.partitioner.cost.Calibration;
import dev.purser.partitioner.cost.Limits;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Fork-join plans against the recorded ones, and their rules. */
class GillisPartitionerTest {
    private static final GillisPartitioner.Settings SETTINGS = new GillisPartitioner.Settings(1400, 100, 100);

    @Test
    void roundTripsAreAsRecorded() {
        JsonNode recorded = Json.read(Shared.data("vectors/gillis/comm.json"), JsonNode.class)
                .get("expMaxMs");
        RoundTrips trips = new RoundTrips();
        for (int n = 1; n <= 16; n++) {
            assertThat(trips.millis(n))
                    .isCloseTo(recorded.get(String.valueOf(n)).asDouble(), within(2e-3));
        }
    }

    @Test
    void theRecordedPlansComeOut() {
        JsonNode plans = Json.read(Shared.data("vectors/gillis/latency_optimal.json"), JsonNode.class);
        assertThat(plans).isNotEmpty();
        for (JsonNode expected : plans) {
            String model = expected.get("model").asText();
            LayerGraph graph = Shared.graph(model);
            ForkJoinCosts costs = new ForkJoinCosts(graph);
            assertThat(costs.whole(1, graph.last()))
                    .as(model)
                    .isCloseTo(expected.get("singleFunctionMs").asDouble(), within(1e-5));
            List<GillisPartitioner.Group> groups = new GillisPartitioner(SETTINGS).groups(graph, costs);
            double millis =
                    groups.stream().mapToDouble(GillisPartitioner.Group::millis).sum();
            double billed =
                    groups.stream().mapToDouble(GillisPartitioner.Group::billed).sum() + Math.ceil(millis / 100) * 100;
            assertThat(millis)
                    .as(model)
                    .isCloseTo(expected.get("latencyOptimalMs").asDouble(), within(0.01));
            assertThat(billed).as(model).isEqualTo(expected.get("billedMs").asDouble());
            List<String> found = new ArrayList<>();
            for (GillisPartitioner.Group group : groups) {
                found.add(group.first() + "-" + group.last() + " "
                        + (group.split().outputs() > 1
                                ? String.valueOf(group.split().outputs())
                                : "[" + group.split().rows() + ","
                                        + group.split().columns() + "]"));
            }
            List<String> recorded = new ArrayList<>();
            expected.get("plan")
                    .forEach(group ->
                            recorded.add(group.get("first") + "-" + group.get("last") + " " + group.get("split")));
            assertThat(found).as(model).isEqualTo(recorded);
        }
    }

    /** Convolutions that are worth dividing, a global mean and a classifier. */
    private static LayerGraph net(int convolutions, int channels) {
        List<Layer> layers = new ArrayList<>();
        layers.add(new Layer(
                "in", "Input", List.of(), 0, 4L * 64 * 64 * channels, 0, Spatial.pointwise(64, 64, channels)));
        for (int i = 1; i <= convolutions; i++) {
            layers.add(new Layer(
                    "conv" + i,
                    "Conv",
                    List.of(i - 1),
                    4L * 9 * channels * channels,
                    4L * 64 * 64 * channels,
                    64L * 64 * 9 * channels * channels,
                    new Spatial(64, 64, channels, 3, 3, 1, 1, 1, 1, 1, 1)));
        }
        layers.add(new Layer("mean", "GlobalAveragePool", List.of(convolutions), 0, 4L * channels, 0));
        layers.add(new Layer("fc", "Gemm", List.of(convolutions + 1), 4L * channels * 10, 40, channels * 10L));
        return LayerGraph.of("net", layers);
    }

    private static PartitionRequest request(LayerGraph graph) {
        return PartitionRequest.of(
                graph,
                new CalibratedCosts(Calibration.load("warm"), PriceBooks.named("us-east-1-2019")),
                Limits.load("lambda-2021"));
    }

    @Test
    void costlyConvolutionsAreDividedAndCheapOnesAreNot() {
        PartitionPlan costly = (PartitionPlan) new GillisPartitioner(SETTINGS).partition(request(net(6, 512)));
        assertThat(costly.parts().getFirst().split().workers()).isPositive();
        assertThat(costly.parts().getFirst().reasons().getFirst().code()).isEqualTo("fork-join");
        PartitionPlan cheap = (PartitionPlan) new GillisPartitioner(SETTINGS).partition(request(net(2, 4)));
        assertThat(cheap.parts())
                .singleElement()
                .satisfies(part -> assertThat(part.split().workers()).isZero());
        assertThat(costly.millis()).isLessThan((long) new ForkJoinCosts(net(6, 512)).whole(1, 8));
        assertThat(costly.units()).isGreaterThan(cheap.units());
    }

    @Test
    void whatDoesNotFitIntoTheFirstFunctionGoesToWorkers() {
        GillisPartitioner small = new GillisPartitioner(new GillisPartitioner.Settings(5, 1, 100));
        LayerGraph graph = net(6, 256);
        PartitionPlan plan = (PartitionPlan) small.partition(request(graph));
        double held = 0;
        for (PlannedPart part : plan.parts()) {
            assertThat(part.part().paramBytes()).isLessThanOrEqualTo(5L << 20);
            held += part.split().masterTakesOne() ? part.part().paramBytes() : 0;
        }
        assertThat(held).isLessThanOrEqualTo(5 << 20);
        assertThat(plan.parts())
                .anySatisfy(part -> assertThat(part.split().masterTakesOne()).isFalse());
        Infeasible none =
                (Infeasible) new GillisPartitioner(new GillisPartitioner.Settings(2, 1, 100)).partition(request(graph));
        assertThat(none.reason().code()).isEqualTo("layer-too-large");
    }

    @Test
    void aPlanIsHeldAgainstSloAndBudget() {
        GillisPartitioner gillis = new GillisPartitioner(SETTINGS);
        PartitionRequest request = request(net(6, 512));
        PartitionPlan plan = (PartitionPlan) gillis.partition(request);
        Infeasible late = (Infeasible) gillis.partition(request.withSlo(plan.millis() - 1));
        assertThat(late.nearest()).isEqualTo(plan);
        Infeasible dear = (Infeasible) gillis.partition(request.withBudget(plan.units() - 1));
        assertThat(dear.reason().code()).isEqualTo("budget-missed");
        assertThatThrownBy(() -> gillis.partition(request.withBatch(2)))
                .isInstanceOf(UnsupportedOperationException.class);
    }

    @Test
    void operatorsWithoutPublishedTimesAreNamed() {
        LayerGraph graph = LayerGraph.of(
                "m",
                List.of(
                        new Layer("in", "Input", List.of(), 0, 4, 0),
                        new Layer("attend", "Attention", List.of(0), 4, 4, 4)));
        assertThatThrownBy(() -> new GillisPartitioner(SETTINGS).partition(request(graph)))
                .isInstanceOf(UnsupportedOperationException.class)
                .hasMessageContaining("layer 1 (attend) is a Attention");
    }
}
