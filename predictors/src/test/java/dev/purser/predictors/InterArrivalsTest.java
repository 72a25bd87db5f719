package dev.purser.predictors;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import dev.purser.core.json.Json;
import dev.purser.core.policy.GapForecast;
import dev.purser.core.policy.InterArrivalPredictor;
import dev.purser.core.policy.StateExchange;
import java.time.Duration;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class InterArrivalsTest {

    private static HybridHistogram histogram() {
        return new HybridHistogram(
                new HybridHistogram.Settings(Duration.ofMinutes(1), Duration.ofHours(4), 5, 99, 2, 0.5, 0.1, 0.15));
    }

    private static LastGap lastGap() {
        return new LastGap(new LastGap.Settings());
    }

    private static SmilessInterArrival smiless() {
        return new SmilessInterArrival(
                new SmilessInterArrival.Settings("none", Duration.ofSeconds(2), 3, 8, 5), Predictors.CONTEXT);
    }

    @Test
    void countsAreTakenApartIntoGapsAndNumbers() {
        InterArrivals arrivals = InterArrivals.of(new double[] {0, 0, 3, 0, 1, 1, 0, 0});
        assertThat(arrivals.size()).isEqualTo(3);
        assertThat(arrivals.gaps()).containsExactly(2, 2, 1);
        assertThat(arrivals.together()).containsExactly(3, 1, 1);
        assertThat(arrivals.remaining()).containsExactly(0, 2, 1, 2, 1, 1);
        assertThat(InterArrivals.of(new double[0]).remaining()).containsExactly(0);
    }

    @Test
    void regularIdleTimesGiveANarrowSpan() {
        HybridHistogram predictor = histogram();
        assertThat(predictor.forecast())
                .isEqualTo(new GapForecast(Double.POSITIVE_INFINITY, 0, 4 * 3600, "nothing-seen"));
        for (int i = 0; i < 100; i++) {
            predictor.observe(600 + i % 2 * 60, 1); // minutes 10 and 11
        }
        GapForecast forecast = predictor.forecast();
        assertThat(forecast.basis()).isEqualTo("histogram");
        assertThat(forecast.earliest()).isCloseTo(0.9 * 600, within(1e-9));
        assertThat(forecast.latest()).isCloseTo(1.1 * 720, within(1e-9));
        assertThat(forecast.expected()).isEqualTo(630);
    }

    @Test
    void scatteredIdleTimesKeepItReadyForTheWholeRange() {
        HybridHistogram predictor = histogram();
        SplittableRandom random = new SplittableRandom(1);
        for (int i = 0; i < 1000; i++) {
            predictor.observe(random.nextDouble(4 * 3600), 1);
        }
        assertThat(predictor.forecast().basis()).isEqualTo("standard");
        assertThat(predictor.forecast().earliest()).isZero();
        assertThat(predictor.forecast().latest()).isEqualTo(4 * 3600);
    }

    @Test
    void idleTimesBeyondTheRangeAreLeftToAnArima() {
        HybridHistogram predictor = histogram();
        predictor.observe(20_000, 1);
        assertThat(predictor.forecast()).isEqualTo(new GapForecast(20_000, 17_000, 23_000, "arima"));
        SplittableRandom random = new SplittableRandom(1);
        for (int i = 0; i < 200; i++) {
            predictor.observe(30_000 + 100 * random.nextGaussian(), 1);
        }
        assertThat(predictor.forecast().expected()).isCloseTo(30_000, within(600.0));
    }

    @Test
    void untrainedTheLeastOfTheLastGapsIsExpected() {
        SmilessInterArrival predictor = smiless();
        assertThat(predictor.forecast().expected()).isInfinite();
        predictor.observe(10, 1);
        predictor.observe(4, 2);
        predictor.observe(6, 1);
        predictor.observe(8, 1);
        assertThat(predictor.forecast()).isEqualTo(new GapForecast(4, 0, Double.POSITIVE_INFINITY, "least-gap"));
        for (int i = 0; i < 20; i++) {
            predictor.observe(6, 1);
        }
        assertThat(predictor.forecast().expected()).isEqualTo(6);
        assertThat(predictor.forecast().earliest()).isBetween(0.0, 6.0);
        assertThat(predictor.forecast().latest()).isBetween(6.0, 12.0);
    }

    @Test
    void theLastGapPersists() {
        LastGap predictor = lastGap();
        assertThat(predictor.forecast().expected()).isInfinite();
        predictor.observe(4, 1);
        assertThat(predictor.forecast()).isEqualTo(new GapForecast(4, 0, Double.POSITIVE_INFINITY, "last-gap"));
        for (int i = 0; i < 200; i++) {
            predictor.observe(i % 2 == 0 ? 10 : 12, 1);
        }
        GapForecast forecast = predictor.forecast();
        assertThat(forecast.expected()).isEqualTo(12);
        assertThat(forecast.earliest()).isCloseTo(10, within(0.5));
        assertThat(forecast.latest()).isCloseTo(14, within(0.5));
    }

    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {1, 2, 3})
    void oddGapsGiveNumbers(long seed) {
        for (InterArrivalPredictor predictor : new InterArrivalPredictor[] {histogram(), smiless(), lastGap()}) {
            SplittableRandom random = new SplittableRandom(seed);
            for (int i = 0; i < 500; i++) {
                double gap = switch (random.nextInt(4)) {
                    case 0 -> 0;
                    case 1 -> 1e9;
                    case 2 -> Double.MAX_VALUE;
                    default -> 100 * random.nextDouble();
                };
                predictor.observe(gap, 1 + random.nextInt(5));
                GapForecast forecast = predictor.forecast(); // refuses what is no number
                assertThat(forecast.expected()).as("seed %d", seed).isFinite();
            }
            String saved = Json.write(StateExchange.save(predictor));
            InterArrivalPredictor restored = predictor instanceof HybridHistogram
                    ? histogram()
                    : predictor instanceof LastGap ? lastGap() : smiless();
            StateExchange.restore("saved", Json.parse("saved", saved), restored);
            assertThat(restored.forecast()).isEqualTo(predictor.forecast());
            assertThatIllegalArgumentException().isThrownBy(() -> predictor.observe(-1, 1));
            assertThatIllegalArgumentException().isThrownBy(() -> predictor.observe(Double.NaN, 1));
        }
        assertThatIllegalArgumentException().isThrownBy(() -> smiless().observe(1, 0));
    }

    @Test
    void settingsSayWhatIsWrong() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new HybridHistogram.Settings(
                        Duration.ofMinutes(1), Duration.ofSeconds(1), 5, 99, 2, 0.5, 0.1, 0.15))
                .withMessage("range PT1S, but it must lie between 1 and 100000 bins");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new HybridHistogram.Settings(
                        Duration.ofMinutes(1), Duration.ofHours(4), 99, 5, 2, 0.5, 0.1, 0.15))
                .withMessage("headPercentile 99.0, but it must not be above tailPercentile, 5.0");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new SmilessInterArrival.Settings("none", Duration.ZERO, 9, 8, 1))
                .withMessage("interval PT0S, but it must lie between 1ms and 1d");
        assertThatIllegalArgumentException().isThrownBy(() -> new GapForecast(1, 3, 2, "wrong"));
    }
}
