package dev.purser.server.profile;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
final class SamplerTest {
    private static final long HOUR = TimeUnit.HOURS.toNanos(1);

    @Test
    void thingsAreMeasuredByTurnsUntilEachIsKnown() {
        List<String> visits = new ArrayList<>();
        Random random = new Random(3);
        List<Probe> probes = List.of(
                nanos -> {
                    visits.add("steady");
                    return new double[] {5, 5, 5, 5, 5, 5, 5, 5, 5, 5};
                },
                nanos -> {
                    visits.add("noisy");
                    double[] ms = new double[10];
                    java.util.Arrays.setAll(ms, i -> 10 * Math.exp(0.5 * random.nextGaussian()));
                    return ms;
                });
        List<Integer> settled = new ArrayList<>();
        List<Timing> times = new Sampler(0, HOUR, 3, 1).measure(probes, (known, share) -> settled.add(known));

        assertThat(times.get(0).n()).as("five rounds of ten").isEqualTo(50);
        assertThat(times.get(0).medianMs()).isEqualTo(5);
        assertThat(times.get(1).intervalPercent()).isLessThanOrEqualTo(3);
        assertThat(times.get(1).n()).isGreaterThan(500);
        // behind the warm-up each round visits all that are not known, in an order of its own
        List<List<String>> rounds = new ArrayList<>();
        for (int i = 2; i < 12; i += 2) {
            rounds.add(visits.subList(i, i + 2));
            assertThat(new HashSet<>(visits.subList(i, i + 2))).hasSize(2);
        }
        assertThat(new HashSet<>(rounds)).as("orders").hasSize(2);
        assertThat(visits.subList(12, visits.size())).containsOnly("noisy");
        assertThat(settled).isSorted().endsWith(2);
    }

    @Test
    void theTimeLimitEndsWhatWouldNeverBeKnown() {
        Random random = new Random(1);
        Probe hopeless = nanos -> new double[] {random.nextBoolean() ? 1 : 1000};
        List<Timing> times = new Sampler(0, 1, 0.001, 1).measure(List.of(hopeless, hopeless), (known, share) -> {
            assertThat(known).isZero();
            assertThat(share).isEqualTo(1);
        });
        assertThat(times).hasSize(2).allMatch(time -> time.n() == 1);
    }

    @Test
    void theWarmUpIsNotMeasured() {
        int[] visits = new int[1];
        Probe slowAtFirst = nanos -> new double[] {visits[0]++ == 0 ? 10_000 : 1, 1, 1, 1, 1, 1, 1};
        Timing time = new Sampler(0, HOUR, 3, 1)
                .measure(List.of(slowAtFirst), (known, share) -> {})
                .getFirst();
        assertThat(time.meanMs()).isEqualTo(1);
    }
}
