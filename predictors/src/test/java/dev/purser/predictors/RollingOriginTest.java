package dev.purser.predictors;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import dev.purser.core.policy.GapForecast;
import dev.purser.core.policy.InterArrivalPredictor;
import dev.purser.core.policy.StateExchange;
import dev.purser.predictors.Predictors.Kind;
import dev.purser.spi.PolicySpec;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class RollingOriginTest {

    static List<Kind> kinds() {
        return Predictors.all();
    }

    @Test
    void eachStepIsHeldAgainstItsCount() {
        // persistence on 0, 3, 6, … is 3 short a step; two of six counts are history
        double[] counts = {0, 3, 6, 9, 12, 15};
        AtomicLong clock = new AtomicLong();
        RollingOrigin.Result result = RollingOrigin.judge(
                new LastValue(new LastValue.Settings()), counts, 2, 3, () -> clock.getAndAdd(1000), (k, f) -> {});
        assertThat(result.steps()).hasSize(3);
        for (int step = 1; step <= 3; step++) {
            StepErrors errors = result.steps().get(step - 1);
            assertThat(errors.pairs()).isEqualTo(5 - step);
            assertThat(errors.rmse()).isEqualTo(3 * step);
            assertThat(errors.mae()).isEqualTo(3 * step);
            assertThat(errors.underShare()).isEqualTo(1);
            assertThat(errors.coverage90()).as("nothing is known of the error").isNaN();
        }
        assertThat(result.trainSeconds()).isZero();
        // two readings of the clock, 1 microsecond apart, around all four
        assertThat(result.microsPerForecast()).isCloseTo(0.25, within(1e-12));
        assertThat(result.untrained()).isEmpty();
    }

    @Test
    void measuresByHand() {
        StepErrors errors = new StepErrors();
        errors.add(10, 8);
        errors.add(0, 0);
        errors.add(3, 5);
        assertThat(errors.rmse()).isCloseTo(Math.sqrt(8 / 3.0), within(1e-12));
        assertThat(errors.mae()).isCloseTo(4 / 3.0, within(1e-12));
        assertThat(errors.smape()).isCloseTo((2 / 9.0 + 0 + 2 / 4.0) / 3, within(1e-12));
        assertThat(errors.overSmape()).isCloseTo(0.5 / 3, within(1e-12));
        assertThat(errors.underShare()).isCloseTo(1 / 3.0, within(1e-12));
        assertThat(errors.overShare()).isCloseTo(1 / 3.0, within(1e-12));
        StepErrors none = new StepErrors();
        assertThat(none.rmse()).isNaN();
        assertThat(none.pinball()).isNaN();
    }

    /** Whatever comes after it, a forecast is what it was, training included. */
    @ParameterizedTest(name = "{0}")
    @MethodSource("kinds")
    void changingTheFutureChangesNoPastForecast(Kind kind) {
        double[] counts = Predictors.mixed(11, 600);
        double[] other = counts.clone();
        System.arraycopy(Predictors.mixed(12, 600), 450, other, 450, 150);
        List<double[]> one = new ArrayList<>();
        List<double[]> two = new ArrayList<>();
        RollingOrigin.judge(
                kind.make(), counts, 300, 6, () -> 0, (known, forecast) -> one.add(Predictors.numbers(forecast)));
        RollingOrigin.judge(
                kind.make(), other, 300, 6, () -> 0, (known, forecast) -> two.add(Predictors.numbers(forecast)));
        for (int i = 0; i <= 150; i++) {
            assertThat(two.get(i)).as("made from %d counts", 300 + i).isEqualTo(one.get(i));
        }
        assertThat(two.getLast()).isNotEqualTo(one.getLast());
    }

    @Test
    void gapsAreHeldAgainstTheirForecasts() {
        // arrivals in windows 1, 3, 6, 8 and 13 of 5 s: gaps of 1, 2, 3, 2 and 5 windows, the last three after the
        // history
        double[] counts = {0, 1, 0, 4, 0, 0, 1, 0, 2, 0, 0, 0, 0, 3, 0};
        RollingOrigin.Result result = RollingOrigin.judge(new LastGap(new LastGap.Settings()), counts, 5, 5, () -> 0);
        StepErrors errors = result.steps().getFirst();
        assertThat(errors.pairs()).isEqualTo(3);
        // forecast 10, 15, 10 s for 15, 10, 25 s
        assertThat(errors.mae()).isCloseTo((5 + 5 + 15) / 3.0, within(1e-12));
        assertThat(errors.rmse()).isCloseTo(Math.sqrt((25 + 25 + 225) / 3.0), within(1e-12));
        assertThat(errors.underShare()).isCloseTo(2 / 3.0, within(1e-12));
        assertThat(errors.coverage90())
                .as("with so few gaps the span is everything")
                .isEqualTo(1);
        assertThat(RollingOrigin.judge(new LastGap(new LastGap.Settings()), new double[9], 5, 5, () -> 0)
                        .steps()
                        .getFirst()
                        .pairs())
                .isZero();
    }

    @Test
    void changingTheFutureChangesNoPastGapForecast() {
        double[] counts = new double[600];
        double[] other = new double[600];
        SplittableRandom random = new SplittableRandom(5);
        for (int i = 0; i < counts.length; i++) {
            counts[i] = random.nextInt(4) == 0 ? 1 + random.nextInt(3) : 0;
            other[i] = i < 450 ? counts[i] : 1;
        }
        for (Supplier<InterArrivalPredictor> maker : List.<Supplier<InterArrivalPredictor>>of(
                () -> new LastGap(new LastGap.Settings()),
                () -> Predictors.CONTEXT.interArrivalPredictor(PolicySpec.of("hybrid-histogram")),
                () -> new SmilessInterArrival(
                        new SmilessInterArrival.Settings("none", Duration.ofSeconds(1), 4, 4, 3),
                        Predictors.CONTEXT))) {
            Recorded one = new Recorded(maker.get());
            Recorded two = new Recorded(maker.get());
            RollingOrigin.judge(one, counts, 1, 300, () -> 0);
            RollingOrigin.judge(two, other, 1, 300, () -> 0);
            int same = 0;
            while (same < one.made.size() && one.made.get(same).equals(two.made.get(same))) {
                same++;
            }
            // the arrivals from 300 to 450, and the first forecast after them
            long before = IntStream.range(300, 450).filter(i -> counts[i] > 0).count();
            assertThat(same).isGreaterThan((int) before);
        }
    }

    /** Keeps what a predictor says. */
    private record Recorded(InterArrivalPredictor predictor, List<GapForecast> made) implements InterArrivalPredictor {
        Recorded(InterArrivalPredictor predictor) {
            this(predictor, new ArrayList<>());
        }

        @Override
        public void observe(double gapSeconds, double together) {
            predictor.observe(gapSeconds, together);
        }

        @Override
        public GapForecast forecast() {
            made.add(predictor.forecast());
            return made.getLast();
        }

        @Override
        public void exchange(StateExchange state) {
            predictor.exchange(state);
        }
    }

    @Test
    void theHistoryMustLeaveSomethingToJudge() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> RollingOrigin.judge(
                        new LastValue(new LastValue.Settings()), new double[3], 3, 1, () -> 0, (k, f) -> {}));
    }
}
