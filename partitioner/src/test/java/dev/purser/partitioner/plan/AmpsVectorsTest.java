package dev.purser.partitioner.plan;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.purser.core.json.Json;
import dev.purser.core.partition.CutRule;
import dev.purser.core.partition.FunctionLimits;
import dev.purser.core.partition.Infeasible;
import dev.purser.core.partition.Objective;
import dev.purser.core.partition.PartitionPlan;
import dev.purser.core.partition.PartitionRequest;
import dev.purser.core.partition.Partitioning;
import dev.purser.core.pricing.PriceBook;
import dev.purser.core.pricing.PriceBooks;
import dev.purser.partitioner.Shared;
import dev.purser.partitioner.cost.CalibratedCosts;
import dev.purser.partitioner.cost.Calibration;
import dev.purser.partitioner.cost.Limits;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.assertj.core.api.SoftAssertions;
import org.junit.jupiter.api.Test;

/** The reference plans: time, money, cuts and memories to the unit. */
class AmpsVectorsTest {
    private static final PriceBook PRICES = PriceBooks.named("us-east-1-2026");

    static PartitionRequest request(JsonNode file, JsonNode vector) {
        FunctionLimits base = Limits.load("lambda-2021");
        JsonNode limits = vector.get("limits");
        FunctionLimits own = new FunctionLimits(
                "vector",
                "",
                limits.path("deployMiB").asDouble(base.packageMib()),
                limits.path("depsMiB").asDouble(base.dependenciesMib()),
                limits.path("codeMiB").asDouble(base.codeMib()),
                limits.path("tmpMiB").asDouble(base.temporaryMib()),
                base.minimumMemoryMb(),
                base.memoryStepMb(),
                base.maximumMemoryMb(),
                Math.max(vector.get("kmax").asInt(), limits.path("maxLambdas").asInt(8)));
        List<Integer> memories = new ArrayList<>();
        file.get("memGrids").get(vector.get("memGrid").asText()).forEach(m -> memories.add(m.asInt()));
        CalibratedCosts costs = new CalibratedCosts(
                        Calibration.load(vector.get("calib").asText()), PRICES)
                .withRounding(PRICES, limits.path("billingMs").asInt(1));
        PartitionRequest request = PartitionRequest.of(
                        Shared.graph(vector.get("model").asText()), costs, own)
                .withMemories(memories)
                .withCuts(CutRule.valueOf(vector.get("cut").asText().toUpperCase(java.util.Locale.ROOT)))
                .withBatch(vector.get("batch").asInt())
                .withEvenLayers(vector.get("layerCap").asBoolean())
                .withObjective(
                        Objective.valueOf(vector.get("objective").asText().toUpperCase(java.util.Locale.ROOT)))
                .withSlo(vector.get("sloMs").asLong(PartitionRequest.UNBOUNDED))
                .withBudget(vector.get("budgetUnits").asLong(PartitionRequest.UNBOUNDED));
        return vector.get("kExact").isNull()
                ? request.withParts(1, own.maximumParts())
                : request.withParts(
                        vector.get("kExact").asInt(), vector.get("kExact").asInt());
    }

    static List<JsonNode> vectors(JsonNode file) {
        List<JsonNode> vectors = new ArrayList<>();
        file.get("vectors").forEach(vectors::add);
        return vectors;
    }

    static JsonNode file() {
        return Json.read(Shared.data("vectors/amps/vectors.json"), JsonNode.class);
    }

    @Test
    void everyReferencePlanComesOutExactly() {
        JsonNode file = file();
        SoftAssertions all = new SoftAssertions();
        for (JsonNode vector : vectors(file)) {
            String id = vector.get("id").asText();
            JsonNode expected = vector.get("expected");
            Partitioning found = new ExactPartitioner().partition(request(file, vector));
            if (!expected.get("feasible").asBoolean()) {
                all.assertThat(found).as(id).isInstanceOf(Infeasible.class);
                continue;
            }
            all.assertThat(found).as(id).isInstanceOf(PartitionPlan.class);
            if (found instanceof PartitionPlan plan) {
                all.assertThat(plan.millis())
                        .as(id)
                        .isEqualTo(expected.get("ms").asLong());
                all.assertThat(plan.units())
                        .as(id)
                        .isEqualTo(expected.get("costUnits").asLong());
                all.assertThat(plan.cuts()).as(id).isEqualTo(ints(expected.get("cuts")));
                all.assertThat(plan.memories()).as(id).isEqualTo(ints(expected.get("mems")));
                all.assertThat(plan.parts())
                        .as(id)
                        .allSatisfy(part -> assertThat(part.reasons()).hasSize(2));
            }
        }
        all.assertAll();
        assertThat(vectors(file)).hasSizeGreaterThan(90);
    }

    private static List<Integer> ints(JsonNode array) {
        return Stream.iterate(0, i -> i < array.size(), i -> i + 1)
                .map(i -> array.get(i).asInt())
                .toList();
    }
}
