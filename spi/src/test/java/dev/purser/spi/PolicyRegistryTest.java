package dev.purser.spi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.purser.core.InputException;
import dev.purser.core.engine.PolicySet;
import dev.purser.core.json.Json;
import dev.purser.core.policy.Dispatcher;
import dev.purser.core.policy.ServiceCatalog;
import dev.purser.core.pricing.PriceBooks;
import dev.purser.core.workload.Workloads;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PolicyRegistryTest {
    private static final ServiceCatalog CATALOG =
            new ServiceCatalog(Workloads.load("spock-single"), PriceBooks.named("us-east-1-2019"));

    private final PolicyRegistry registry = PolicyRegistry.load();
    private final Stack plain = registry.stack("plain");

    private static PolicySpec spec(String json) {
        return Json.read("test", Json.parse("test", json), PolicySpec.class);
    }

    private Stack with(UnaryOperator<String> change) {
        return Json.read("s.json", Json.parse("s.json", change.apply(Json.write(plain))), Stack.class);
    }

    @Test
    void thePluginOnTheClassPathIsFound() {
        assertThat(registry.stackNames()).containsExactly("plain");
        assertThat(registry.stacks()).containsExactly(plain);
        assertThat(registry.factories(PolicyKind.LOAD_PREDICTOR))
                .extracting(PolicyFactory::name)
                .containsExactly("level", "steady");
        for (PolicyKind<?> kind : PolicyKind.all()) {
            assertThat(registry.factories(kind))
                    .as(kind.title())
                    .isNotEmpty()
                    .allSatisfy(factory -> assertThat(factory.summary()).isNotBlank());
        }
    }

    @Test
    void predictorsCanBeMadeByThemselves() {
        assertThat(registry.loadPredictor("--predictors", spec("{\"policy\": \"level\", \"level\": 7}"), 1)
                        .forecast(1)
                        .mean(1))
                .isEqualTo(7);
        assertThat(registry.interArrivalPredictor("--gaps", spec("{\"policy\": \"gap\", \"level\": 3}"), 1)
                        .forecast()
                        .expected())
                .isEqualTo(3);
        assertThatThrownBy(() -> registry.loadPredictor("--predictors", spec("\"levle\""), 1))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("--predictors: load predictor: there is no load predictor 'levle'")
                .hasMessageContaining("'level'");
    }

    @Test
    void aStackMakesItsPoliciesEachWithItsOwnSeed() {
        PolicySet policies = registry.create(plain, CATALOG, 40);
        TestPlugin.Provisioner provisioner = (TestPlugin.Provisioner) policies.provisioner();
        assertThat(provisioner.seed()).isEqualTo(42);
        assertThat(provisioner.settings().headroom()).isEqualTo(2);
        assertThat(provisioner.predictor()).isEqualTo(new TestPlugin.Steady(1));
        assertThat(registry.create(plain, CATALOG, 40).provisioner()).isNotSameAs(provisioner);
    }

    @Test
    void settingsReachThePolicyAndItsPredictor() {
        Stack stack = with(json -> json.replace(
                "\"nothing\"",
                "{\"policy\": \"nothing\", \"headroom\": 7, \"predictor\": {\"policy\": \"level\", \"level\": 4}}"));
        TestPlugin.Provisioner provisioner =
                (TestPlugin.Provisioner) registry.create(stack, CATALOG, 0).provisioner();
        assertThat(provisioner.settings().headroom()).isEqualTo(7);
        assertThat(provisioner.predictor().forecast(1).mean(1)).isEqualTo(4);
    }

    @Test
    void mistakesNameStackPolicyAndSetting() {
        mistake(
                json -> json.replace("\"queue\"", "\"quue\""),
                "stack plain: dispatcher: there is no dispatcher 'quue'",
                "'queue'");
        mistake(
                json -> json.replace("\"nothing\"", "{\"policy\": \"nothing\", \"headroom\": 70}"),
                "stack plain: resource provisioner 'nothing': headroom: is 70");
        mistake(
                json -> json.replace("\"nothing\"", "{\"policy\": \"nothing\", \"predictor\": \"stedy\"}"),
                "stack plain: resource provisioner 'nothing': load predictor: there is no load predictor 'stedy'",
                "'steady'");
        mistake(
                json -> json.replace("\"nothing\"", "{\"policy\": \"nothing\", \"predictor\": \"level\"}"),
                "stack plain: resource provisioner 'nothing': load predictor 'level': level: is missing");
        mistake(
                json -> json.replace("\"first\"", "{\"policy\": \"first\", \"depth\": 1}"),
                "model selector 'first': depth");
    }

    private void mistake(UnaryOperator<String> change, String... words) {
        Stack stack = with(change);
        assertThatThrownBy(() -> registry.create(stack, CATALOG, 0))
                .isInstanceOf(InputException.class)
                .hasMessageContainingAll(words);
    }

    @Test
    void duplicatesNameBothPlugins() {
        Plugin other = new Plugin() {
            @Override
            public String name() {
                return "other";
            }

            @Override
            public List<PolicyFactory<? extends Dispatcher, ?>> dispatchers() {
                return new TestPlugin().dispatchers();
            }
        };
        assertThatThrownBy(() -> new PolicyRegistry(List.of(new TestPlugin(), other)))
                .isInstanceOf(InputException.class)
                .hasMessageContainingAll("plugin other (file:", "dispatcher 'queue'", "plugin test (file:");

        Plugin sameStack = new Plugin() {
            @Override
            public String name() {
                return "same-stack";
            }

            @Override
            public List<Stack> stacks() {
                return List.of(plain);
            }
        };
        assertThatThrownBy(() -> new PolicyRegistry(List.of(sameStack, new TestPlugin())))
                .hasMessageContainingAll("plugin test", "stack 'plain'", "plugin same-stack");
    }

    @Test
    void unknownStacks(@TempDir Path directory) {
        assertThatThrownBy(() -> registry.stack("plane"))
                .isInstanceOf(InputException.class)
                .hasMessageContainingAll("there is no stack 'plane'", "'plain'");
        String file = directory.resolve("mine.json").toString();
        assertThatThrownBy(() -> registry.stack(file)).hasMessageContaining("there is no file '" + file + "'");
    }

    @Test
    void aStackFromAFile(@TempDir Path directory) throws IOException {
        Path file = directory.resolve("mine.json");
        Files.writeString(file, """
                {
                  "name": "mine", "description": "Made up.",
                  "modelSelector": "first",
                  "dispatcher": {"policy": "queue"},
                  // comments are allowed
                  "resourceProvisioner": {"policy": "nothing", "window": "5m"},
                  "coldStartManager": "forever"
                }
                """);
        Stack stack = registry.stack(file.toString());
        assertThat(stack.dispatcher()).isEqualTo(PolicySpec.of("queue"));
        assertThat(stack.resourceProvisioner().settings().path("window").asText())
                .isEqualTo("5m");
        Path copy = directory.resolve("copy.json");
        Json.write(copy, stack);
        assertThat(registry.stack(copy.toString())).isEqualTo(stack);

        Files.writeString(
                file, Files.readString(file).replace("\"mine\"", "\"My Stack\"").replace("dispatcher", "dispacher"));
        assertThatThrownBy(() -> registry.stack(file.toString()))
                .isInstanceOf(InputException.class)
                .hasMessageContainingAll(file.toString(), "dispacher", "dispatcher");
        assertThatThrownBy(() -> with(json -> json.replace("\"plain\"", "\"My Stack\"")))
                .hasMessageContaining("name is 'My Stack', but it must be lower case");
    }

    @ParameterizedTest
    @ValueSource(strings = {"\"paragon\"", "{\"policy\":\"paragon\",\"window\":\"10m\",\"depth\":{\"a\":[1,2.50]}}"})
    void specsRoundTrip(String json) {
        PolicySpec spec = spec(json);
        assertThat(spec.policy()).isEqualTo("paragon");
        JsonNode written = Json.parse("test", Json.write(spec));
        assertThat(written).isEqualTo(Json.parse("test", json));
        assertThat(spec(Json.write(spec))).isEqualTo(spec);
    }

    @Test
    void theTwoFormsOfASpecWithoutSettingsAreTheSame() {
        assertThat(spec("{\"policy\": \"paragon\"}")).isEqualTo(spec("\"paragon\""));
        assertThat(Json.write(spec("{\"policy\": \"paragon\"}"))).isEqualTo("\"paragon\"\n");
        assertThat(spec("\"paragon\"")).hasToString("paragon");
        assertThat(new PolicySpec("p", (ObjectNode) Json.parse("", "{\"a\": 1}")))
                .hasToString("p{\"a\":1}");
    }

    @ParameterizedTest
    @ValueSource(strings = {"7", "[]", "{}", "{\"policy\": 7}", "{\"name\": \"paragon\"}"})
    void anythingElseIsNoSpec(String json) {
        assertThatThrownBy(() -> spec(json))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("it must be a policy's name");
    }
}
