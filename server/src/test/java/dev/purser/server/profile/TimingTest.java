package dev.purser.server.profile;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import java.util.stream.DoubleStream;
import org.assertj.core.data.Offset;
import org.assertj.core.data.Percentage;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;

final class TimingTest {

    @Test
    void aWorkedExample() {
        Timing timing = Timing.of(new double[] {5, 1, 4, 2, 3});

        assertThat(timing.n()).isEqualTo(5);
        assertThat(timing.medianMs()).isEqualTo(3);
        assertThat(timing.meanMs()).isEqualTo(3);
        assertThat(timing.sdMs()).isCloseTo(Math.sqrt(2.5), Offset.offset(1e-12));
        // five values leave nothing outside of 95 %: the interval is all of them
        assertThat(timing.intervalPercent()).isCloseTo(100 * 2 / 3.0, Offset.offset(1e-9));
    }

    @Test
    void aSingleTimeIsItself() {
        Timing timing = Timing.of(new double[] {2.5});
        assertThat(timing).isEqualTo(new Timing(2.5, 2.5, 0, 2.5, 0, 0, 1));
    }

    @Test
    void aFewTimesThatSomethingHeldUpChangeOnlyTheMean() {
        double[] quiet = DoubleStream.iterate(1, x -> x + 0.001).limit(200).toArray();
        double[] disturbed = quiet.clone();
        for (int i = 0; i < 5; i++) {
            disturbed[i * 40] = 500;
        }
        Timing before = Timing.of(quiet);
        Timing after = Timing.of(disturbed);

        assertThat(after.meanMs()).isGreaterThan(10);
        assertThat(after.spreadMeanMs()).isCloseTo(before.spreadMeanMs(), Percentage.withPercentage(2));
        assertThat(after.cv()).isCloseTo(before.cv(), Percentage.withPercentage(25));
    }

    @RepeatedTest(20)
    void logNormalTimesGiveBackTheirMeanAndSpread(RepetitionInfo repetition) {
        long seed = repetition.getCurrentRepetition();
        Random random = new Random(seed);
        double sigma = 0.4;
        Timing timing = Timing.of(DoubleStream.generate(() -> 7 * Math.exp(sigma * random.nextGaussian()))
                .limit(4000)
                .toArray());

        assertThat(timing.spreadMeanMs())
                .as("seed %d", seed)
                .isCloseTo(7 * Math.exp(sigma * sigma / 2), Percentage.withPercentage(5));
        assertThat(timing.cv())
                .as("seed %d", seed)
                .isCloseTo(Math.sqrt(Math.expm1(sigma * sigma)), Percentage.withPercentage(10));
    }

    @Test
    void theIntervalHoldsTheTrueMedianAboutNineteenTimesOfTwenty() {
        Random random = new Random(5);
        int held = 0;
        int runs = 2000;
        for (int run = 0; run < runs; run++) {
            double[] ms = DoubleStream.generate(() -> 1 + random.nextDouble())
                    .limit(100)
                    .toArray();
            Timing timing = Timing.of(ms);
            // of uniform times over 1 to 2 the true median is 1.5; the interval is about symmetric there
            double half = timing.intervalPercent() / 100 * timing.medianMs();
            held += Math.abs(timing.medianMs() - 1.5) <= half ? 1 : 0;
        }
        assertThat((double) held / runs).isBetween(0.93, 0.99);
    }
}
