package dev.purser.core.json;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class DurationsTest {
    @ParameterizedTest
    @CsvSource({
        "100ms, 100000000",
        "10s, 10000000000",
        "5m, 300000000000",
        "1h, 3600000000000",
        "1d, 86400000000000",
        "1.5s, 1500000000",
        "7us, 7000",
        "3ns, 3",
        "0s, 0"
    })
    void readsANumberAndAUnit(String text, long nanos) {
        assertThat(Durations.parse(text)).isEqualTo(Duration.ofNanos(nanos));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "10", "ms", "10 sec", "-5s", "PT10S", "1h30m", "1e3ms"})
    void refusesAnythingElse(String text) {
        assertThatThrownBy(() -> Durations.parse(text))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("'" + text
                        + "' is not a duration; write a number and one of ns, us, ms, s, m, h, d, such as 100ms");
    }

    @ParameterizedTest
    @ValueSource(strings = {"0.5ns", "3000000h"})
    void refusesWhatDoesNotFitIntoNanoseconds(String text) {
        assertThatThrownBy(() -> Durations.parse(text)).hasMessageContaining("whole number of nanoseconds");
    }

    @ParameterizedTest
    @CsvSource({
        "90000000000, 90s",
        "5400000000000, 90m",
        "7200000000000, 2h",
        "1500000000, 1500ms",
        "1001, 1001ns",
        "0, 0s"
    })
    void writesTheLargestUnitThatLeavesAWholeNumber(long nanos, String text) {
        assertThat(Durations.format(Duration.ofNanos(nanos))).isEqualTo(text);
    }

    @Test
    void readsBackWhatItWrote() {
        long seed = 20_190_701L;
        Random random = new Random(seed);
        for (int i = 0; i < 1000; i++) {
            Duration duration = Duration.ofNanos(random.nextLong(1L << (1 + random.nextInt(62))));
            assertThat(Durations.parse(Durations.format(duration)))
                    .as("seed %d, draw %d", seed, i)
                    .isEqualTo(duration);
        }
    }

    @Test
    void refusesToWriteANegativeDuration() {
        assertThatThrownBy(() -> Durations.format(Duration.ofSeconds(-1))).hasMessageContaining("negative");
    }
}
