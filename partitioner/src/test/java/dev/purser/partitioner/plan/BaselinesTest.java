package dev.purser.partitioner.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import dev.purser.core.json.Json;
import dev.purser.core.partition.Infeasible;
import dev.purser.core.partition.PartCosts;
import dev.purser.core.partition.PartitionPlan;
import dev.purser.core.partition.PartitionRequest;
import dev.purser.core.partition.Partitioning;
import dev.purser.core.policy.Partitioner;
import dev.purser.core.pricing.PriceBooks;
import dev.purser.partitioner.Shared;
import dev.purser.partitioner.cost.CalibratedCosts;
import dev.purser.partitioner.cost.Calibration;
import dev.purser.partitioner.cost.Limits;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The baselines beside the optimum. */
class BaselinesTest {
    private static final int CASES = 400;

    private static PartitionPlan planOf(Partitioning partitioning) {
        return partitioning instanceof PartitionPlan plan
                ? plan
                : Objects.requireNonNull(((Infeasible) partitioning).nearest());
    }

    @Test
    void theRecordedBaselinesComeOut() {
        JsonNode file = Json.read(Shared.data("vectors/amps/baselines.json"), JsonNode.class);
        assertThat(file.get("rows")).isNotEmpty();
        for (JsonNode row : file.get("rows")) {
            PartitionRequest request = PartitionRequest.of(
                            Shared.graph(row.get("model").asText()),
                            new CalibratedCosts(Calibration.load("cold"), PriceBooks.named("us-east-1-2026")),
                            Limits.load("lambda-2021"))
                    .withSlo(row.get("sloMs").asLong());
            String as = row.get("model").asText() + " " + row.get("sloMs");
            check(as, row.get("optimal"), request, new ExactPartitioner());
            check(as, row.get("optimal"), request, new ExhaustivePartitioner(), request.withParts(1, 2));
            check(as, row.get("equalLayers"), request, Baselines.EQUAL_LAYERS);
            check(as, row.get("greedyFill"), request, Baselines.GREEDY_FILL);
            check(as, row.get("greedyMaxMemory"), request, Baselines.GREEDY_MAX_MEMORY);
            JsonNode random = row.get("random");
            RandomPartitioner.Expectation drawn = Objects.requireNonNull(RandomPartitioner.expectation(request));
            assertThat(drawn.parts()).isEqualTo(random.get("k").asInt());
            assertThat(drawn.cutSets()).isEqualTo(random.get("cutSets").asInt());
            assertThat(drawn.meanUsd()).isCloseTo(random.get("meanCostUsd").asDouble(), within(1e-15));
            assertThat(drawn.meanMillis()).isCloseTo(random.get("meanMs").asDouble(), within(1e-6));
            assertThat(drawn.keepsSlo()).isCloseTo(random.get("meetsSlo").asDouble(), within(1e-9));
            assertThat(drawn.leastUnits() / PartCosts.UNITS_PER_USD)
                    .isCloseTo(random.get("minCostUsd").asDouble(), within(1e-15));
            assertThat(drawn.mostUnits() / PartCosts.UNITS_PER_USD)
                    .isCloseTo(random.get("maxCostUsd").asDouble(), within(1e-15));
            double optimal = row.get("optimal").get("costUsd").asDouble();
            assertThat(1 - optimal / drawn.meanUsd())
                    .isCloseTo(row.get("savingVsRandomMean").asDouble(), within(1e-9));
        }
    }

    private static void check(String as, JsonNode expected, PartitionRequest request, Partitioner partitioner) {
        check(as, expected, request, partitioner, request);
    }

    private static void check(
            String as, JsonNode expected, PartitionRequest request, Partitioner partitioner, PartitionRequest asked) {
        PartitionPlan plan = planOf(partitioner.partition(asked));
        String name = as + " " + partitioner;
        assertThat(plan.millis()).as(name).isEqualTo(expected.get("ms").asLong());
        assertThat(plan.usd().doubleValue())
                .as(name)
                .isCloseTo(expected.get("costUsd").asDouble(), within(1e-15));
        if (expected.has("cuts")) {
            List<Integer> cuts = new ArrayList<>();
            expected.get("cuts").forEach(cut -> cuts.add(cut.asInt()));
            assertThat(plan.cuts()).as(name).isEqualTo(cuts);
        }
        if (expected.has("memMB")) {
            assertThat(plan.memories())
                    .as(name)
                    .containsOnly(expected.get("memMB").asInt());
        }
        if (expected.has("meetsSlo")) {
            assertThat(plan.millis() <= request.sloMillis())
                    .as(name)
                    .isEqualTo(expected.get("meetsSlo").asBoolean());
        }
    }

    @ParameterizedTest
    @EnumSource
    void aBaselineKeepsTheLimitsAndNeverBeatsTheOptimum(Baselines baseline) {
        int plans = 0;
        for (int seed = 0; seed < CASES; seed++) {
            plans += neverBeats(baseline, seed);
        }
        assertThat(plans).isGreaterThan(CASES / 10);
    }

    @Test
    void aRandomPlanKeepsTheLimitsAndNeverBeatsTheOptimum() {
        int plans = 0;
        for (int seed = 0; seed < CASES; seed++) {
            plans += neverBeats(new RandomPartitioner(seed), seed);
        }
        assertThat(plans).isGreaterThan(CASES / 10);
    }

    private static int neverBeats(Partitioner baseline, int seed) {
        PartitionRequest request = Chains.request(new SplittableRandom(seed));
        Partitioning best = new ExactPartitioner().partition(request);
        Partitioning found = baseline.partition(request);
        if (!(found instanceof PartitionPlan plan)) {
            return 0;
        }
        assertThat(best).as("seed %d", seed).isInstanceOf(PartitionPlan.class);
        assertThat(IntegerProgramme.Chosen.measure(request, plan))
                .as("seed %d", seed)
                .isGreaterThanOrEqualTo(IntegerProgramme.Chosen.measure(request, (PartitionPlan) best));
        assertThat(Chains.all(request)).as("seed %d", seed).anySatisfy(any -> {
            assertThat(any.cuts()).isEqualTo(plan.cuts());
            assertThat(any.memories()).isEqualTo(plan.memories());
        });
        return 1;
    }

    @Test
    void lookingAtEveryPlanFindsWhatTheOptimiserFinds() {
        for (int seed = 0; seed < CASES; seed++) {
            PartitionRequest request = Chains.request(new SplittableRandom(seed));
            Partitioning best = new ExactPartitioner().partition(request);
            Partitioning found = new ExhaustivePartitioner().partition(request);
            assertThat(found.getClass()).as("seed %d", seed).isEqualTo(best.getClass());
            if (found instanceof PartitionPlan plan) {
                assertThat(ExactPartitionerTest.choice(plan))
                        .as("seed %d", seed)
                        .isEqualTo(ExactPartitionerTest.choice((PartitionPlan) best));
            }
        }
    }

    @Test
    void theExpectationIsWhatManyDrawsShow() {
        PartitionRequest request = Chains.request(new SplittableRandom(5));
        for (int seed = 6; new ExactPartitioner().front(request).size() < 3; seed++) {
            request = Chains.request(new SplittableRandom(seed));
        }
        RandomPartitioner.Expectation expected = Objects.requireNonNull(RandomPartitioner.expectation(request));
        int draws = 20_000;
        double millis = 0;
        double keeps = 0;
        for (int seed = 0; seed < draws; seed++) {
            PartitionPlan plan = planOf(new RandomPartitioner(seed).partition(request));
            millis += plan.millis();
            keeps += plan.millis() <= request.sloMillis() ? 1 : 0;
            assertThat(plan.units()).isBetween(expected.leastUnits(), expected.mostUnits());
        }
        assertThat(millis / draws).isCloseTo(expected.meanMillis(), within(0.05 * expected.meanMillis()));
        assertThat(keeps / draws).isCloseTo(expected.keepsSlo(), within(0.02));
    }
}
