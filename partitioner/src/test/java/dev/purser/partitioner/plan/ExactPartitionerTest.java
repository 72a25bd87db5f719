package dev.purser.partitioner.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.purser.core.partition.CutRule;
import dev.purser.core.partition.FunctionLimits;
import dev.purser.core.partition.Infeasible;
import dev.purser.core.partition.Layer;
import dev.purser.core.partition.LayerGraph;
import dev.purser.core.partition.Objective;
import dev.purser.core.partition.PartitionPlan;
import dev.purser.core.partition.PartitionRequest;
import dev.purser.core.partition.Partitioning;
import dev.purser.core.partition.SeparableCosts;
import dev.purser.core.policy.Reason;
import dev.purser.core.pricing.PriceBooks;
import dev.purser.partitioner.cost.CalibratedCosts;
import dev.purser.partitioner.cost.Calibration;
import dev.purser.partitioner.cost.Limits;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** The optimiser against every plan that there is, and the reasons that it gives. */
class ExactPartitionerTest {
    private static final int CASES = 1500;

    private final ExactPartitioner exact = new ExactPartitioner();

    static List<Integer> choice(PartitionPlan plan) {
        List<Integer> choice = new ArrayList<>(plan.cuts());
        choice.addAll(plan.memories());
        return choice;
    }

    @Test
    void findsTheBestOfAllPlansOfRandomChains() {
        int feasible = 0;
        for (int seed = 0; seed < CASES; seed++) {
            PartitionRequest request = Chains.request(new SplittableRandom(seed));
            Optional<PartitionPlan> best = Chains.best(request);
            Partitioning found = exact.partition(request);
            if (best.isEmpty()) {
                assertThat(found).as("seed %d", seed).isInstanceOf(Infeasible.class);
            } else {
                assertThat(found).as("seed %d", seed).isInstanceOf(PartitionPlan.class);
                PartitionPlan plan = (PartitionPlan) found;
                assertThat(choice(plan)).as("seed %d", seed).isEqualTo(choice(best.get()));
                assertThat(plan.millis()).isEqualTo(best.get().millis());
                assertThat(plan.units()).isEqualTo(best.get().units());
                feasible++;
            }
        }
        assertThat(feasible).isBetween(CASES / 3, CASES * 19 / 20);
    }

    @Test
    void theFrontIsWhatNoPlanUndercuts() {
        for (int seed = 0; seed < CASES; seed++) {
            PartitionRequest request = Chains.request(new SplittableRandom(seed));
            List<PartitionPlan> all = new ArrayList<>(Chains.all(request));
            all.sort(Chains.order(Objective.TIME));
            List<List<Integer>> expected = new ArrayList<>();
            long least = Long.MAX_VALUE;
            for (PartitionPlan plan : all) {
                if (plan.units() < least) {
                    least = plan.units();
                    expected.add(choice(plan));
                }
            }
            assertThat(exact.front(request))
                    .as("seed %d", seed)
                    .extracting(ExactPartitionerTest::choice)
                    .isEqualTo(expected);
        }
    }

    @Test
    void boundsInsteadOfEveryMemoryGiveTheSamePlans() {
        int feasible = 0;
        for (int seed = 0; seed < CASES; seed++) {
            PartitionRequest request = Chains.request(new SplittableRandom(seed));
            feasible += agree(request, "seed " + seed);
        }
        assertThat(feasible).isGreaterThan(CASES / 8);
        for (int seed = 0; seed < 30; seed++) {
            SplittableRandom random = new SplittableRandom(seed);
            PartitionRequest request = PartitionRequest.of(
                            Chains.graph(random, random.nextInt(10, 60)),
                            new CalibratedCosts(
                                    Calibration.load(
                                            List.of("cold", "vcpu", "warm").get(seed % 3)),
                                    PriceBooks.named("us-east-1-2026")),
                            new FunctionLimits(
                                    "f", "", random.nextInt(130, 2000), 60, 1, 2000, 128, 7, 128 + 7 * 400, 20))
                    .withCuts(random.nextBoolean() ? CutRule.ANY : CutRule.SINGLE);
            agree(request, "large seed " + seed);
            agree(request.withObjective(Objective.TIME), "large seed " + seed);
            if (exact.partition(request.withObjective(Objective.TIME)) instanceof PartitionPlan fastest
                    && exact.partition(request) instanceof PartitionPlan cheapest) {
                double share = random.nextDouble();
                long slo = (long) (fastest.millis() + share * (cheapest.millis() - fastest.millis()));
                long budget = (long) (cheapest.units() + share * (fastest.units() - cheapest.units()));
                agree(request.withSlo(slo), "large seed " + seed + " slo " + slo);
                agree(request.withSlo(fastest.millis()), "large seed " + seed + " least slo");
                agree(request.withObjective(Objective.TIME).withBudget(budget), "large seed " + seed + " budget");
                agree(
                        request.withObjective(Objective.TIME).withBudget(cheapest.units()),
                        "large seed " + seed + " least budget");
            }
        }
    }

    /** Both searches for a request; answers whether there is a plan, and no with costs that cannot be bounded. */
    private static int agree(PartitionRequest request, String as) {
        if (!(request.costs() instanceof SeparableCosts costs)) {
            return 0;
        }
        Problem problem = new Problem(request);
        boolean cost = request.objective() == Objective.COST;
        long fMost = cost ? request.budgetUnits() : request.sloMillis();
        long gMost = cost ? request.sloMillis() : request.budgetUnits();
        int most = problem.maximumParts();
        ChainSearch.Chain all = new ChainSearch(problem, Segments.of(problem), fMost, gMost, most)
                .best(request.minimumParts(), most, null);
        ChainSearch.Chain bounded = new BoundedSearch(problem, costs, fMost, gMost).best(request.minimumParts(), most);
        assertThat(bounded == null).as(as).isEqualTo(all == null);
        if (all == null || bounded == null) {
            return 0;
        }
        assertThat(bounded.stops).as(as).isEqualTo(all.stops);
        assertThat(bounded.memories).as(as).isEqualTo(all.memories);
        return 1;
    }

    private static Layer layer(int i, long mib) {
        return new Layer("l" + i, "Conv", i == 0 ? List.of() : List.of(i - 1), mib << 20, 100_000, 200_000_000);
    }

    private static PartitionRequest chain(long... mib) {
        List<Layer> layers = new ArrayList<>();
        layers.add(layer(0, 0));
        for (long size : mib) {
            layers.add(layer(layers.size(), size));
        }
        return PartitionRequest.of(
                LayerGraph.of("chain", layers),
                new CalibratedCosts(Calibration.load("cold"), PriceBooks.named("us-east-1-2026")),
                Limits.load("lambda-2021"));
    }

    private Infeasible refused(PartitionRequest request) {
        Partitioning found = exact.partition(request);
        assertThat(found).isInstanceOf(Infeasible.class);
        return (Infeasible) found;
    }

    private PartitionPlan planned(PartitionRequest request) {
        Partitioning found = exact.partition(request);
        assertThat(found).isInstanceOf(PartitionPlan.class);
        return (PartitionPlan) found;
    }

    @Test
    void aLayerThatNoFunctionHoldsIsNamedWithItsSizeAndTheLimit() {
        Infeasible refused = refused(chain(10, 81, 10));
        assertThat(refused.layer()).isEqualTo(2);
        assertThat(refused.reason().code()).isEqualTo("layer-too-large");
        assertThat(refused.reason().words()).contains("layer 2 (l2) has 81 MiB", "250 MiB", "room for 80 MiB");
        assertThat(refused.nearest()).isNull();
    }

    @Test
    void layersThatNoCutSeparatesAreNamedTogether() {
        List<Layer> layers = List.of(
                layer(0, 0),
                layer(1, 1),
                layer(2, 50),
                layer(3, 50),
                new Layer("add", "Add", List.of(1, 3), 0, 100_000, 0),
                layer(5, 1));
        PartitionRequest request = chain(1).withParts(1, 8);
        PartitionRequest branching =
                PartitionRequest.of(LayerGraph.of("branch", layers), request.costs(), request.limits());
        Infeasible refused = refused(branching);
        assertThat(refused.layer()).isEqualTo(-1);
        assertThat(refused.reason().words()).contains("layers 2 (l2) to 4 (add)", "100 MiB");
        assertThat(planned(branching.withCuts(CutRule.ANY)).cuts()).isNotEmpty();
    }

    @Test
    void anSloBelowTheFastestPlanIsRefusedWithTheFastestPlan() {
        PartitionRequest request = chain(60, 60);
        PartitionPlan fastest = planned(request.withObjective(Objective.TIME));
        Infeasible refused = refused(request.withSlo(fastest.millis() - 1));
        assertThat(refused.reason().code()).isEqualTo("slo-too-short");
        assertThat(refused.nearest()).isEqualTo(fastest);
        assertThat(planned(request.withSlo(fastest.millis())).millis()).isEqualTo(fastest.millis());
    }

    @Test
    void aBudgetBelowTheCheapestPlanIsRefusedWithTheCheapestPlan() {
        PartitionRequest request = chain(60, 60).withObjective(Objective.TIME);
        PartitionPlan cheapest = planned(request.withObjective(Objective.COST));
        Infeasible refused = refused(request.withBudget(cheapest.units() - 1));
        assertThat(refused.reason().code()).isEqualTo("budget-too-small");
        assertThat(refused.nearest()).isEqualTo(cheapest);
        assertThat(choice(planned(request.withBudget(cheapest.units())))).isEqualTo(choice(cheapest));
    }

    @Test
    void anSloAndABudgetThatCannotBothBeKeptAreRefused() {
        PartitionRequest request = chain(60, 60);
        PartitionPlan fastest = planned(request.withObjective(Objective.TIME));
        PartitionPlan cheapest = planned(request);
        Infeasible refused = refused(request.withSlo(fastest.millis()).withBudget(cheapest.units()));
        assertThat(refused.reason().code()).isEqualTo("slo-and-budget");
        assertThat(refused.nearest()).isNotNull();
    }

    @Test
    void tooManyPartsTooFewCutsAndUnevenLayersAreRefused() {
        assertThat(refused(chain(60, 60, 60).withParts(1, 2)).reason().words())
                .isEqualTo("no fewer than 3 functions hold it, and 2 are allowed");
        assertThat(refused(chain(1, 1).withParts(5, 8)).reason().code()).isEqualTo("too-few-cuts");
        assertThat(refused(chain(79, 1, 1, 1, 1, 1).withEvenLayers(true).withParts(2, 2))
                        .reason()
                        .code())
                .isEqualTo("uneven-layers");
    }

    @Test
    void temporaryStorageAndMemoryCanBeWhatIsTooSmall() {
        FunctionLimits large = new FunctionLimits("f", "", 1000, 0, 0, 50, 128, 64, 192, 4);
        PartitionRequest request = chain(60);
        assertThat(refused(PartitionRequest.of(request.graph(), request.costs(), large))
                        .reason()
                        .code())
                .isEqualTo("temporary-storage-too-small");
        FunctionLimits tight = new FunctionLimits("f", "", 1000, 150, 0, 500, 128, 64, 192, 4);
        assertThat(refused(PartitionRequest.of(request.graph(), request.costs(), tight))
                        .reason()
                        .words())
                .contains("needs 256 MB", "192 MB");
    }

    @Test
    void everyChoiceOfAPlanSaysWhatBoundIt() {
        PartitionPlan free = planned(chain(50, 50, 50));
        assertThat(free.parts()).hasSize(3);
        assertThat(free.parts().getFirst().reasons())
                .extracting(Reason::code)
                .containsExactly("package-size", "cheapest-memory");
        assertThat(free.parts().getFirst().reasons().getFirst().words())
                .contains("with the layers up to l2 the package has 270 MiB, and 250 MiB are allowed");
        PartitionPlan fast = planned(chain(50, 50, 50).withSlo(free.millis() * 3 / 4));
        assertThat(fast.parts())
                .anySatisfy(part ->
                        assertThat(part.reasons()).extracting(Reason::code).contains("slo"));
        PartitionPlan fastest = planned(chain(50, 50, 50).withObjective(Objective.TIME));
        assertThat(fastest.parts())
                .allSatisfy(part -> assertThat(part.reasons().getLast().code()).isEqualTo("fastest-memory"));
    }

    @Test
    void moneyIsExact() {
        PartitionPlan plan = planned(chain(50, 50));
        assertThat(plan.usd().multiply(java.math.BigDecimal.valueOf(1024)).movePointRight(13))
                .isEqualByComparingTo(java.math.BigDecimal.valueOf(plan.units()));
    }

    @Test
    void aGraphWithTooManyCutsIsRefusedBeforeItIsSearched() {
        List<Layer> layers = new ArrayList<>();
        for (int i = 0; i < Problem.MAXIMUM_POSITIONS + 1; i++) {
            layers.add(layer(i, 0));
        }
        PartitionRequest request = chain(1);
        assertThatThrownBy(() -> exact.partition(
                        PartitionRequest.of(LayerGraph.of("long", layers), request.costs(), request.limits())))
                .isInstanceOf(UnsupportedOperationException.class)
                .hasMessageContaining("2499 places");
    }
}
