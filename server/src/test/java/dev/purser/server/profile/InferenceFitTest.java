package dev.purser.server.profile;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.purser.server.profile.InferenceFit.Point;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.DoubleUnaryOperator;
import org.assertj.core.data.Offset;
import org.assertj.core.data.Percentage;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;

final class InferenceFitTest {

    private static List<Point> grid(double divided, double undivided, double constant, DoubleUnaryOperator noise) {
        List<Point> points = new ArrayList<>();
        for (int threads : new int[] {1, 2, 4, 8}) {
            for (int batch : new int[] {1, 2, 4, 8, 16}) {
                double ms = batch * (divided / threads + undivided) + constant;
                points.add(new Point(batch, threads, noise.applyAsDouble(ms)));
            }
        }
        return points;
    }

    @Test
    void exactTimesGiveBackTheirCoefficients() {
        InferenceFit fit = InferenceFit.of(grid(6, 2, 1.5, ms -> ms));

        assertThat(fit.lambda()).isCloseTo(8, Offset.offset(1e-9));
        assertThat(fit.alpha()).isCloseTo(0.75, Offset.offset(1e-9));
        assertThat(fit.beta()).isCloseTo(0.25, Offset.offset(1e-9));
        assertThat(fit.gamma()).isCloseTo(1.5, Offset.offset(1e-9));
        assertThat(fit.worstError()).isLessThan(1e-9);
        assertThat(fit.leftOutWorstError()).isLessThan(1e-9);
        assertThat(fit.ms(4, 2)).isCloseTo(4 * (6 / 2.0 + 2) + 1.5, Offset.offset(1e-9));
    }

    @RepeatedTest(50)
    void noisyTimesGiveCoefficientsNearTheirs(RepetitionInfo repetition) {
        long seed = repetition.getCurrentRepetition();
        Random random = new Random(seed);
        double divided = 1 + 20 * random.nextDouble();
        double undivided = 1 + 5 * random.nextDouble();
        double constant = 1 + 3 * random.nextDouble();
        InferenceFit fit =
                InferenceFit.of(grid(divided, undivided, constant, ms -> ms * (1 + 0.02 * random.nextGaussian())));

        assertThat(fit.lambda()).as("seed %d", seed).isCloseTo(divided + undivided, Percentage.withPercentage(15));
        assertThat(fit.meanError()).as("seed %d", seed).isLessThan(0.03);
        assertThat(fit.leftOutMeanError())
                .as("seed %d", seed)
                .isGreaterThan(fit.meanError())
                .isLessThan(0.05);
        assertThat(fit.leftOutWorstError()).as("seed %d", seed).isGreaterThanOrEqualTo(fit.leftOutMeanError());
    }

    /**
     * The conditions of Karush, Kuhn and Tucker: at the least sum over non-negative terms the slope is 0 along each term
     * that is positive, and not downhill along each that is 0. For a sum of squares they hold nowhere else.
     */
    @RepeatedTest(200)
    void noTermIsNegativeAndNoOtherTermsFitBetter(RepetitionInfo repetition) {
        long seed = repetition.getCurrentRepetition();
        Random random = new Random(seed);
        // negative terms as often as positive ones: what published profiles look like on more than one processor
        double divided = 10 * random.nextGaussian();
        double undivided = 5 * random.nextGaussian();
        double constant = 20 * random.nextGaussian();
        List<Point> points =
                grid(divided, undivided, constant, ms -> Math.max(0.1, ms) * Math.exp(0.2 * random.nextGaussian()));
        InferenceFit fit = InferenceFit.of(points);

        double[] terms = {fit.lambda() * fit.alpha(), fit.lambda() * fit.beta(), fit.gamma()};
        for (int term = 0; term < 3; term++) {
            double slope = 0;
            double size = 0;
            for (Point point : points) {
                double column = term == 0 ? (double) point.batch() / point.processors() : term == 1 ? point.batch() : 1;
                double residual = fit.ms(point.batch(), point.processors()) / point.ms() - 1;
                slope += residual * column / point.ms();
                size += Math.abs(column / point.ms());
            }
            assertThat(terms[term]).as("seed %d, term %d", seed, term).isNotNegative();
            assertThat(slope / size)
                    .as("seed %d, slope along term %d of %s", seed, term, terms[term])
                    .isGreaterThan(-1e-9);
            if (terms[term] > 0) {
                assertThat(slope / size).as("seed %d, term %d", seed, term).isLessThan(1e-9);
            }
        }
        assertThat(fit.alpha() + fit.beta()).isCloseTo(1, Offset.offset(1e-12));
    }

    @Test
    void aTimeThatDoesNotFitTheOthersIsNamed() {
        List<Point> points = grid(6, 2, 1, ms -> ms);
        Point odd = new Point(4, 2, 2 * points.get(7).ms());
        points.set(7, odd);
        InferenceFit fit = InferenceFit.of(points);

        assertThat(fit.leftOutWorst()).isEqualTo(odd);
        assertThat(fit.leftOutWorstError())
                .as("predicted by the others, which are exact")
                .isCloseTo(0.5, Offset.offset(1e-6));
        assertThat(fit.worstError()).isLessThan(0.5);
    }

    @Test
    void oneNumberOfProcessorsPromisesNothingOfMore() {
        List<Point> points = grid(6, 2, 1, ms -> ms).stream()
                .filter(point -> point.processors() == 1)
                .toList();
        InferenceFit fit = InferenceFit.of(points);

        assertThat(fit.alpha()).isZero();
        assertThat(fit.beta()).isEqualTo(1);
        assertThat(fit.lambda()).isCloseTo(8, Offset.offset(1e-9));
    }

    @Test
    void tooFewTimesAreNoFit() {
        assertThatThrownBy(() -> InferenceFit.of(grid(1, 1, 1, ms -> ms).subList(0, 4)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("at least 5");
    }
}
