package dev.purser.research;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.purser.core.InputException;
import dev.purser.core.engine.PolicySet;
import dev.purser.core.workload.Workloads;
import dev.purser.spi.PolicyFactory;
import dev.purser.spi.PolicyKind;
import dev.purser.spi.PolicyRegistry;
import dev.purser.spi.PolicySpec;
import dev.purser.spi.SettingsBinder;
import dev.purser.spi.SettingsBinder.Description;
import dev.purser.spi.Stack;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What the service loader finds: every policy, its settings, and every stack. */
class RegistryTest {
    private static final PolicyRegistry REGISTRY = PolicyRegistry.load();
    /** The setting that has no default, with a value that the first shipped workload knows. */
    private static final ObjectNode REQUIRED =
            JsonNodeFactory.instance.objectNode().put("variant", "inception");

    static Stream<Named<PolicyFactory<?, ?>>> factories() {
        return PolicyKind.all().stream()
                .flatMap(kind -> REGISTRY.factories(kind).stream()
                        .map(factory -> Named.of(kind.title() + " " + factory.name(), factory)));
    }

    static Stream<Arguments> ranges() {
        return factories()
                .flatMap(factory -> SettingsBinder.describe(factory.getPayload().settingsType()).stream()
                        .filter(setting -> !setting.range().isEmpty())
                        .map(setting -> Arguments.of(factory, setting)));
    }

    private static Set<String> names(PolicyKind<?> kind) {
        return REGISTRY.factories(kind).stream().map(PolicyFactory::name).collect(Collectors.toSet());
    }

    @Test
    void bothPluginsAreFound() {
        assertThat(names(PolicyKind.MODEL_SELECTOR))
                .containsExactlyInAnyOrder(
                        "paragon",
                        "infaas",
                        "learned-accuracy",
                        "fixed",
                        "fastest",
                        "most-accurate",
                        "random",
                        "cocktail");
        assertThat(names(PolicyKind.DISPATCHER))
                .containsExactlyInAnyOrder(
                        "instances-only", "functions-only", "overflow", "latency-aware", "admission", "weighted");
        assertThat(names(PolicyKind.BATCHING_POLICY)).containsExactlyInAnyOrder("greedy", "window", "mark");
        assertThat(names(PolicyKind.RESOURCE_PROVISIONER))
                .containsExactlyInAnyOrder(
                        "static",
                        "reactive",
                        "util-aware",
                        "exascale",
                        "paragon",
                        "marginal",
                        "mark",
                        "target-tracking");
        assertThat(names(PolicyKind.COLD_START_MANAGER)).containsExactly("fixed");
        assertThat(names(PolicyKind.LOAD_PREDICTOR)).contains("linear-regression", "last-value");
        assertThat(REGISTRY.stackNames())
                .contains("static", "reactive", "util-aware", "exascale", "mixed", "spock-predictive", "paragon")
                .contains("functions-only", "marginal", "admission", "mark", "mark-spot", "sagemaker");
    }

    @ParameterizedTest
    @MethodSource("factories")
    void everyPolicySaysWhatItDoes(PolicyFactory<?, ?> factory) {
        assertThat(factory.name()).matches("[a-z0-9-]+");
        assertThat(factory.summary()).endsWith(".").hasSizeGreaterThan(10);
        for (Description setting : SettingsBinder.describe(factory.settingsType())) {
            assertThat(setting.meaning()).as(setting.name()).isNotBlank();
            assertThat(setting.type()).as(setting.name()).isNotBlank();
        }
    }

    @ParameterizedTest
    @MethodSource("factories")
    void defaultsBind(PolicyFactory<?, ?> factory) {
        List<String> required = SettingsBinder.describe(factory.settingsType()).stream()
                .filter(setting -> setting.byDefault().isEmpty())
                .map(Description::name)
                .toList();
        assertThat(required).isSubsetOf("variant");
        assertThat(SettingsBinder.bind("here", factory.settingsType(), given(required)))
                .isNotNull();
        if (!required.isEmpty()) {
            assertThatThrownBy(() ->
                            SettingsBinder.bind("here", factory.settingsType(), JsonNodeFactory.instance.objectNode()))
                    .isInstanceOf(InputException.class)
                    .hasMessageContaining("variant");
        }
    }

    private static ObjectNode given(List<String> required) {
        return required.isEmpty() ? JsonNodeFactory.instance.objectNode() : REQUIRED.deepCopy();
    }

    @ParameterizedTest
    @MethodSource("ranges")
    void valuesOutOfRangeAreRefused(PolicyFactory<?, ?> factory, Description setting) {
        // "at least 1", "at most 5" or "0 to 10"
        List<Double> outside = new ArrayList<>();
        String[] words = setting.range().split(" ");
        switch (words[0]) {
            case "at" -> outside.add(Double.parseDouble(words[2]) + (words[1].equals("least") ? -1 : 1));
            default -> {
                outside.add(Double.parseDouble(words[0]) - 1);
                outside.add(Double.parseDouble(words[2]) + 1);
            }
        }
        for (double value : outside) {
            ObjectNode settings = JsonNodeFactory.instance.objectNode();
            if (setting.type().equals("a whole number")) {
                settings.put(setting.name(), (long) value);
            } else {
                settings.put(setting.name(), value);
            }
            assertThatThrownBy(() -> SettingsBinder.bind("here", factory.settingsType(), settings))
                    .as("%s = %s", setting.name(), value)
                    .isInstanceOf(InputException.class)
                    .hasMessageContaining("here: " + setting.name() + ": is ")
                    .hasMessageContaining("but it must be " + setting.range());
        }
    }

    static Stream<Arguments> stacksAndWorkloads() {
        return REGISTRY.stacks().stream()
                .flatMap(stack -> Workloads.names().stream()
                        .map(workload -> Arguments.of(Named.of(stack.name(), stack), workload)));
    }

    @ParameterizedTest
    @MethodSource("stacksAndWorkloads")
    void everyStackServesEveryShippedWorkload(Stack stack, String workload) {
        PolicySet policies = REGISTRY.create(stack, Worlds.shipped(workload), 1);
        assertThat(policies.selector()).isNotNull();
        assertThat(policies.dispatcher()).isNotNull();
        assertThat(policies.provisioner()).isNotNull();
        assertThat(policies.coldStartManager()).isNotNull();
        assertThat(stack.description()).endsWith(".");
    }

    @Test
    void aStackWithAWrongPredictorNamesIt() {
        Stack exascale = REGISTRY.stack("exascale");
        Stack wrong = new Stack(
                "wrong",
                "with a misspelt predictor.",
                exascale.modelSelector(),
                exascale.dispatcher(),
                new PolicySpec("exascale", JsonNodeFactory.instance.objectNode().put("predictor", "linear-regresion")),
                exascale.coldStartManager());
        assertThatThrownBy(() -> REGISTRY.create(wrong, Worlds.single(), 1))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("stack wrong")
                .hasMessageContaining("linear-regression");
    }
}
