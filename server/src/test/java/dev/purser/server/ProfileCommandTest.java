package dev.purser.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.common.collect.ImmutableList;
import dev.purser.core.json.Json;
import dev.purser.core.model.ModelPool;
import dev.purser.core.model.ModelPools;
import dev.purser.core.model.Variant;
import dev.purser.server.profile.ProfileResult;
import dev.purser.sim.SimulatorSettings;
import dev.purser.spi.PolicyRegistry;
import dev.purser.worker.TestModels;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A real profile of a small network, with real worker processes, and what is said to mistakes. */
@Timeout(120)
final class ProfileCommandTest {
    private static final String[] QUICK = {
        "--starts",
        "2",
        "--warm-up",
        "0s",
        "--time-limit",
        "300ms",
        "--precision",
        "100",
        "--threads",
        "1",
        "--batches",
        "1,2,3,4,5",
        "--memory",
        "885,1769",
        "--instance-types",
        "c7a.medium"
    };

    @TempDir
    private Path directory;

    private static Cli profile(boolean terminal, String... more) {
        List<String> arguments = new ArrayList<>(List.of("profile"));
        arguments.addAll(List.of(QUICK));
        arguments.addAll(List.of(more));
        return Cli.run(PolicyRegistry::load, terminal, arguments.toArray(String[]::new));
    }

    @Test
    void aNetworkThatDoesNotTakeMadeUpInputsAsksForRealOnes() throws IOException {
        String network = TestModels.reticent(directory).toString();
        Cli cli = profile(false, network);
        assertThat(cli.code()).isEqualTo(Main.INPUT_ERROR);
        assertThat(cli.err())
                .contains("purser: model reticent: model 'reticent' does not take input 'x' of FP32")
                .contains("Maybe: these inputs were made up")
                .contains("--input FILE.json");
    }

    /** One that sets its scale by the largest number of all rows. */
    @Test
    void aNetworkWhoseRowsChangeEachOtherIsProfiledForSingleRequests() {
        Path pool = directory.resolve("mixing.json");
        Cli cli = profile(
                false,
                TestModels.mixing(directory, true).toString(),
                "--name",
                "m",
                "--accuracy",
                "0.9",
                "--out",
                pool.toString());
        assertThat(cli.code()).as(cli.err()).isZero();
        assertThat(cli.out()).contains("Requests are served one at a time").contains("through DynamicQuantizeLinear");
        Variant variant = Json.read(pool, ModelPool.class).variant("m");
        assertThat(variant.model().batchable()).isFalse();
        assertThat(variant.vm().get("c7a.medium").maxBatch()).isEqualTo(1);
    }

    @Test
    void aNetworkIsMeasuredAndGoesIntoThePool() throws IOException {
        Path network = TestModels.mlp(directory);
        Path pool = directory.resolve("pool.json");
        ModelPool before = ModelPools.load("spock-single");
        Json.write(pool, before);
        long children = ProcessHandle.current().children().count();
        Cli cli = profile(
                true,
                network.toString(),
                "--name",
                "perceptron",
                "--accuracy",
                "0.9",
                "--out",
                pool.toString(),
                "--format",
                "json");

        assertThat(cli.code()).as(cli.err()).isZero();
        JsonNode json = cli.json();
        assertThat(ImmutableList.copyOf(json.fieldNames()))
                .containsExactly(
                        "machine",
                        "variant",
                        "source",
                        "sizeMb",
                        "workerMb",
                        "initialisation",
                        "inferences",
                        "fit",
                        "instances",
                        "functions",
                        "afterPause",
                        "rows",
                        "settled");
        assertThat(json.path("rows").path("batchable").asBoolean()).isTrue();
        assertThat(json.path("rows").path("difference").asDouble()).isLessThan(1e-4);
        assertThat(json.path("afterPause").path("with").path("medianMs").asDouble())
                .isPositive();
        assertThat(ImmutableList.copyOf(json.path("initialisation").fieldNames()))
                .containsExactly(
                        "runs", "processStart", "runtimeLoad", "modelLoad", "firstInference", "rest", "ready", "boot");
        JsonNode start = json.path("initialisation");
        assertThat(start.path("runs").asInt()).isEqualTo(2);
        double steps = 0;
        for (String step : List.of("processStart", "runtimeLoad", "modelLoad", "firstInference", "rest")) {
            steps += start.path(step).path("meanMs").asDouble();
        }
        assertThat(start.path("ready").path("meanMs").asDouble())
                .isGreaterThan(50)
                .isCloseTo(steps, within());
        assertThat(json.path("inferences"))
                .hasSize(5)
                .allMatch(i -> i.path("time").path("medianMs").asDouble() > 0);
        assertThat(json.path("fit").path("points").asInt()).isEqualTo(5);
        assertThat(json.path("fit").path("beta").asDouble())
                .as("one number of threads")
                .isEqualTo(1);

        ModelPool after = Json.read(pool, ModelPool.class);
        assertThat(after.variants().subList(0, before.variants().size())).isEqualTo(before.variants());
        Variant variant = after.variant("perceptron");
        assertThat(variant.accuracy()).isEqualTo(0.9);
        assertThat(variant.model().onnx()).isEqualTo("mlp.onnx");
        assertThat(variant.vm().get("c7a.medium").slots()).isEqualTo(1);
        assertThat(variant.vm().get("c7a.medium").batchLatencyMs()).containsOnlyKeys(2, 3, 4, 5);
        assertThat(variant.function().latencyMs(885))
                .isCloseTo(variant.function().latencyMs(1769) * 1769 / 885, within());
        SimulatorSettings settings = Json.read(directory.resolve("pool-settings.json"), SimulatorSettings.class);
        assertThat(settings.instanceBoot()).isPositive();
        assertThat(cli.err()).contains("profile: " + pool);
        assertThat(ProcessHandle.current().children().count())
                .as("no worker is left behind")
                .isEqualTo(children);

        assertThat(cli.err()).contains("starting workers").contains("measuring inferences");
        assertThat(ProfileTable.of(Json.read("stdout", json, ProfileResult.class)))
                .startsWith("perceptron, 0.8 MB")
                .contains("start of a worker (2 times)")
                .contains("I(B, r) = lambda B (alpha / r + beta) + gamma")
                .containsPattern("(?m)^c7a.medium +1 +1 +4 ")
                .containsPattern("(?m)^885 MB .* scaled from 1769 MB")
                .containsPattern("(?m)^1769 MB .* measured, ");
    }

    private static org.assertj.core.data.Offset<Double> within() {
        return org.assertj.core.data.Offset.offset(0.01);
    }

    @Test
    void whatCannotBeMeasuredSaysWhyBeforeAnythingIsWritten() throws IOException {
        Path pool = directory.resolve("pool.json");
        Path broken = Files.writeString(directory.resolve("broken.onnx"), "no network");
        Cli cli = profile(false, broken.toString(), "--accuracy", "0.5", "--out", pool.toString());
        assertThat(cli.code()).isEqualTo(Main.INPUT_ERROR);
        assertThat(cli.err()).contains("broken.onnx").contains("cannot be loaded by ONNX Runtime");
        assertThat(pool).doesNotExist();

        Json.write(pool, ModelPools.load("spock-single"));
        String unnamed = Files.readString(pool);
        Files.writeString(pool, unnamed.replace("\"sizeMb\"", "\"model\": {\"onnx\": \"broken.onnx\"}, \"sizeMb\""));
        Cli ofPool = profile(false, "type-0", "--pool", pool.toString(), "--name", "renamed");
        assertThat(ofPool.code()).isEqualTo(Main.INPUT_ERROR);
        assertThat(ofPool.err()).contains(broken.toString()).contains("cannot be loaded by ONNX Runtime");

        Path texts = Files.writeString(directory.resolve("texts.txt"), "text\n");
        Cli wrong = profile(false, TestModels.mlp(directory).toString(), "--input", texts.toString());
        assertThat(wrong.code()).isEqualTo(Main.INPUT_ERROR);
        assertThat(wrong.err()).contains("holds texts, but the inputs of model 'mlp' are");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            nix.onnx                        | MODEL: there is no file 'nix.onnx'                       |
            nix                             | MODEL: 'nix' is no .onnx file, and no pool is named      | --pool embeddings
            nix --pool spock-single         | there is no variant 'nix'                                | the variants are
            NET --pool embedings            | there is no model pool 'embedings'                       | 'embeddings'
            type-0 --pool spock-single      | does not say where its network is                        | .onnx file
            NET --out pool.json             | --accuracy: is not given                                 | published
            NET --accuracy 81               | --accuracy: is 81.0, but it must be 0 to 1               | 0.81
            NET --out pool.txt              | 'pool.txt' does not end in .json                         | pool.json
            NET --starts 1                  | --starts: is 1, but it must be 2 to 100                  |
            NET --threads 1,x               | --threads: 'x' is not a whole number                     | 1,2,4
            NET --threads 100000            | --threads: has 100000, but each must be 1 to             |
            NET --batches 2,4               | --batches: is [2, 4], but 1 must be among them           |
            NET --batches 1,2000            | --batches: has 2000, but each must be 1 to 1024          |
            NET --slots 0                   | --slots: is 0, but it must be 1 to 63                    |
            NET --memory 64                 | --memory: has 64, but each must be 128 to 10240          |
            NET --instance-types c7a.lorge  | there is no instance type 'c7a.lorge'                    | 'c7a.large'
            NET --price-book us             | price book: 'us' is neither                              | us-east-1
            NET --precision 0               | --precision: is 0.0, but it must be over 0               |
            NET --time-limit 0s             | --time-limit: is 0s, but it must be over 0s              |
            NET --warm-up 2m                | --warm-up: is 120s, but it must be at most 1m            |
            NET --text-words 0              | --text-words: is 0, but it must be 1 to 100000           |
            NET --pooling max               | '--pooling'                                              | purser help profile
            NET --tokenizer t --max-tokens 0 | --max-tokens: maxTokens is 0                            |
            """)
    void mistakesAreExplained(String arguments, String problem, String maybe) throws IOException {
        List<String> all = new ArrayList<>(List.of("profile"));
        for (String argument : arguments.split(" ")) {
            all.add(argument.equals("NET") ? TestModels.add(directory).toString() : argument);
        }
        if (arguments.contains("embedings")) {
            all.set(1, "v");
        }
        Cli cli = Cli.run(all.toArray(String[]::new));

        assertThat(cli.code()).as(cli.err()).isEqualTo(Main.INPUT_ERROR);
        assertThat(cli.out()).isEmpty();
        assertThat(cli.err()).startsWith("purser: ").contains(problem).doesNotContain("\tat ");
        if (maybe != null) {
            assertThat(cli.err()).contains("Maybe: ").contains(maybe);
        }
    }
}
