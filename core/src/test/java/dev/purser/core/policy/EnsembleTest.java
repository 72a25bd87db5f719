package dev.purser.core.policy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class EnsembleTest {

    /** The binomial sum over floor(N / 2) + 1 and more right votes. */
    @ParameterizedTest
    @CsvSource({
        "0.70,3,0.784",
        "0.70,5,0.837",
        "0.70,7,0.874",
        "0.70,10,0.850",
        "0.75,3,0.844",
        "0.75,5,0.897",
        "0.75,7,0.929",
        "0.75,10,0.922"
    })
    void equalMembersAreRightAsOftenAsTheirMajority(double accuracy, int size, double expected) {
        Ensemble ensemble = Ensemble.ofEquals(IntStream.range(0, size).toArray());
        assertThat(ensemble.accuracy(ensemble.everyone(), v -> accuracy)).isCloseTo(expected, within(6e-4));
    }

    @Test
    void weightsDecideTies() {
        double[] accuracy = {0.9, 0.6};
        assertThat(Ensemble.ofEquals(0, 1).accuracy(3, v -> accuracy[v])).isCloseTo(0.54, within(1e-12));
        assertThat(new Ensemble(new int[] {0, 1}, new double[] {2, 1}).accuracy(3, v -> accuracy[v]))
                .isCloseTo(0.9, within(1e-12));
    }

    @Test
    void membersThatDidNotVoteDoNotCount() {
        double[] accuracy = {0.9, 0.6, 0.7};
        assertThat(Ensemble.ofEquals(0, 1, 2).accuracy(0b100, v -> accuracy[v])).isCloseTo(0.7, within(1e-12));
    }

    @Test
    void agreesWithVotesDrawnAtRandom() {
        for (long seed = 0; seed < 20; seed++) {
            Random random = new Random(seed);
            int size = 1 + random.nextInt(7);
            double[] accuracy = random.doubles(size, 0.3, 1).toArray();
            double[] weights = random.doubles(size, 0.1, 3).toArray();
            Ensemble ensemble = new Ensemble(IntStream.range(0, size).toArray(), weights);
            double total = IntStream.range(0, size).mapToDouble(i -> weights[i]).sum();
            int right = 0;
            for (int draw = 0; draw < 40_000; draw++) {
                double votes = 0;
                for (int i = 0; i < size; i++) {
                    votes += random.nextDouble() < accuracy[i] ? weights[i] : 0;
                }
                right += votes > total / 2 ? 1 : 0;
            }
            assertThat(ensemble.accuracy(ensemble.everyone(), v -> accuracy[v]))
                    .as("seed " + seed)
                    .isCloseTo(right / 40_000.0, within(0.013));
        }
    }

    @Test
    void refusesWhatIsNoEnsemble() {
        assertThatIllegalArgumentException().isThrownBy(() -> Ensemble.ofEquals());
        assertThatIllegalArgumentException().isThrownBy(() -> Ensemble.ofEquals(1, 1));
        assertThatIllegalArgumentException().isThrownBy(() -> new Ensemble(new int[] {1}, new double[] {0}));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Ensemble.ofEquals(IntStream.range(0, 17).toArray()));
    }
}
