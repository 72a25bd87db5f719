package dev.purser.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.purser.core.InputException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class ArgumentsTest {

    @Test
    void tracesAreCutAtCommasButNotInsideExpressions() {
        assertThat(TraceArguments.split(List.of(
                        "wits-like, a.csv,constant:rate=1,spacing=even,duration=1m,b=c.csv",
                        "mmpp:rates=1/2,sojourn=1s/2s")))
                .containsExactly(
                        "wits-like",
                        "a.csv",
                        "constant:rate=1,spacing=even,duration=1m,b=c.csv",
                        "mmpp:rates=1/2,sojourn=1s/2s");
        assertThat(TraceArguments.split(List.of("constant:rate=1,duration=1m,wits-like,constant:rate=2,duration=2m")))
                .containsExactly("constant:rate=1,duration=1m", "wits-like", "constant:rate=2,duration=2m");
        assertThat(TraceArguments.split(List.of("constant:rate=1,duration=1m", "x=1.csv")))
                .as("another argument is another trace")
                .containsExactly("constant:rate=1,duration=1m", "x=1.csv");
    }

    @ParameterizedTest
    @CsvSource({
        "some/where/wits_1s.csv.gz, wits_1s",
        "wits.2021.csv, wits.2021",
        "wits.CSV, wits",
        "wits, wits",
        ".csv, .csv",
        "wits-like, wits-like",
    })
    void aFileIsCalledByItsNameWithoutExtensions(String source, String name) {
        assertThat(TraceArguments.name(source)).isEqualTo(name);
    }

    @Test
    void seedsAreNumbersListsAndRanges() {
        assertThat(RunOptions.seeds(List.of("7"))).containsExactly(7L);
        assertThat(RunOptions.seeds(List.of("5, 1..3", "2,-1"))).containsExactly(5L, 1L, 2L, 3L, -1L);
        assertThat(RunOptions.seeds(List.of("-2..0"))).containsExactly(-2L, -1L, 0L);
        for (String wrong : List.of("", "1,", "x", "1..", "3..2", "0..10000", "1.5")) {
            assertThatThrownBy(() -> RunOptions.seeds(List.of(wrong)))
                    .as("'%s'", wrong)
                    .isInstanceOf(InputException.class)
                    .hasMessageStartingWith("--seed: ");
        }
    }
}
