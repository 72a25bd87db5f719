package dev.purser.spi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.purser.core.InputException;
import dev.purser.core.json.Json;
import dev.purser.spi.SettingsBinder.Description;
import dev.purser.spi.TestPlugin.Mode;
import dev.purser.spi.TestPlugin.Settings;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class SettingsBinderTest {
    private static ObjectNode json(String text) {
        return (ObjectNode) Json.parse("test", text);
    }

    private static Settings bind(String text) {
        return SettingsBinder.bind("here", Settings.class, json(text));
    }

    @Test
    void defaultsFillWhatIsNotGiven() {
        assertThat(bind("{}"))
                .isEqualTo(new Settings(
                        2, 0.5, Duration.ofMinutes(10), false, Mode.QUEUE_ALL, PolicySpec.of("steady"), "nameless"));
        assertThat(SettingsBinder.bind("here", NoSettings.class, json("{}"))).isEqualTo(new NoSettings());
    }

    @Test
    void whatIsGivenStands() {
        ObjectNode given = json("""
                {"headroom": 10, "alpha": 0, "window": "90s", "strict": true, "mode": "refuse-all",
                 "predictor": {"policy": "level", "level": 3}, "label": "7"}
                """);
        ObjectNode before = given.deepCopy();
        assertThat(SettingsBinder.bind("here", Settings.class, given))
                .isEqualTo(new Settings(
                        10,
                        0,
                        Duration.ofSeconds(90),
                        true,
                        Mode.REFUSE_ALL,
                        new PolicySpec("level", json("{\"level\": 3}")),
                        "7"));
        assertThat(given).as("the JSON is left alone").isEqualTo(before);
    }

    @Test
    void rangesAreChecked() {
        assertThatThrownBy(() -> bind("{\"headroom\": 11}"))
                .isInstanceOf(InputException.class)
                .hasMessage("here: headroom: is 11, but it must be 0 to 10");
        assertThatThrownBy(() -> bind("{\"alpha\": -0.1}")).hasMessage("here: alpha: is -0.1, but it must be 0 to 1");
        assertThatThrownBy(() -> SettingsBinder.bind("here", TestPlugin.Level.class, json("{\"level\": -1}")))
                .hasMessage("here: level: is -1, but it must be at least 0");
    }

    @Test
    void allProblemsAtOnceEachWithItsPlace() {
        assertThatThrownBy(() -> bind("""
                        {"headroom": 11, "alpha": 2, "widnow": "5m", "strict": "yes", "mode": "queue"}
                        """)).isInstanceOf(InputException.class).satisfies(e -> {
            String[] lines = e.getMessage().split("\n");
            assertThat(lines).contains("here: headroom: is 11, but it must be 0 to 10");
            assertThat(lines).contains("here: alpha: is 2, but it must be 0 to 1");
            assertThat(lines).anyMatch(line -> line.startsWith("here: widnow: "));
            assertThat(lines).anyMatch(line -> line.startsWith("here: strict: "));
            assertThat(lines).anyMatch(line -> line.startsWith("here: mode: "));
            assertThat(e.getMessage()).contains("window", "queue-all, refuse-all");
        });
    }

    @Test
    void whatHasNoDefaultMustBeGiven() {
        assertThatThrownBy(() -> SettingsBinder.bind("here", TestPlugin.Level.class, json("{}")))
                .hasMessageStartingWith("here: level: is missing");
    }

    @Test
    void aWrongFormSaysWhatIsRight() {
        assertThatThrownBy(() -> bind("{\"window\": \"ten minutes\"}"))
                .hasMessageContainingAll("here: window", "ten minutes", "100ms");
        assertThatThrownBy(() -> bind("{\"headroom\": \"3\"}"))
                .hasMessageContainingAll("headroom", "without the quotes");
        assertThatThrownBy(() -> bind("{\"headroom\": null}")).hasMessageContaining("here: headroom");
        assertThatThrownBy(() -> bind("{\"predictor\": {\"level\": 3}}"))
                .hasMessageContainingAll("here: predictor", "a policy's name");
    }

    @Test
    void descriptions() {
        assertThat(SettingsBinder.describe(Settings.class))
                .contains(
                        new Description("headroom", "a whole number", "2", "Slots to keep free.", "0 to 10"),
                        new Description("alpha", "a number", "0.5", "Weight of the newest window.", "0 to 1"),
                        new Description("mode", "one of queue-all, refuse-all", "queue-all", "What to do.", ""),
                        new Description("strict", "true or false", "false", "Whether to refuse.", ""),
                        new Description("label", "text", "nameless", "A name for the log.", ""))
                .extracting(Description::name)
                .containsExactly("headroom", "alpha", "window", "strict", "mode", "predictor", "label");
        assertThat(SettingsBinder.describe(TestPlugin.Level.class))
                .containsExactly(new Description("level", "a number", "", "Requests in each window.", "at least 0"));
    }

    record Bare(int number) {}

    @Test
    void aComponentWithoutAnnotationIsTheAuthorsMistake() {
        assertThatThrownBy(() -> SettingsBinder.bind("here", Bare.class, json("{}")))
                .hasMessageContaining("Bare.number lacks @Setting");
    }
}
