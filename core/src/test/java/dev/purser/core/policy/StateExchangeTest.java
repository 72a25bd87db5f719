package dev.purser.core.policy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.purser.core.InputException;
import dev.purser.core.json.Json;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class StateExchangeTest {

    /** Has one of everything. */
    private static final class Everything implements Stateful {
        private double number = 1;
        private int whole = 1;
        private boolean flag;
        private final double[] numbers = new double[3];
        private double[] resized = {};
        private final float[] floats = new float[2];
        private final Part part = new Part();
        private boolean restored;

        @Override
        public void exchange(StateExchange state) {
            restored = state.restoring();
            state.same("kind", "everything");
            number = state.number("number", number);
            whole = state.whole("whole", whole, -5, 5);
            flag = state.flag("flag", flag);
            state.numbers("numbers", numbers);
            resized = state.resized("resized", resized, 0, 4);
            state.floats("floats", floats);
            state.part("part", part);
        }
    }

    private static final class Part implements Stateful {
        private double level;

        @Override
        public void exchange(StateExchange state) {
            level = state.number("level", level);
        }
    }

    private static Everything odd() {
        Everything one = new Everything();
        one.number = 0.1 + 0.2;
        one.whole = -5;
        one.flag = true;
        one.numbers[0] = Double.NaN;
        one.numbers[1] = Double.NEGATIVE_INFINITY;
        one.numbers[2] = Double.MIN_VALUE;
        one.resized = new double[] {1e300, -0.0};
        one.floats[0] = Float.MAX_VALUE;
        one.floats[1] = 0.1f;
        one.part.level = Double.POSITIVE_INFINITY;
        return one;
    }

    @Test
    void whatIsSavedIsRestoredToTheBit() {
        Everything one = odd();
        ObjectNode saved = StateExchange.save(one);
        assertThat(one.restored).isFalse();
        Everything two = new Everything();
        StateExchange.restore("file", Json.parse("file", Json.write(saved)), two);
        assertThat(two.restored).isTrue();
        assertThat(two.number).isEqualTo(0.1 + 0.2);
        assertThat(two.whole).isEqualTo(-5);
        assertThat(two.flag).isTrue();
        assertThat(two.numbers).containsExactly(one.numbers);
        assertThat(two.resized).containsExactly(one.resized);
        assertThat(Double.doubleToRawLongBits(two.resized[1])).isEqualTo(Double.doubleToRawLongBits(-0.0));
        assertThat(two.floats).containsExactly(one.floats);
        assertThat(two.part.level).isInfinite();
        assertThat(StateExchange.save(two)).isEqualTo(saved);
    }

    @Test
    void twoPartsOfOneNameAreAMistakeOfTheProgram() {
        assertThatThrownBy(() -> StateExchange.save(state -> {
                    state.number("level", 1);
                    state.flag("level", true);
                }))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("two parts of a state are called 'level'");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "kind | \"nothing\" | kind: is \"nothing\", but here it is \"everything\"",
                "number | \"many\" | number: is \"many\", but it must be a number",
                "whole | 6 | whole: is 6, but it must be a whole number from -5 to 5",
                "whole | 1.5 | whole: is 1.5, but it must be a whole number from -5 to 5",
                "flag | 1 | flag: is 1, but it must be true or false",
                "numbers | \"AAAA\" | numbers: has 3 bytes, but it must have 8 for each of 3 numbers",
                "numbers | 7 | numbers: is 7, but it must be the base64 of numbers",
                "resized | \"AAAAAAA=\" | resized: has 5 bytes, but it must have 8 for each of 0 to 4 numbers",
                "floats | \"\" | floats: has 0 bytes, but it must have 4 for each of 2 numbers",
                "part | {} | part.level: is missing",
                "part | 3 | part.: is no saved state but 3",
            })
    void whatIsNoSuchStateIsRefused(String name, String value, String message) {
        ObjectNode saved = StateExchange.save(odd());
        saved.set(name, Json.parse("test", value));
        assertThatThrownBy(() -> StateExchange.restore("file", saved, new Everything()))
                .isInstanceOf(InputException.class)
                .hasMessageStartingWith("file: " + message);
    }
}
