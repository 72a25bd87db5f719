package dev.purser.research.bound;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.assertj.core.data.Percentage;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.ojalgo.optimisation.ExpressionsBasedModel;
import org.ojalgo.optimisation.Variable;

class ExactBoundTest {
    private static final double NEVER = Double.POSITIVE_INFINITY;

    static LongStream seeds() {
        return LongStream.range(0, 150);
    }

    static LongStream fewSeeds() {
        return LongStream.range(0, 25);
    }

    @Test
    void constantDemandAtAMultipleOfTheCapacityCostsItsVms() {
        double[] demand = new double[50];
        Arrays.fill(demand, 24);
        ExactBound.Plan plan = ExactBound.solve(demand, new ExactBound.Terms(8, 0.3, 0.1, 0, 0, false));
        assertThat(plan.totalUsd()).isCloseTo(50 * 0.3 * 24 / 8, within(1e-9));
        assertThat(plan.fleet()).containsOnly(3);
        assertThat(plan.vmSteps()).isEqualTo(150);
        assertThat(plan.functionRequests()).isZero();
    }

    @Test
    void aPeakIsBridgedOrLeftToFunctionsByHandCount() {
        // cap 10, p 1, f 0.2: a full VM saves 1 a step. Level 0 earns 1 in steps 0, 1, 4, 5 and loses 1 in 2 and 3
        double[] demand = {10, 10, 0, 0, 10, 10};
        ExactBound.Terms dear = new ExactBound.Terms(10, 1, 0.2, 1.5, 0, false);
        assertThat(ExactBound.solve(demand, dear).fleet())
                .as("two stays earn 2 each and launch for 1.5 each; one long one earns 2 for 1.5")
                .containsExactly(1, 1, 0, 0, 1, 1);
        assertThat(ExactBound.solve(demand, dear).totalUsd()).isCloseTo(8 - 2 * 0.5, within(1e-12));
        assertThat(ExactBound.solve(demand, dear).launches()).isEqualTo(2);
        ExactBound.Terms tooDear = new ExactBound.Terms(10, 1, 0.2, 2.5, 0, false);
        assertThat(ExactBound.solve(demand, tooDear).totalUsd()).isCloseTo(8, within(1e-12));
        assertThat(ExactBound.solve(demand, tooDear).functionRequests()).isEqualTo(40);
    }

    @Test
    void theOldestVmIsStoppedFirst() {
        // the class comment's example: by levels it would cost 8 + 5 steps
        double[] demand = {1, 1, 1, 2, 2, 1, 1, 1};
        ExactBound.Plan plan = ExactBound.solve(demand, new ExactBound.Terms(1, 1, NEVER, 0, 5, false));
        assertThat(plan.totalUsd()).isEqualTo(10);
        assertThat(plan.fleet()).containsExactly(1, 1, 1, 2, 2, 1, 1, 1);
    }

    @Test
    void aStayCutShortByTheEndPaysTheMinimum() {
        double[] demand = {0, 0, 1};
        assertThat(ExactBound.solve(demand, new ExactBound.Terms(1, 1, NEVER, 2, 4, false))
                        .totalUsd())
                .isEqualTo(6);
        assertThat(ExactBound.solve(demand, new ExactBound.Terms(1, 1, 5, 2, 4, false))
                        .totalUsd())
                .isEqualTo(5);
    }

    @Test
    void withoutFunctionsTheFleetCoversEveryStep() {
        double[] demand = {3, 0, 8.5, 16, 0.1};
        ExactBound.Plan plan = ExactBound.solve(demand, new ExactBound.Terms(8, 1, NEVER, 0, 0, false));
        assertThat(plan.fleet()).containsExactly(1, 0, 2, 2, 1);
        assertThat(plan.functionUsd()).isZero();
        // bridging step 1 for 1 spares a launch of 1.5
        assertThat(ExactBound.solve(demand, new ExactBound.Terms(8, 1, NEVER, 1.5, 0, true))
                        .fleet())
                .containsExactly(1, 1, 2, 2, 1);
    }

    @Test
    void noDemandCostsNothing() {
        for (double[] demand : new double[][] {{}, {0}, {0, 0, 0}}) {
            for (int minimum : new int[] {0, 1, 3}) {
                ExactBound.Plan plan = ExactBound.solve(demand, new ExactBound.Terms(1, 0.1, NEVER, 1, minimum, false));
                assertThat(plan.totalUsd()).isZero();
                assertThat(plan.fleet()).hasSize(demand.length).containsOnly(new int[demand.length]);
            }
        }
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void whenALaunchCostsTheEarthTheFirstFleetCanOnlyShrink(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        Case drawn = Case.draw(random, 6, 3);
        ExactBound.Terms terms = new ExactBound.Terms(
                drawn.terms.requestsPerVmStep(),
                drawn.terms.vmUsdPerStep(),
                drawn.terms.functionUsdPerRequest(),
                1e6,
                0,
                true);
        double best = Double.POSITIVE_INFINITY;
        double bestConstant = Double.POSITIVE_INFINITY;
        for (int[] fleet : trajectories(drawn.demand.length, 3)) {
            if (IntStream.range(1, fleet.length).allMatch(t -> fleet[t] <= fleet[t - 1])) {
                double usd = bill(drawn.demand, terms, fleet);
                best = Math.min(best, usd);
                bestConstant = fleet[fleet.length - 1] == fleet[0] ? Math.min(bestConstant, usd) : bestConstant;
            }
        }
        double exact = ExactBound.solve(drawn.demand, terms).totalUsd();
        if (terms.functionUsdPerRequest() < NEVER) {
            assertThat(exact).as("seed %d", seed).isCloseTo(best, within(1e-9));
        }
        assertThat(exact).as("seed %d", seed).isLessThanOrEqualTo(bestConstant + 1e-9);
        // a launch that is charged for: nothing but functions
        ExactBound.Terms charged = new ExactBound.Terms(terms.requestsPerVmStep(), 1, 0.5, 1e6, 0, false);
        assertThat(ExactBound.solve(drawn.demand, charged).totalUsd())
                .isCloseTo(0.5 * Arrays.stream(drawn.demand).sum(), within(1e-9));
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void equalsTheBestOfAllFleetTrajectories(long seed) {
        Case drawn = Case.draw(new SplittableRandom(seed), 6, 3);
        double best = Double.POSITIVE_INFINITY;
        for (int[] fleet : trajectories(drawn.demand.length, 3)) {
            best = Math.min(best, bill(drawn.demand, drawn.terms, fleet));
        }
        assertThat(ExactBound.solve(drawn.demand, drawn.terms).totalUsd())
                .as("seed %d: %s %s", seed, Arrays.toString(drawn.demand), drawn.terms)
                .isCloseTo(best, within(1e-9));
    }

    /** Knows nothing of fleets or of who is stopped first: every choice of up to six stays. */
    @ParameterizedTest
    @MethodSource("seeds")
    void equalsTheBestOfAllSetsOfStays(long seed) {
        Case drawn = Case.draw(new SplittableRandom(1000 + seed), 4, 3);
        double best = stays(drawn, new int[drawn.demand.length], 0, 0, 6);
        assertThat(ExactBound.solve(drawn.demand, drawn.terms).totalUsd())
                .as("seed %d: %s %s", seed, Arrays.toString(drawn.demand), drawn.terms)
                .isCloseTo(best, within(1e-9));
    }

    private static double stays(Case drawn, int[] fleet, int from, double paid, int left) {
        int steps = drawn.demand.length;
        double functions = 0;
        for (int t = 0; t < steps; t++) {
            double rest = Math.max(0, drawn.demand[t] - fleet[t] * drawn.terms.requestsPerVmStep());
            functions += rest == 0 ? 0 : rest * drawn.terms.functionUsdPerRequest();
        }
        double best = paid + functions;
        for (int stay = from; left > 0 && stay < steps * steps; stay++) {
            int start = stay / steps;
            int length = stay % steps + 1;
            if (start + length <= steps) {
                double usd = (start == 0 && drawn.terms.firstFleetFree() ? 0 : drawn.terms.launchUsd())
                        + drawn.terms.vmUsdPerStep() * Math.max(length, drawn.terms.minimumSteps());
                for (int t = start; t < start + length; t++) {
                    fleet[t]++;
                }
                best = Math.min(best, stays(drawn, fleet, stay, paid + usd, left - 1));
                for (int t = start; t < start + length; t++) {
                    fleet[t]--;
                }
            }
        }
        return best;
    }

    /** The billing minimum at sizes that cannot be enumerated, against a solver that knows nothing of flows. */
    @ParameterizedTest
    @MethodSource("fewSeeds")
    void equalsTheLinearProgrammeOfTheBillingMinimum(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        Case drawn = Case.draw(random, 40, 6);
        int minimum = 2 + random.nextInt(12);
        double f = drawn.terms.functionUsdPerRequest() < NEVER ? drawn.terms.functionUsdPerRequest() : 50;
        ExactBound.Terms terms = new ExactBound.Terms(
                drawn.terms.requestsPerVmStep(),
                drawn.terms.vmUsdPerStep(),
                f,
                drawn.terms.launchUsd() / 4,
                minimum,
                drawn.terms.firstFleetFree());
        assertThat(ExactBound.solve(drawn.demand, terms).totalUsd())
                .as("seed %d: %s %s", seed, Arrays.toString(drawn.demand), terms)
                .isCloseTo(programme(drawn.demand, terms), Percentage.withPercentage(1e-6));
    }

    /** Launches u(t), with every VM launched in the last m steps still on; functions convex between whole fleets. */
    private static double programme(double[] demand, ExactBound.Terms terms) {
        ExpressionsBasedModel model = new ExpressionsBasedModel();
        int steps = demand.length;
        Variable[] n = new Variable[steps];
        Variable[] u = new Variable[steps];
        double cap = terms.requestsPerVmStep();
        for (int t = 0; t < steps; t++) {
            n[t] = model.newVariable("n" + t).lower(0).weight(terms.vmUsdPerStep());
            double launch = t == 0 && terms.firstFleetFree() ? 0 : terms.launchUsd();
            launch += terms.vmUsdPerStep() * Math.max(0, terms.minimumSteps() - (steps - t));
            u[t] = model.newVariable("u" + t).lower(0).weight(launch);
            Variable left = model.newVariable("f" + t).lower(0).weight(terms.functionUsdPerRequest());
            int whole = (int) Math.floor(demand[t] / cap);
            // the two chords of (d − cap·n)⁺ through the whole fleets below and above d / cap
            model.newExpression("a" + t).lower(demand[t]).set(left, 1).set(n[t], cap);
            double rest = demand[t] - whole * cap;
            model.newExpression("b" + t).lower(rest * (whole + 1)).set(left, 1).set(n[t], rest);
        }
        for (int t = 0; t < steps; t++) {
            var rise = model.newExpression("r" + t).upper(0).set(n[t], 1).set(u[t], -1);
            var recent = model.newExpression("m" + t).upper(0).set(n[t], -1);
            if (t > 0) {
                rise.set(n[t - 1], -1);
            }
            for (int s = Math.max(0, t - terms.minimumSteps() + 1); s <= t; s++) {
                recent.set(u[s], 1);
            }
        }
        return model.minimise().getValue();
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void neverFallsWhenAnythingGetsDearer(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        Case drawn = Case.draw(random, 30, 5);
        ExactBound.Terms t = drawn.terms;
        double base = ExactBound.solve(drawn.demand, t).totalUsd();
        double more = 1 + random.nextDouble();
        double[] demand = drawn.demand.clone();
        demand[random.nextInt(demand.length)] += more;
        List<Double> dearer = List.of(
                ExactBound.solve(demand, t).totalUsd(),
                usd(drawn, t.vmUsdPerStep() * more, t.functionUsdPerRequest(), t.launchUsd(), t.minimumSteps()),
                usd(drawn, t.vmUsdPerStep(), t.functionUsdPerRequest() * more, t.launchUsd(), t.minimumSteps()),
                usd(drawn, t.vmUsdPerStep(), t.functionUsdPerRequest(), t.launchUsd() + more, t.minimumSteps()),
                usd(drawn, t.vmUsdPerStep(), t.functionUsdPerRequest(), t.launchUsd(), t.minimumSteps() + 2));
        assertThat(dearer).as("seed %d", seed).allSatisfy(usd -> assertThat(usd).isGreaterThanOrEqualTo(base - 1e-9));
    }

    private static double usd(Case drawn, double p, double f, double launch, int minimum) {
        return ExactBound.solve(
                        drawn.demand,
                        new ExactBound.Terms(
                                drawn.terms.requestsPerVmStep(), p, f, launch, minimum, drawn.terms.firstFleetFree()))
                .totalUsd();
    }

    @Test
    void refusesWhatMakesNoSense() {
        assertThatThrownBy(() -> new ExactBound.Terms(0, 1, 1, 1, 0, false))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("requestsPerVmStep is 0.0, but it must be finite and above 0");
        assertThatThrownBy(() -> new ExactBound.Terms(1, -1, 1, 1, 0, false))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("vmUsdPerStep is -1.0, but it must be finite and not negative");
        assertThatThrownBy(() -> new ExactBound.Terms(1, 1, Double.NaN, 1, 0, false))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("functionUsdPerRequest is NaN");
        assertThatThrownBy(() -> new ExactBound.Terms(1, 1, 1, NEVER, 0, false))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("launchUsd is Infinity");
        assertThatThrownBy(() -> new ExactBound.Terms(1, 1, 1, 1, -2, false))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("minimumSteps is -2");
        ExactBound.Terms terms = new ExactBound.Terms(1, 1, 1, 1, 0, false);
        assertThatThrownBy(() -> ExactBound.solve(new double[] {1, -3}, terms))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("requestsPerStep[1] is -3.0, but it must be finite and not negative");
        assertThatThrownBy(() -> ExactBound.solve(new double[] {1e9}, terms))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("check the units");
    }

    /** A random instance; a third of them without functions, half with the first fleet free. */
    private record Case(double[] demand, ExactBound.Terms terms) {
        static Case draw(SplittableRandom random, int steps, int levels) {
            double cap = 1 + random.nextInt(4);
            double[] demand = new double[steps];
            Arrays.setAll(demand, t -> switch (random.nextInt(4)) {
                case 0 -> 0;
                case 1 -> cap * random.nextInt(levels + 1);
                default -> cap * levels * random.nextDouble();
            });
            double p = 0.2 + random.nextDouble();
            double f = random.nextInt(3) == 0 ? NEVER : p / cap * (0.5 + 3 * random.nextDouble());
            double launch = random.nextInt(4) == 0 ? 0 : p * 4 * random.nextDouble();
            return new Case(
                    demand,
                    new ExactBound.Terms(cap, p, f, launch, random.nextInt(steps > 6 ? 8 : 6), random.nextBoolean()));
        }
    }

    private static Iterable<int[]> trajectories(int steps, int most) {
        int all = (int) Math.pow(most + 1, steps);
        return () -> IntStream.range(0, all)
                .mapToObj(code -> {
                    int[] fleet = new int[steps];
                    int rest = code;
                    for (int t = 0; t < steps; t++) {
                        fleet[t] = rest % (most + 1);
                        rest /= most + 1;
                    }
                    return fleet;
                })
                .iterator();
    }

    /** The bill of a fleet, VM by VM, the oldest stopped first. */
    private static double bill(double[] demand, ExactBound.Terms terms, int[] fleet) {
        double usd = 0;
        int[] starts = new int[fleet.length * 4];
        int launched = 0;
        int stopped = 0;
        for (int t = 0; t <= fleet.length; t++) {
            int wanted = t < fleet.length ? fleet[t] : 0;
            for (; launched - stopped > wanted; stopped++) {
                usd += terms.vmUsdPerStep() * Math.max(terms.minimumSteps(), t - starts[stopped]);
            }
            for (; launched - stopped < wanted; launched++) {
                starts[launched] = t;
                usd += t == 0 && terms.firstFleetFree() ? 0 : terms.launchUsd();
            }
            double rest = t < fleet.length ? Math.max(0, demand[t] - fleet[t] * terms.requestsPerVmStep()) : 0;
            usd += rest == 0 ? 0 : rest * terms.functionUsdPerRequest();
        }
        return usd;
    }
}
