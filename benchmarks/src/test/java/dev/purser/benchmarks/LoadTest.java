package dev.purser.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import dev.purser.benchmarks.Load.Check;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Those that are compared must simulate the same thing. */
class LoadTest {
    private static final long REQUESTS = 1_000_000;

    @ParameterizedTest
    @EnumSource
    void theBareLoopIsRight(Load load) {
        assertRight(load, new Measurement.Answer(REQUESTS, load.bare(REQUESTS, 3)));
    }

    @ParameterizedTest
    @EnumSource
    void purserIsRight(Load load) {
        assertRight(load, Child.run(Simulator.PURSER, load, REQUESTS, 3));
    }

    @Test
    void cloudSimIsRight() {
        assertRight(Load.MMC, Child.run(Simulator.CLOUDSIM, Load.MMC, 20_000, 3));
    }

    private static void assertRight(Load load, Measurement.Answer answer) {
        List<Check> checks = load.checks();
        assertThat(answer.values()).hasSameSizeAs(checks);
        for (int i = 0; i < checks.size(); i++) {
            Check check = checks.get(i);
            double value = answer.values().get(i);
            assertThat(check.holds(value, answer.requests()))
                    .as("%s of %s is %s, expected %s", check.what(), load.title(), value, check.expected())
                    .isTrue();
        }
    }

    @Test
    void aCheckAllowsFourDeviationsAndNoMore() {
        // a run of 100 requests has a deviation of 1 / 10: 0.4 on either side, and 0.1 of doubt
        Check check = new Check("figure", 5, 0.1, 1);
        assertThat(check.holds(5.49, 100)).isTrue();
        assertThat(check.holds(4.51, 100)).isTrue();
        assertThat(check.holds(5.51, 100)).isFalse();
        assertThat(check.holds(4.49, 100)).isFalse();
        assertThat(check.holds(5.49, 10_000)).isFalse();
        assertThat(check.holds(Double.NaN, 100)).isFalse();
    }
}
