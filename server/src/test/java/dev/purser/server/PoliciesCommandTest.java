package dev.purser.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.purser.core.json.Json;
import dev.purser.spi.PolicyKind;
import dev.purser.spi.Stack;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

final class PoliciesCommandTest {

    @Test
    void everyKindAndThePublishedStacksAreThere() {
        JsonNode found = Cli.run("policies", "--format", "json").json();

        Set<String> kinds = new TreeSet<>();
        found.path("policies").forEach(policy -> {
            kinds.add(policy.path("kind").textValue());
            assertThat(policy.path("summary").textValue()).isNotEmpty();
            policy.path("settings")
                    .forEach(setting -> assertThat(setting.path("meaning").textValue())
                            .as("%s", policy)
                            .isNotEmpty());
        });
        assertThat(kinds)
                .containsExactlyInAnyOrderElementsOf(
                        PolicyKind.all().stream().map(PolicyKind::title).toList());
        Set<String> stacks = new TreeSet<>();
        found.path("stacks").forEach(stack -> stacks.add(stack.path("name").textValue()));
        assertThat(stacks).containsAll(CompareCommand.PUBLISHED);
    }

    @Test
    void aStackIsShownAsItsFileWouldBe() {
        JsonNode stack = Cli.run("policies", "paragon", "--format", "json")
                .json()
                .path("stacks")
                .path(0);
        assertThat(Json.read("stdout", stack, Stack.class).name()).isEqualTo("paragon");
    }

    @Test
    void settingsAreShownWithTypeRangeDefaultAndMeaning() {
        Cli cli = Cli.run("policies", "paragon");
        assertThat(cli.code()).isZero();
        assertThat(cli.out())
                .contains("Model selectors\n  paragon\n")
                .contains("Resource provisioners\n  paragon\n")
                .contains("- flashCrowd: a number, 1 to 1000; default ")
                .contains("Stacks\n  paragon\n")
                .doesNotContain("exascale\n");
    }
}
