package dev.purser.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.purser.core.policy.Dispatcher;
import dev.purser.core.workload.Workloads;
import dev.purser.spi.NoSettings;
import dev.purser.spi.Plugin;
import dev.purser.spi.PolicyFactory;
import dev.purser.spi.PolicyRegistry;
import dev.purser.spi.PolicySpec;
import dev.purser.spi.Stack;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.ServiceLoader;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the command line says to mistakes: exit code 2, a message that helps, no stack trace, and no run begun. */
final class MistakesTest {
    private static final String TRACE = "constant:rate=20,duration=2m";

    @TempDir
    private Path directory;

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            --stacks paragn         | --stacks: there is no stack 'paragn'                     | 'paragon'; the stacks are
            --stacks nix.json       | --stacks: there is no file 'nix.json'                    | the stacks are
            --stacks static,static  | --stacks: two stacks are called 'static'                 | give each stack once
            --trace wits-lik        | trace 'wits-lik': is no file                             | 'wits-like'
            --trace constant:rat=1  | there is no key 'rat'; maybe 'rate'                      |
            --trace wits-like,wits-like | --trace: two traces are called 'wits-like'           | rename one
            --from 3m               | --from: 3m is beyond the end of trace                    | begin earlier
            --from 1m --duration 61s | --duration: 61s from 1m reaches beyond the end of trace | --duration 1m takes all
            --duration 0s           | --duration: is 0s                                        | 10m
            --duration 5q           | '--duration': '5q' is not a duration                     | purser help compare
            --control-interval 0s   | --control-interval: is 0s                                | 10s is usual
            --scale-to-mean 0       | --scale-to-mean: is 0.0                                  |
            --seed 1..x             | --seed: '1..x' is not a whole number                     | 1..10
            --seed 9..1             | --seed: '9..1' is a range of -7 seeds                    | 1..10
            --price-book us-east-1-2018 | price book: 'us-east-1-2018' is neither              | 'us-east-1-2019'
            --workload spock        | --workload: there is no workload 'spock'                 | 'spock-single'
            --settings nix.json     | nix.json: there is no such file                          |
            --threads 0             | --threads: is 0                                          |
            --threads many          | '--threads'                                              | purser help compare
            --format xml            | '--format'                                               | purser help compare
            --stakcs all            | --stakcs                                                 | --stacks
            extra                   | extra                                                    | purser help compare
            """)
    void ofOptions(String options, String problem, String maybe) {
        List<String> arguments = new ArrayList<>(List.of("compare"));
        if (!options.contains("--trace")) {
            arguments.addAll(List.of("--trace", TRACE));
        }
        arguments.addAll(List.of(options.split(" ")));

        assertMistake(arguments, problem, maybe == null ? "" : maybe);
    }

    @Test
    void ofCommands() {
        assertMistake(List.of("compar"), "compar", "compare; see 'purser help'");
        assertMistake(List.of("trace"), "trace needs a command", "purser help trace");
        assertMistake(List.of("trace", "describe"), "TRACE", "purser help trace describe");
        assertMistake(List.of("policies", "paragn"), "there is no policy or stack 'paragn'", "'paragon'");
        assertThat(Cli.run()).matches(cli -> cli.code() == 2 && cli.err().startsWith("Usage: purser"), "usage");
    }

    @Test
    void ofSettings() throws IOException {
        Path file = Files.writeString(
                directory.resolve("slow.json"), "{\"instanceBoot\": \"3x\", \"sandboxStrat\": \"4s\"}");
        Cli cli = assertMistake(
                List.of("compare", "--trace", TRACE, "--settings", file.toString()), "instanceBoot: \"3x\"", "100ms");
        assertThat(cli.err()).contains("sandboxStrat").contains("sandboxStart");

        Files.writeString(file, "[1]");
        assertMistake(
                List.of("compare", "--trace", TRACE, "--settings", file.toString()), "holds no JSON object", "3m");
    }

    @Test
    void ofStacksInFiles() throws IOException {
        Path file = directory.resolve("mine.json");
        String stack = """
                {"name": "mine", "description": "Mine.", "modelSelector": "paragon", "dispatcher": "overflow",
                 "resourceProvisioner": {"policy": "reactive", "window": "30s"}, "coldStartManager": "fixed"}
                """;
        List<String> arguments = List.of("compare", "--trace", TRACE, "--stacks", "static," + file);

        Files.writeString(file, stack.replace("overflow", "overflo"));
        assertMistake(arguments, "stack mine: dispatcher: there is no dispatcher 'overflo'", "'overflow'");
        Files.writeString(file, stack.replace("window", "windwo"));
        assertMistake(arguments, "stack mine: resource provisioner 'reactive': windwo", "window");
        Files.writeString(file, stack.replace("\"mine\"", "\"clairvoyant\""));
        assertMistake(arguments, "a stack cannot be called 'clairvoyant'", "another name");
    }

    @Test
    void ofTraceFiles() throws IOException {
        Path file = Files.writeString(directory.resolve("mine.csv"), "second,requests\n0,5\n1,x\n");
        assertMistake(
                List.of("compare", "--trace", file.toString()),
                "mine.csv: line 3, column 'requests': 'x' is not a number",
                "");
    }

    @Test
    void ofWorkloads() throws IOException {
        try (InputStream in = Workloads.class.getResourceAsStream("paragon-workload-1.json")) {
            String workload = new String(in.readAllBytes(), StandardCharsets.UTF_8).replace("c5.large", "c5.lorge");
            Path file = Files.writeString(directory.resolve("mine.json"), workload);
            assertMistake(List.of("compare", "--trace", TRACE, "--workload", file.toString()), "c5.lorge", "c5.large");
        }
    }

    @Test
    void ofOutputDirectories() throws IOException {
        Path file = Files.writeString(directory.resolve("a-file"), "");
        assertUnwritable(file, "is a file, but the results need a directory");
        assertUnwritable(file.resolve("below/it"), "cannot be made, because");
        Files.createDirectories(directory.resolve("out/result.json"));
        assertUnwritable(directory.resolve("out"), "is a directory, but a file of that name is to be written");
        assertThat(Files.readString(file)).isEmpty();
    }

    private static void assertUnwritable(Path out, String problem) {
        assertMistake(List.of("compare", "--trace", TRACE, "--out", out.toString()), problem, "name a");
    }

    @Test
    void ofExplain() {
        List<String> run = List.of("explain", "--trace", TRACE);
        assertMistake(with(run, "--stack", "static,mixed"), "--stack: names 2", "one of them");
        assertMistake(with(run, "--seed", "1,2"), "--seed: names 2", "one of them");
        assertMistake(with(run, "--at", "3m"), "--at: 3m is after the end of the run", "from the start of the run");
        assertMistake(with(run, "--request", "-1"), "--request: is -1", "counted from 0");
        assertMistake(with(run, "--request", "1000000"), "there is no request 1000000", "numbered 0 to ");
        assertMistake(with(run, "--instance", "1000"), "there is no instance 1000", "numbered 0 to ");
        assertMistake(with(run, "--instance", "1", "--request", "1"), "mutually exclusive", "purser help explain");
    }

    private static List<String> with(List<String> arguments, String... more) {
        List<String> all = new ArrayList<>(arguments);
        all.addAll(List.of(more));
        return all;
    }

    @Test
    void ofTraceGenerate() {
        assertMistake(
                List.of(
                        "trace",
                        "generate",
                        TRACE,
                        "--out",
                        directory.resolve("no/folder.csv").toString()),
                "folder.csv",
                "");
        assertMistake(List.of("trace", "generate", "wits-lik", "--out", "x.csv"), "'wits-lik'", "'wits-like'");
        assertMistake(List.of("trace", "generate", TRACE), "--out", "purser help trace generate");
        assertThat(directory).isEmptyDirectory();
    }

    @Test
    void ofAPolicyAreNamed() {
        String[] arguments = {"compare", "--stacks", "broken", "--trace", TRACE};
        Cli plain = Cli.run(MistakesTest::withBrokenStack, false, arguments);
        assertThat(plain.code()).isEqualTo(Main.INTERNAL_ERROR);
        assertThat(plain.out()).isEmpty();
        assertThat(plain.err())
                .matches("purser: dispatcher dev\\.purser\\.server\\.MistakesTest\\$1 threw"
                        + " java\\.lang\\.UnsupportedOperationException: out of ideas, at [0-9]+\\.[0-9]{3} s\\R"
                        + "Maybe: run it again with --debug, and tell whoever made the policy what it shows\\R");

        Cli debug = Cli.run(
                MistakesTest::withBrokenStack, false, "compare", "--debug", "--stacks", "broken", "--trace", TRACE);
        assertThat(debug.code()).isEqualTo(Main.INTERNAL_ERROR);
        assertThat(debug.err())
                .contains("UnsupportedOperationException: out of ideas")
                .contains("\tat ");
    }

    @Test
    void anErrorLeavesNoFile() {
        Cli cli = Cli.run(
                MistakesTest::withBrokenStack,
                false,
                "compare",
                "--stacks",
                "broken",
                "--trace",
                TRACE,
                "--out",
                directory.resolve("out").toString());
        assertThat(cli.code()).isEqualTo(Main.INTERNAL_ERROR);
        assertThat(directory).isEmptyDirectory();
    }

    private static PolicyRegistry withBrokenStack() {
        List<Plugin> plugins = new ArrayList<>();
        ServiceLoader.load(Plugin.class).forEach(plugins::add);
        plugins.add(new Plugin() {
            @Override
            public String name() {
                return "broken";
            }

            @Override
            public List<PolicyFactory<? extends Dispatcher, ?>> dispatchers() {
                return List.of(PolicyFactory.<Dispatcher, NoSettings>of(
                        "broken", "Throws.", NoSettings.class, (settings, context) -> (request, view) -> {
                            throw new UnsupportedOperationException("out of ideas");
                        }));
            }

            @Override
            public List<Stack> stacks() {
                return List.of(new Stack(
                        "broken",
                        "Throws.",
                        PolicySpec.of("paragon"),
                        PolicySpec.of("broken"),
                        PolicySpec.of("static"),
                        PolicySpec.of("fixed")));
            }
        });
        return new PolicyRegistry(plugins);
    }

    private static Cli assertMistake(List<String> arguments, String problem, String maybe) {
        Cli cli = Cli.run(PolicyRegistry::load, true, arguments.toArray(String[]::new));
        assertThat(cli.code()).as("%s", arguments).isEqualTo(Main.INPUT_ERROR);
        assertThat(cli.out()).isEmpty();
        assertThat(cli.err()).startsWith("purser: ").contains(problem).doesNotContain("\tat ");
        assertThat(cli.err()).as("no run has begun").doesNotContain("runs");
        if (!maybe.isEmpty()) {
            assertThat(cli.err()).contains("Maybe: ").contains(maybe);
        }
        return cli;
    }
}
