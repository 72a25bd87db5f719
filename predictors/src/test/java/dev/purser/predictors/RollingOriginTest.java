package dev.purser.predictors;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import dev.purser.predictors.Predictors.Kind;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
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
        // two readings of the clock, 1 microsecond apart, around each forecast and each count
        assertThat(result.microsPerForecast()).isCloseTo(2, within(1e-12));
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
    void theHistoryMustLeaveSomethingToJudge() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> RollingOrigin.judge(
                        new LastValue(new LastValue.Settings()), new double[3], 3, 1, () -> 0, (k, f) -> {}));
    }
}
