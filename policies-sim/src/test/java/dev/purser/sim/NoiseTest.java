package dev.purser.sim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NoiseTest {
    private static final int DRAWS = 400_000;

    @ParameterizedTest
    @CsvSource({
        "LOGNORMAL, 0.1, 1",
        "LOGNORMAL, 0.42, 2",
        "LOGNORMAL, 1, 3",
        "EXPONENTIAL, 1, 4",
        "EXPONENTIAL, 0, 5",
        "NONE, 3, 6"
    })
    void meanIsOneAndCvIsAsSet(Spread.Distribution distribution, double cv, long seed) {
        Noise noise = new Noise(new Spread(distribution, cv), new Seeds(seed).of("test"));
        double expected = switch (distribution) {
            case NONE -> 0;
            case LOGNORMAL -> cv;
            case EXPONENTIAL -> 1;
        };
        double sum = 0;
        double squares = 0;
        for (int i = 0; i < DRAWS; i++) {
            double factor = noise.factor(i);
            assertThat(factor).isNotNegative();
            sum += factor;
            squares += factor * factor;
        }
        double mean = sum / DRAWS;
        // five standard errors of the mean; the deviation's own error is larger where the tail is heavy
        assertThat(mean).isCloseTo(1, within(5 * expected / Math.sqrt(DRAWS) + 1e-12));
        assertThat(Math.sqrt(squares / DRAWS - mean * mean)).isCloseTo(expected, within(0.02 * expected + 1e-6));
    }

    @ParameterizedTest
    @CsvSource({"LOGNORMAL", "EXPONENTIAL"})
    void theFactorDependsOnSeedAndNumberAlone(Spread.Distribution distribution) {
        Noise inOrder = new Noise(new Spread(distribution, 0.5), 99);
        double[] factors = new double[2000];
        for (int i = 0; i < factors.length; i++) {
            factors[i] = inOrder.factor(i);
        }
        Noise shuffled = new Noise(new Spread(distribution, 0.5), 99);
        Noise other = new Noise(new Spread(distribution, 0.5), 100);
        Random random = new Random(1);
        for (int i = 0; i < 10_000; i++) {
            int number = random.nextInt(factors.length);
            assertThat(shuffled.factor(number)).isEqualTo(factors[number]);
            assertThat(other.factor(number)).isNotEqualTo(factors[number]);
        }
    }

    /** A sampler that needs a second draw must not take the one that its neighbour begins with. */
    @Test
    void neighboursAreIndependent() {
        Noise noise = new Noise(Spread.exponential(), 5);
        double product = 0;
        int tails = 0;
        int tailsAfterTails = 0;
        double before = noise.factor(0);
        for (int i = 1; i < DRAWS; i++) {
            double factor = noise.factor(i);
            product += (factor - 1) * (before - 1);
            if (before > 3) {
                tails++;
                tailsAfterTails += factor > 3 ? 1 : 0;
            }
            before = factor;
        }
        assertThat(product / DRAWS).as("covariance").isCloseTo(0, within(5 / Math.sqrt(DRAWS)));
        // P(factor > 3) = e^-3 = 0.0498
        assertThat((double) tailsAfterTails / tails).isCloseTo(0.0498, within(5 * Math.sqrt(0.0498 / tails)));
    }

    @Test
    void purposesHaveSeedsOfTheirOwn() {
        assertThat(new Seeds(1).of("service")).isEqualTo(new Seeds(1).of("service"));
        assertThat(new Seeds(1).of("service")).isNotEqualTo(new Seeds(1).of("arrivals"));
        assertThat(new Seeds(1).of("service")).isNotEqualTo(new Seeds(2).of("service"));
    }

    @Test
    void rangesAreChecked() {
        assertThatThrownBy(() -> Spread.lognormal(-0.1)).hasMessageContaining("cv is -0.1, but it must be 0 to 10");
        assertThatThrownBy(() -> Spread.lognormal(Double.NaN)).hasMessageContaining("NaN");
        assertThatThrownBy(() -> SimulatorSettings.ideal().withFeedbackShare(1.5))
                .hasMessageContaining("feedbackShare is 1.5");
        assertThatThrownBy(() ->
                        SimulatorSettings.ideal().withInstanceBoot(java.time.Duration.ofSeconds(-1), Spread.none()))
                .hasMessageContaining("instanceBoot is PT-1S");
    }
}
