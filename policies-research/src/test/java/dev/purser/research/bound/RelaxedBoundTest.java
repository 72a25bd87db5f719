package dev.purser.research.bound;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.purser.research.bound.RelaxedBound.Bound;
import dev.purser.research.bound.RelaxedBound.Fleet;
import dev.purser.research.bound.RelaxedBound.NoBound;
import dev.purser.research.bound.RelaxedBound.RequestClass;
import dev.purser.research.bound.RelaxedBound.Variant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeSet;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.assertj.core.data.Percentage;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.ojalgo.optimisation.Expression;
import org.ojalgo.optimisation.ExpressionsBasedModel;
import org.ojalgo.optimisation.Variable;

class RelaxedBoundTest {
    private static final double NEVER = Double.POSITIVE_INFINITY;
    private static final Percentage MILLIONTH = Percentage.withPercentage(1e-4);

    static LongStream seeds() {
        return LongStream.range(0, 60);
    }

    private static Bound bound(
            double step, List<Variant> variants, List<RequestClass> classes, double[][] arrivals, boolean free) {
        return (Bound) RelaxedBound.solve(step, variants, classes, arrivals, free);
    }

    @Test
    void aBurstIsServedByFewVmsOverItsWholeWindow() {
        // 100 requests at once; a VM answers 10 a step for 1, launched for 5; a function takes 1
        List<Variant> pool = List.of(new Variant(1, List.of(new Fleet(10, 1, 5))));
        double[][] burst = {{100}};
        Bound ten = bound(1, pool, List.of(new RequestClass(9, Set.of(0))), burst, false);
        assertThat(ten.usd()).as("one VM for ten steps").isCloseTo(15, MILLIONTH);
        assertThat(ten.steps()).isEqualTo(10);
        assertThat(ten.fleet(0, 0)).hasSize(10);
        assertThat(ten.fleet(0, 0)[5]).isCloseTo(1, within(1e-4));
        assertThat(ten.planUsd()).hasValueCloseTo(15.0, within(1e-9));
        assertThat(ten.optimal()).isTrue();
        Bound five = bound(1, pool, List.of(new RequestClass(4, Set.of(0))), burst, false);
        assertThat(five.usd()).as("two VMs for five steps").isCloseTo(20, MILLIONTH);
        assertThat(five.vmUsd()).isCloseTo(20, MILLIONTH);
        assertThat(five.functionUsd()).isCloseTo(0, within(1e-4));
        Bound none = bound(1, pool, List.of(new RequestClass(0, Set.of(0))), burst, false);
        assertThat(none.usd()).as("ten VMs cost 60, functions 100").isCloseTo(60, MILLIONTH);
        Bound free = bound(1, pool, List.of(new RequestClass(0, Set.of(0))), burst, true);
        assertThat(free.usd()).as("ten VMs without their launches").isCloseTo(10, MILLIONTH);
    }

    @Test
    void aWindowThatEndsInsideAStepReachesToItsEnd() {
        List<Variant> pool = List.of(new Variant(NEVER, List.of(new Fleet(1, 1, 1000))));
        double[][] burst = {{100}};
        // steps of 10 s: an arrival at 9.9 s with a window of 10.2 s may still be served in the third step
        Bound three = bound(10, pool, List.of(new RequestClass(10.2, Set.of(0))), burst, false);
        assertThat(three.usd()).isCloseTo(100 / 30.0 * 1000 + 100, MILLIONTH);
        Bound two = bound(10, pool, List.of(new RequestClass(10, Set.of(0))), burst, false);
        assertThat(two.usd()).isCloseTo(100 / 20.0 * 1000 + 100, MILLIONTH);
    }

    @Test
    void wherePartsShareNothingTheirBoundsAddUp() {
        SplittableRandom random = new SplittableRandom(5);
        List<Variant> pool = List.of(
                new Variant(1, List.of(new Fleet(3, 1, 2))),
                new Variant(0.7, List.of()),
                new Variant(NEVER, List.of(new Fleet(2, 1, 1))));
        double[][] arrivals = new double[3][20];
        for (double[] row : arrivals) {
            Arrays.setAll(row, t -> random.nextInt(8));
        }
        List<RequestClass> classes =
                List.of(new RequestClass(2, Set.of(0)), new RequestClass(1, Set.of(1)), new RequestClass(0, Set.of(2)));
        double sum = 0;
        for (int c = 0; c < 3; c++) {
            sum += bound(1, pool, List.of(classes.get(c)), new double[][] {arrivals[c]}, false)
                    .usd();
        }
        Bound all = bound(1, pool, classes, arrivals, false);
        assertThat(all.usd()).isCloseTo(sum, MILLIONTH);
        assertThat(all.functionUsd())
                .isGreaterThanOrEqualTo(0.7 * Arrays.stream(arrivals[1]).sum() - 1e-6);
    }

    @Test
    void theCheapestGoodEnoughVariantIsChosen() {
        // the second variant is good enough for both classes, the first cheaper but only for one
        List<Variant> pool = List.of(
                new Variant(NEVER, List.of(new Fleet(10, 1, 0))), new Variant(NEVER, List.of(new Fleet(5, 1, 0))));
        double[][] arrivals = {{10, 10}, {10, 10}};
        Bound bound = bound(
                1, pool, List.of(new RequestClass(0, Set.of(0, 1)), new RequestClass(0, Set.of(1))), arrivals, false);
        assertThat(bound.usd()).isCloseTo(2 + 4, MILLIONTH);
        assertThat(bound.fleet(0, 0)).containsExactly(new double[] {1, 1}, within(1e-4));
        assertThat(bound.fleet(1, 0)).containsExactly(new double[] {2, 2}, within(1e-4));
        assertThat(bound.gap()).hasValueCloseTo(0.0, within(1e-5));
    }

    @Test
    void idleCapacityServesEvenWhoseFunctionsAreCheaper() {
        // the first class has no function and rents a VM of 10 a step for 1 throughout; bridging beats relaunching
        List<Variant> pool = List.of(new Variant(NEVER, List.of(new Fleet(10, 1, 50))), new Variant(0.01, List.of()));
        double[][] arrivals = {{10, 0, 10}, {0, 10, 0}};
        List<RequestClass> classes = List.of(new RequestClass(0, Set.of(0)), new RequestClass(0, Set.of(0, 1)));
        assertThat(bound(1, pool, classes, arrivals, false).usd()).isCloseTo(50 + 3, MILLIONTH);
        assertThat(bound(1, pool, classes, new double[][] {arrivals[0], {0, 20, 0}}, false)
                        .usd())
                .isCloseTo(50 + 3 + 0.1, MILLIONTH);
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void equalsAGeneralSolversOptimum(long seed) {
        Drawn drawn = Drawn.draw(new SplittableRandom(seed), 12);
        Bound bound = bound(drawn.step, drawn.variants, drawn.classes, drawn.arrivals, drawn.free);
        double optimum = programme(drawn);
        assertThat(bound.usd())
                .as("seed %d: %s", seed, drawn)
                .isLessThanOrEqualTo(optimum * (1 + 1e-9))
                .isCloseTo(optimum, within(1e-6 * optimum + 1e-9));
        assertThat(bound.optimal()).as("seed %d: %s", seed, drawn).isTrue();
        assertThat(bound.vmUsd() + bound.functionUsd())
                .as("seed %d", seed)
                .isCloseTo(optimum, within(1e-5 * optimum + 1e-9));
        bound.planUsd().ifPresent(plan -> assertThat(plan).as("seed %d", seed).isGreaterThanOrEqualTo(bound.usd()));
    }

    /** The argument that makes the bound safe does not depend on the solver: any prices at all. */
    @ParameterizedTest
    @MethodSource("seeds")
    void anyPricesGiveALowerBound(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        double p = 0.5 + random.nextDouble();
        double launch = 3 * random.nextDouble();
        double f = 0.3 + random.nextDouble();
        int slack = random.nextInt(4);
        double[] arrivals = random.doubles(15, 0, 10).toArray();
        var fleet = new RelaxedBound.Rented(0, 0, 0, new Fleet(4, p, launch), 1);
        var component = new Component(
                List.of(new RelaxedBound.Group(slack, f, Set.of(0), arrivals)), List.of(fleet), 15, seed % 2 == 0);
        double optimum = component.solve().programme();
        for (int i = 0; i < 20; i++) {
            double[] worth =
                    random.doubles(15 + slack + 1, -launch, 2 * launch + 1e-3).toArray();
            worth[random.nextInt(worth.length)] = Double.NaN;
            assertThat(component.bound(new double[][] {worth}))
                    .as("seed %d", seed)
                    .isGreaterThanOrEqualTo(0)
                    .isLessThanOrEqualTo(optimum * (1 + 1e-6));
        }
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void neverExceedsTheExactBoundWhereNothingWaits(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        int cap = 2 + random.nextInt(8);
        double p = 0.2 + random.nextDouble();
        double f = random.nextInt(3) == 0 ? NEVER : p / cap * (0.5 + 4 * random.nextDouble());
        double launch = 5 * random.nextDouble();
        boolean free = random.nextBoolean();
        double[] any = new double[60];
        Arrays.setAll(any, t -> random.nextInt(6 * cap));
        double[] multiples = new double[60];
        Arrays.setAll(multiples, t -> cap * random.nextInt(6));
        double step = 0.5 + random.nextInt(10);
        List<Variant> pool = List.of(new Variant(f, List.of(new Fleet(cap / step, p / step, launch))));
        List<RequestClass> strict = List.of(new RequestClass(0, Set.of(0)));
        ExactBound.Terms terms = new ExactBound.Terms(cap, p, f, launch, random.nextInt(5), free);
        assertThat(bound(step, pool, strict, new double[][] {any}, free).usd())
                .as("seed %d", seed)
                .isLessThanOrEqualTo(ExactBound.solve(any, terms).totalUsd());
        ExactBound.Terms noMinimum = new ExactBound.Terms(cap, p, f, launch, 0, free);
        assertThat(bound(step, pool, strict, new double[][] {multiples}, free).usd())
                .as("seed %d: whole VMs are no restriction", seed)
                .isCloseTo(ExactBound.solve(multiples, noMinimum).totalUsd(), MILLIONTH);
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void neverRisesWithTheWindow(long seed) {
        Drawn drawn = Drawn.draw(new SplittableRandom(seed), 25);
        double last = NEVER;
        for (double more = 0; more < 9 * drawn.step; more += 1.5 * drawn.step) {
            double add = more;
            List<RequestClass> classes = drawn.classes.stream()
                    .map(c -> new RequestClass(c.windowSeconds() + add, c.variants()))
                    .toList();
            Bound bound = bound(drawn.step, drawn.variants, classes, drawn.arrivals, drawn.free);
            assertThat(bound.usd())
                    .as("seed %d, window +%s", seed, more)
                    .isLessThanOrEqualTo(last * (1 + 1e-7) + 1e-12);
            last = bound.usd();
        }
    }

    @Test
    void aCoarserStepStaysBelowAFinerOne() {
        SplittableRandom random = new SplittableRandom(11);
        double[] fine = random.doubles(240, 0, 40).toArray();
        double[] coarse = new double[24];
        IntStream.range(0, 240).forEach(t -> coarse[t / 10] += fine[t]);
        List<Variant> pool = List.of(new Variant(0.2, List.of(new Fleet(8, 1, 20))));
        List<RequestClass> classes = List.of(new RequestClass(3, Set.of(0)));
        assertThat(bound(10, pool, classes, new double[][] {coarse}, false).usd())
                .isLessThan(
                        bound(1, pool, classes, new double[][] {fine}, false).usd());
    }

    @Test
    void nothingToDoCostsNothing() {
        List<Variant> pool = List.of(new Variant(1, List.of(new Fleet(1, 1, 1))));
        Bound noClasses = bound(1, pool, List.of(), new double[0][], false);
        assertThat(noClasses.usd()).isZero();
        assertThat(noClasses.gap()).hasValue(0);
        assertThat(noClasses.steps()).isZero();
        Bound noRequests = bound(
                1,
                pool,
                List.of(new RequestClass(5, Set.of()), new RequestClass(0, Set.of(0))),
                new double[2][7],
                false);
        assertThat(noRequests.usd()).isZero();
        assertThat(noRequests.optimal()).isTrue();
        assertThat(noRequests.fleet(0, 0)).hasSize(7).containsOnly(0);
    }

    @Test
    void whatIsTooLargeGetsNoNumber() {
        List<Variant> pool = List.of(new Variant(1, List.of(new Fleet(1, 0.1, 1))));
        List<RequestClass> classes = new ArrayList<>();
        for (int c = 0; c < 300; c++) {
            classes.add(new RequestClass(c, Set.of(0)));
        }
        double[][] arrivals = new double[300][300];
        for (double[] row : arrivals) {
            Arrays.fill(row, 1);
        }
        assertThat(RelaxedBound.solve(1, pool, List.of(new RequestClass(1e12, Set.of(0))), new double[][] {{1}}, false))
                .as("a window of 30,000 years")
                .isInstanceOf(NoBound.class);
        assertThat(RelaxedBound.solve(1, pool, classes, arrivals, false))
                .isInstanceOfSatisfying(
                        NoBound.class,
                        none -> assertThat(none.why()).contains("too large").contains("longer steps"));
    }

    @Test
    void refusesWhatMakesNoSense() {
        Variant fine = new Variant(1, List.of());
        RequestClass strict = new RequestClass(0, Set.of(0));
        refused("stepSeconds is 0.0", () -> bound(0, List.of(fine), List.of(), new double[0][], false));
        refused("arrivals has 2 rows", () -> bound(1, List.of(fine), List.of(strict), new double[2][3], false));
        refused(
                "arrivals[0][1] is -1.0",
                () -> bound(1, List.of(fine), List.of(strict), new double[][] {{0, -1}}, false));
        refused(
                "arrivals[1] has 1 steps, but arrivals[0] has 2",
                () -> bound(1, List.of(fine), List.of(strict, strict), new double[][] {{0, 1}, {0}}, false));
        refused(
                "classes[0] names variant 0, but there are 0 variants",
                () -> bound(1, List.of(), List.of(strict), new double[][] {{1}}, false));
        refused(
                "none of its variants [0] has a fleet or a function",
                () -> bound(1, List.of(new Variant(NEVER, List.of())), List.of(strict), new double[][] {{1}}, false));
        refused("windowSeconds is -1.0", () -> new RequestClass(-1, Set.of()));
        refused("functionUsdPerRequest is -1.0", () -> new Variant(-1, List.of()));
        refused("requestsPerSecond is 0.0", () -> new Fleet(0, 1, 1));
        refused("usdPerSecond is NaN", () -> new Fleet(1, Double.NaN, 1));
    }

    private static void refused(String message, Runnable call) {
        assertThatThrownBy(call::run)
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(message);
    }

    /** The programme as the class comment states it, with nothing eliminated, by ojAlgo's simplex. */
    private static double programme(Drawn drawn) {
        int steps = drawn.arrivals[0].length;
        int[] slack = drawn.classes.stream()
                .mapToInt(c -> (int) Math.ceil(c.windowSeconds() / drawn.step))
                .toArray();
        int horizon = steps + Arrays.stream(slack).max().orElse(0);
        ExpressionsBasedModel model = new ExpressionsBasedModel();
        int names = 0;
        Expression[][] served = new Expression[drawn.classes.size()][horizon];
        for (int c = 0; c < served.length; c++) {
            double arrived = 0;
            for (int t = 0; t < horizon; t++) {
                arrived += t < steps ? drawn.arrivals[c][t] : 0;
                double closed = 0;
                for (int s = 0; s <= t - slack[c] && s < steps; s++) {
                    closed += drawn.arrivals[c][s];
                }
                served[c][t] =
                        model.newExpression("c" + c + "_" + t).lower(closed).upper(arrived);
            }
        }
        for (int v = 0; v < drawn.variants.size(); v++) {
            Variant variant = drawn.variants.get(v);
            Expression[] room = new Expression[horizon];
            for (int t = 0; t < horizon; t++) {
                room[t] = model.newExpression("v" + v + "_" + t).upper(0);
            }
            for (Fleet fleet : variant.fleets()) {
                Variable before = null;
                for (int t = 0; t < horizon; t++) {
                    Variable n = model.newVariable("n" + names++).lower(0).weight(fleet.usdPerSecond() * drawn.step);
                    room[t].set(n, -fleet.requestsPerSecond() * drawn.step);
                    if (t > 0 || !drawn.free) {
                        Variable u = model.newVariable("u" + names++).lower(0).weight(fleet.launchUsd());
                        Expression rise = model.newExpression("r" + names++)
                                .upper(0)
                                .set(n, 1)
                                .set(u, -1);
                        if (before != null) {
                            rise.set(before, -1);
                        }
                    }
                    before = n;
                }
            }
            for (int c = 0; c < served.length; c++) {
                if (drawn.classes.get(c).variants().contains(v)) {
                    for (int t = 0; t < horizon; t++) {
                        Variable s = model.newVariable("s" + names++).lower(0);
                        room[t].set(s, 1);
                        Variable f = variant.functionUsdPerRequest() < NEVER
                                ? model.newVariable("f" + names++).lower(0).weight(variant.functionUsdPerRequest())
                                : null;
                        for (int later = t; later < horizon; later++) {
                            served[c][later].set(s, 1);
                            if (f != null) {
                                served[c][later].set(f, 1);
                            }
                        }
                    }
                }
            }
        }
        return model.minimise().getValue();
    }

    /** A random instance: up to 3 variants of up to 2 fleets, up to 4 classes, each servable. */
    private record Drawn(
            double step, List<Variant> variants, List<RequestClass> classes, double[][] arrivals, boolean free) {
        static Drawn draw(SplittableRandom random, int steps) {
            double step = 1 + random.nextInt(10);
            List<Variant> variants = new ArrayList<>();
            int pool = 1 + random.nextInt(3);
            for (int v = 0; v < pool; v++) {
                List<Fleet> fleets = new ArrayList<>();
                for (int f = random.nextInt(3); f > 0; f--) {
                    double size = 1 + random.nextInt(4);
                    fleets.add(new Fleet(
                            size * (1 + random.nextDouble()),
                            size * (0.5 + random.nextDouble()),
                            20 * random.nextDouble()));
                }
                double function = fleets.isEmpty() || random.nextInt(3) > 0 ? 0.3 + 2 * random.nextDouble() : NEVER;
                variants.add(new Variant(function, fleets));
            }
            List<RequestClass> classes = new ArrayList<>();
            double[][] arrivals = new double[1 + random.nextInt(4)][steps];
            for (double[] row : arrivals) {
                Set<Integer> good = new TreeSet<>(Set.of(random.nextInt(pool)));
                good.add(random.nextInt(pool));
                classes.add(new RequestClass(random.nextInt(4) * step * random.nextDouble(), good));
                Arrays.setAll(row, t -> random.nextInt(3) == 0 ? 0 : random.nextInt(30));
            }
            return new Drawn(step, variants, classes, arrivals, random.nextBoolean());
        }
    }
}
