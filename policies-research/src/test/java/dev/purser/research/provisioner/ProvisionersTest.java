package dev.purser.research.provisioner;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.purser.core.policy.FleetTarget;
import dev.purser.core.policy.Forecast;
import dev.purser.core.policy.LoadPredictor;
import dev.purser.core.policy.Plan;
import dev.purser.core.policy.ProvisioningView.Trigger;
import dev.purser.core.policy.ResourceProvisioner;
import dev.purser.core.policy.ServiceCatalog;
import dev.purser.core.policy.StateExchange;
import dev.purser.predictors.LastValue;
import dev.purser.research.FakeView;
import dev.purser.research.Worlds;
import dev.purser.spi.PolicySpec;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Worked examples on one fleet of c5.large, 8 requests/s and 0.085 USD/h an instance, with intervals of 10 s. */
class ProvisionersTest {
    private static final Duration MINUTE = Duration.ofMinutes(1);
    private static final Duration IDLE = Duration.ofMinutes(3);

    private final ServiceCatalog catalog = Worlds.single();
    private final FakeView view = new FakeView(catalog);

    private FleetTarget next(ResourceProvisioner provisioner, double arrivals) {
        return only(provisioner.plan(view.arrivals(0, arrivals)));
    }

    private static FleetTarget only(Plan plan) {
        assertThat(plan.fleets()).hasSize(1);
        return plan.fleets().getFirst();
    }

    private static void expect(FleetTarget target, int instances, String code) {
        assertThat(target.instances()).as(target.reason().words()).isEqualTo(instances);
        assertThat(target.reason().code()).isEqualTo(code);
    }

    @Nested
    class OfStatic {
        @Test
        void isSizedOnceForTheEstimateWithHeadroom() {
            StaticFleet fleet = new StaticFleet(new StaticFleet.Settings(1.2, 0, 0), Worlds.context(catalog));
            view.trigger(Trigger.START);
            // 10/s x 1.2 = 12/s at 8/s each
            expect(next(fleet, 100), 2, "static");
            view.trigger(Trigger.INTERVAL).ready(0, 2).idle(0, 2);
            expect(next(fleet, 100_000), 2, "static");
            expect(next(fleet, 0), 2, "static");
        }

        @Test
        void replacesWhatIsLost() {
            StaticFleet fleet = new StaticFleet(new StaticFleet.Settings(1, 0, 0), Worlds.context(catalog));
            next(fleet, 0);
            view.trigger(Trigger.START);
            next(fleet, 400);
            expect(next(fleet, 400), 5, "static");
            view.trigger(Trigger.LOSS).ready(0, 3);
            expect(next(fleet, 0), 5, "static");
        }

        @Test
        void takesANumberOfInstancesBeforeTheEstimate() {
            StaticFleet fleet = new StaticFleet(new StaticFleet.Settings(1.2, 7, 1), Worlds.context(catalog));
            view.trigger(Trigger.START);
            expect(next(fleet, 100), 7, "static");
        }

        @Test
        void withoutHeadroomHoldsNothing() {
            StaticFleet fleet = new StaticFleet(new StaticFleet.Settings(0, 0, 0), Worlds.context(catalog));
            view.trigger(Trigger.START);
            expect(next(fleet, 100), 0, "static");
        }
    }

    @Nested
    class OfReactive {
        private final Reactive reactive = reactive(1);

        private Reactive reactive(int minInstances) {
            return new Reactive(
                    new Reactive.Settings(MINUTE, Duration.ofSeconds(30), IDLE, minInstances), Worlds.context(catalog));
        }

        @ParameterizedTest
        @CsvSource({"0,1", "1,1", "80,1", "81,2", "200,3", "240,3", "241,4", "8000,100"})
        void holdsWhatTheRateNeeds(double arrivals, int instances) {
            expect(next(reactive, arrivals), instances, "load");
        }

        @Test
        void averagesOverTheWindow() {
            // 6 intervals: after 3 of 100 and 3 of 400 the mean is 25/s, then the first ones leave
            for (double arrivals : new double[] {100, 100, 100, 400, 400}) {
                next(reactive, arrivals);
            }
            FleetTarget target = next(reactive, 400);
            expect(target, 4, "load");
            assertThat(target.reason().observed()).isEqualTo(25);
            assertThat(target.reason().limit()).isEqualTo(8);
            assertThat(next(reactive, 400).reason().observed()).isEqualTo(30);
            next(reactive, 400);
            expect(next(reactive, 400), 5, "load");
        }

        @Test
        void worksOffABacklogWithinTheDrainTime() {
            view.queued(0, 240);
            // 24/s and 240 requests in 30 s
            expect(next(reactive, 240), 4, "load");
            view.queued(0, 241);
            expect(next(reactive, 240), 5, "load");
        }

        @Test
        void aLossIsNotAnotherInterval() {
            next(reactive, 240);
            view.trigger(Trigger.LOSS);
            for (int i = 0; i < 10; i++) {
                expect(next(reactive, 0), 3, "load");
            }
            view.trigger(Trigger.INTERVAL);
            expect(next(reactive, 0), 2, "load");
        }

        @Test
        void givesUpOnlyWhatHasBeenIdle() {
            view.ready(0, 8).pending(0, 2).idle(0, 4);
            FleetTarget target = next(reactive, 240);
            expect(target, 6, "idle-timeout");
            assertThat(target.reason().words())
                    .isEqualTo("3 instances would do, but only those idle for 180 s are given up, which leaves 6");
            view.idle(0, 0);
            expect(next(reactive, 240), 10, "idle-timeout");
            view.pending(0, 0).idle(0, 8);
            expect(next(reactive, 240), 3, "load");
        }

        @Test
        void keepsTheLeastNumber() {
            expect(next(reactive(4), 0), 4, "load");
            expect(next(reactive(0), 0), 0, "load");
            view.ready(0, 6).idle(0, 6);
            expect(next(reactive(4), 0), 4, "load");
        }
    }

    @Nested
    class OfUtilAware {
        private final UtilAware rule =
                new UtilAware(new UtilAware.Settings(0.8, 0.5, 0.1, IDLE, 1), Worlds.context(catalog));

        @Test
        void startsAtItsThreshold() {
            view.trigger(Trigger.START);
            // 32/s at 0.8 x 8/s each
            expect(next(rule, 320), 5, "start");
            expect(next(rule, 321), 6, "start");
        }

        @ParameterizedTest
        @CsvSource({"1,2", "5,6", "10,11", "11,13", "70,77", "100,110"})
        void addsATenthAtTheUpperThresholdButOneAtLeast(int have, int then) {
            view.ready(0, have).utilisation(0, 0.8);
            expect(next(rule, 0), then, "busy");
        }

        @Test
        void leavesTheFleetBetweenTheThresholds() {
            view.ready(0, 10).idle(0, 10).utilisation(0, 0.79);
            expect(next(rule, 0), 10, "in-range");
            view.utilisation(0, 0.5);
            expect(next(rule, 0), 10, "in-range");
        }

        @Test
        void holdsBackWhileMoreThanHalfIsPending() {
            view.ready(0, 5).pending(0, 5).utilisation(0, 1);
            expect(next(rule, 0), 11, "busy");
            view.pending(0, 6);
            expect(next(rule, 0), 11, "pending");
        }

        @Test
        void aQueueBeforeTheFirstInstanceIsReadyCountsAsBusy() {
            view.queued(0, 3);
            expect(next(rule, 0), 1, "busy");
            view.pending(0, 1);
            expect(next(rule, 0), 1, "pending");
        }

        @Test
        void shrinksToTheUpperThresholdBelowTheLowerOne() {
            // 6 at 40 % are as busy as 3 at 80 %
            view.ready(0, 6).idle(0, 6).utilisation(0, 0.4);
            expect(next(rule, 0), 3, "idle");
            view.utilisation(0, 0.41);
            expect(next(rule, 0), 4, "idle");
            view.idle(0, 1);
            expect(next(rule, 0), 5, "idle-timeout");
            view.idle(0, 6).utilisation(0, 0);
            expect(next(rule, 0), 1, "idle");
        }

        @Test
        void thresholdsMustNotCross() {
            assertThatThrownBy(() -> new UtilAware.Settings(0.5, 0.6, 0.1, IDLE, 1))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("lower is 0.6, but it must not be above upper, 0.5");
        }
    }

    /** Forecasts 10 requests for the next window, 20 for the one after it, and so on; remembers what it was told. */
    private static final class Ramp implements LoadPredictor {
        private final List<Double> observed = new ArrayList<>();
        private final List<Integer> asked = new ArrayList<>();

        @Override
        public void observe(double count) {
            observed.add(count);
        }

        @Override
        public Forecast forecast(int steps) {
            asked.add(steps);
            double[] mean =
                    IntStream.rangeClosed(1, steps).mapToDouble(i -> 10 * i).toArray();
            return Forecast.ofPoints(mean);
        }

        @Override
        public void exchange(StateExchange state) {}
    }

    @Nested
    class OfExascale {
        private final Ramp ramp = new Ramp();

        private Exascale exascale(double headroom) {
            return new Exascale(
                    new Exascale.Settings(PolicySpec.of("ramp"), headroom, Duration.ofSeconds(60), IDLE, 1),
                    Worlds.context(catalog, 1, () -> ramp));
        }

        @ParameterizedTest
        @CsvSource({"0,1", "5,1", "9.999,1", "10,2", "99,10", "100,11", "101,11", "110,12", "1e6,1000"})
        void looksAsFarAheadAsALaunchTakes(double launchSeconds, int window) {
            view.launch(launchSeconds);
            FleetTarget target = next(exascale(1.2), 5);
            assertThat(ramp.asked).containsExactly(window);
            // 10 x window requests in 10 s
            assertThat(target.reason().observed()).isCloseTo(1.2 * window, within(1e-9));
            expect(target, (int) Math.ceil(1.2 * window / 8), "forecast");
        }

        @Test
        void headroomOneIsTheForecastItself() {
            view.launch(75);
            expect(next(exascale(1), 5), 1, "forecast");
            expect(next(exascale(1.01), 5), 2, "forecast");
        }

        @Test
        void aBacklogIsWorkedOffWithinTheDrainTime() {
            view.launch(75).queued(0, 480);
            // 8 requests/s forecast and 480 / 60 s of backlog
            expect(next(exascale(1), 5), 2, "forecast");
        }

        @Test
        void atTheStartTheEstimateStandsForSomeMinutes() {
            view.trigger(Trigger.START);
            next(exascale(1), 5);
            assertThat(ramp.observed).hasSize(30).containsOnly(5.0);
        }

        @Test
        void thePredictorIsFedOnceForEachInterval() {
            Exascale exascale = exascale(1);
            next(exascale, 5);
            next(exascale, 7);
            view.trigger(Trigger.LOSS);
            next(exascale, 7);
            assertThat(ramp.observed).containsExactly(5.0, 7.0);
            assertThat(ramp.asked).as("a loss asks for nothing new").hasSize(2);
        }
    }

    @Nested
    class OfParagon {
        private final Paragon paragon = paragon(new LastValue(new LastValue.Settings()));

        private Paragon paragon(LoadPredictor predictor) {
            return new Paragon(
                    new Paragon.Settings(
                            Duration.ofMinutes(10),
                            PolicySpec.of("any"),
                            Duration.ofMinutes(2),
                            1.5,
                            MINUTE,
                            Duration.ofSeconds(30),
                            IDLE,
                            1),
                    Worlds.context(catalog, 1, () -> predictor));
        }

        private Plan plan(double... arrivals) {
            Plan plan = paragon.plan(view.arrivals(0, arrivals[0]));
            for (double count : Arrays.stream(arrivals).skip(1).toArray()) {
                plan = paragon.plan(view.arrivals(0, count));
            }
            return plan;
        }

        private static double[] times(int times, double count) {
            double[] result = new double[times];
            Arrays.fill(result, count);
            return result;
        }

        @Test
        void followsTheTrendUntilTheMonitorKnows() {
            view.ready(0, 3);
            Plan plan = plan(times(11, 240));
            expect(only(plan), 3, "load");
            assertThat(plan.offload().enabled()).isTrue();
            assertThat(plan.offload().reason().code()).isEqualTo("not-known");
            plan = plan(240);
            assertThat(plan.offload().enabled()).isFalse();
        }

        @Test
        void functionsStayUntilTheInstancesForThePeakServe() {
            view.ready(0, 3).pending(0, 1);
            plan(320);
            Plan plan = plan(times(11, 230));
            expect(only(plan), 4, "static-period");
            assertThat(plan.offload().enabled()).isTrue();
            assertThat(plan.offload().reason().code()).isEqualTo("booting");
            view.ready(0, 4).pending(0, 0);
            assertThat(plan(230).offload().enabled()).isFalse();
        }

        @Test
        void aPeakThatThePredictorExpectsCountsAsSeen() {
            view.ready(0, 3);
            Ramp ramp = new Ramp(); // 10, 20, … 120 requests in the twelve intervals of two minutes
            Paragon ahead = paragon(ramp);
            Plan plan = ahead.plan(view.arrivals(0, 80));
            for (int i = 0; i < 11; i++) {
                plan = ahead.plan(view.arrivals(0, 80));
            }
            assertThat(ramp.asked).containsOnly(12);
            assertThat(ramp.observed).containsOnly(80.0);
            assertThat(plan.offload().reason().code()).as("120 is 1.5 times 80").isEqualTo("peaks");
            assertThat(plan.offload().reason().observed()).isCloseTo(1.5, within(1e-12));
        }

        @Test
        void aStaticPeriodHasInstancesForItsPeakAndNoFunctions() {
            view.ready(0, 4);
            plan(320);
            Plan plan = plan(times(11, 230));
            // 320/230 = 1.39 is at most 1.4; the trend would be 23/s, which 3 serve
            expect(only(plan), 4, "static-period");
            assertThat(plan.offload().enabled()).isFalse();
            assertThat(plan.offload().reason().observed()).isCloseTo(320.0 / 230, within(1e-12));
            // mean (320 + 11 x 230) / 120 s = 23.75/s
            assertThat(plan.offload().flashCrowdRate()).isCloseTo(1.5 * 23.75, within(1e-9));
        }

        @Test
        void twoThresholdsKeepThePeriodFromFlapping() {
            view.ready(0, 5);
            plan(times(12, 200));
            assertThat(plan(300).offload().enabled()).as("1.5 stays static").isFalse();
            assertThat(plan(319).offload().enabled()).as("1.595 stays static").isFalse();
            assertThat(plan(321).offload().enabled()).as("1.605 has peaks").isTrue();
            // the window is 60 intervals long: after 57 more of 200, 321 and 319 are still in it
            assertThat(plan(times(59, 200)).offload().enabled()).isTrue();
            assertThat(plan(300).offload().enabled()).as("1.5 keeps its peaks").isTrue();
            assertThat(plan(times(60, 200)).offload().enabled()).isFalse();
        }

        @Test
        void aPeriodWithPeaksFollowsTheTrendAndItsBacklog() {
            plan(times(11, 100));
            Plan plan = plan(times(6, 400));
            expect(only(plan), 5, "load");
            assertThat(plan.offload().enabled()).isTrue();
            assertThat(plan.offload().reason().code()).isEqualTo("peaks");
            view.queued(0, 60);
            expect(only(plan(400)), 6, "load");
        }

        @Test
        void aLoadThatIsMostlyNothingHasPeaks() {
            plan(times(11, 0));
            assertThat(plan(50).offload().enabled()).isTrue();
            assertThat(plan(0).offload().reason().observed()).isInfinite();
        }

        @Test
        void noLoadIsStatic() {
            Plan plan = plan(times(12, 0));
            expect(only(plan), 1, "static-period");
            assertThat(plan.offload().enabled()).isFalse();
            assertThat(plan.offload().flashCrowdRate()).isZero();
        }
    }

    @Nested
    class OfMarginal {
        private final Marginal marginal = new Marginal(new Marginal.Settings(MINUTE, IDLE, 0), Worlds.context(catalog));

        @Test
        void countsTheInstancesThatPay() {
            // a function costs 0.4 GB-s and a request, 6.86668e-6 USD; an instance 0.085/3600 = 2.3611e-5 USD/s: an
            // instance pays from 3.4385 requests/s on. Instance 1: (8+8+4+4+4+4)/6 = 5.33; instance 2: (8+8)/6 = 2.67
            for (double arrivals : new double[] {200, 200, 40, 40, 40}) {
                next(marginal, arrivals);
            }
            FleetTarget target = next(marginal, 40);
            expect(target, 1, "marginal-saving");
            assertThat(target.reason().observed()).isCloseTo(16.0 / 6 * 6.86668e-6 * 3600, within(1e-6));
            assertThat(target.reason().limit()).isCloseTo(0.085, within(1e-12));
        }

        @Test
        void anotherPeakMakesTheSecondPay() {
            // instance 2: (8+8+8)/6 = 4; instance 3: (4+4+4)/6 = 2
            for (double arrivals : new double[] {200, 200, 200, 40, 40}) {
                next(marginal, arrivals);
            }
            expect(next(marginal, 40), 2, "marginal-saving");
        }

        @ParameterizedTest
        @CsvSource({"0,0", "34,0", "35,1", "114,1", "115,2", "1e12,12500000000"})
        void atAConstantLoad(double arrivals, long instances) {
            expect(next(marginal, arrivals), (int) Math.min(Integer.MAX_VALUE, instances), "marginal-saving");
        }

        @Test
        void withoutAFunctionItHoldsThePeak() {
            ServiceCatalog noFunctions = Worlds.catalog(
                    Worlds.pool("spock-single"), List.of("c5.large"), List.of(), Worlds.strict(1000L, null));
            Marginal alone = new Marginal(new Marginal.Settings(MINUTE, IDLE, 0), Worlds.context(noFunctions));
            FakeView own = new FakeView(noFunctions);
            alone.plan(own.arrivals(0, 10));
            alone.plan(own.arrivals(0, 401));
            expect(only(alone.plan(own.arrivals(0, 10))), 6, "marginal-saving");
        }
    }

    @Test
    void theCheapestTypeIsRented() {
        // c5.large: 0.085 for 8/s; c5.xlarge: 0.17 for 16/s costs the same and comes second
        ServiceCatalog two = Worlds.catalog(
                Worlds.pool("spock-single"), List.of("c5.xlarge", "c5.large"), List.of(), Worlds.strict(1000L, null));
        Reactive reactive =
                new Reactive(new Reactive.Settings(MINUTE, Duration.ofSeconds(30), IDLE, 1), Worlds.context(two));
        FleetTarget target = only(reactive.plan(new FakeView(two).arrivals(0, 320)));
        assertThat(target.fleet()).isEqualTo(two.cheapestFleet(0)).isZero();
        assertThat(target.instances()).isEqualTo(2);
    }

    @Test
    void aVariantThatNoTypeRunsHasNoTarget() {
        ServiceCatalog functions =
                Worlds.catalog(Worlds.pool("spock-single"), List.of(), List.of(1024), Worlds.strict(1000L, null));
        Reactive reactive =
                new Reactive(new Reactive.Settings(MINUTE, Duration.ofSeconds(30), IDLE, 1), Worlds.context(functions));
        assertThat(reactive.plan(new FakeView(functions).arrivals(0, 320)).fleets())
                .isEmpty();
    }
}
