package dev.purser.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.common.collect.ImmutableList;
import dev.purser.core.json.Json;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class CompareCommandTest {
    private static final String FIRST = "constant:rate=20,duration=2m";
    private static final String SECOND = "flash-crowd:base=10,factor=6,start=30s,ramp=5s,decay=20s,duration=90s";

    @TempDir
    private Path directory;

    @Test
    void jsonHasExactlyTheseFieldsInThisOrder() {
        JsonNode json = compare("--stacks", "paragon").json();

        assertThat(names(json)).containsExactly("purser", "runs");
        assertThat(json.path("runs")).hasSize(2);
        for (JsonNode run : json.path("runs")) {
            assertThat(names(run))
                    .containsExactly(
                            "stack",
                            "trace",
                            "seed",
                            "requests",
                            "answered",
                            "refused",
                            "failed",
                            "sloViolations",
                            "violationRatio",
                            "accuracy",
                            "costUsd",
                            "vmHours",
                            "peakVms",
                            "functionInvocations",
                            "coldStarts",
                            "latencyMs",
                            "regret",
                            "simulatedSeconds",
                            "wallSeconds");
            assertThat(names(run.path("accuracy"))).containsExactly("mean", "violations");
            assertThat(names(run.path("costUsd"))).containsExactly("total", "vm", "function", "storage");
            assertThat(names(run.path("latencyMs"))).containsExactly("mean", "p50", "p95", "p99", "p999", "max");
        }
    }

    @Test
    void runsAreOrderedByTraceSeedAndStackWithTheBoundLast() {
        JsonNode runs = compare("--stacks", "static,mixed", "--trace", SECOND, "--seed", "2,1")
                .json()
                .path("runs");

        List<String> order = new ArrayList<>();
        runs.forEach(run -> order.add(run.path("trace").textValue() + " " + run.path("seed") + " "
                + run.path("stack").textValue()));
        List<String> expected = new ArrayList<>();
        for (String trace : List.of(FIRST, SECOND)) {
            for (int seed : new int[] {2, 1}) {
                for (String stack : List.of("static", "mixed", "clairvoyant")) {
                    expected.add(trace + " " + seed + " " + stack);
                }
            }
        }
        assertThat(order).isEqualTo(expected);
    }

    @Test
    void costsHaveSixDecimalsAndAddUpToTheLastDigit() {
        JsonNode runs = compare("--stacks", "all", "--seed", "1..3").json().path("runs");

        assertThat(runs).hasSizeGreaterThan(10);
        for (JsonNode run : runs) {
            JsonNode cost = run.path("costUsd");
            BigDecimal sum = Stream.of("vm", "function", "storage")
                    .map(item -> new BigDecimal(cost.path(item).textValue()))
                    .reduce(BigDecimal.ZERO, BigDecimal::add);
            assertThat(cost.path("total").textValue()).as("%s", run).isEqualTo(sum.toPlainString());
            assertThat(cost.path("total").textValue()).matches("\\d+\\.\\d{6}");
        }
    }

    @Test
    void regretIsCostOverTheBoundLessOne() {
        JsonNode runs = compare("--stacks", "static,mixed").json().path("runs");

        JsonNode bound = runs.path(2);
        assertThat(bound.path("stack").textValue()).isEqualTo("clairvoyant");
        assertThat(bound.path("regret").doubleValue()).isZero();
        assertThat(bound.path("latencyMs").path("max").doubleValue()).isZero();
        double least = total(bound);
        assertThat(least).isPositive();
        for (int i = 0; i < 2; i++) {
            JsonNode run = runs.path(i);
            assertThat(run.path("regret").doubleValue()).isCloseTo(total(run) / least - 1, Offset.offset(1e-12));
            assertThat(run.path("requests").longValue())
                    .isEqualTo(bound.path("requests").longValue());
        }
    }

    @Test
    void everyRequestEndsOnce() {
        for (JsonNode run : compare("--stacks", "all", "--trace", SECOND).json().path("runs")) {
            assertThat(run.path("answered").longValue()
                            + run.path("refused").longValue()
                            + run.path("failed").longValue())
                    .as("%s", run)
                    .isEqualTo(run.path("requests").longValue())
                    .isPositive();
        }
    }

    @Test
    void theNumberOfThreadsShowsInNothingButTheTime() {
        String[] arguments = {"--stacks", "all", "--trace", SECOND, "--seed", "1..2", "--threads"};
        JsonNode one = withoutTimes(compare(with(arguments, "1")).json());
        JsonNode four = withoutTimes(compare(with(arguments, "4")).json());

        assertThat(four).isEqualTo(one);
    }

    @Test
    void writesThreeFilesAndNothingElse() throws IOException {
        Path out = directory.resolve("new/result");
        Cli cli = compare("--stacks", "static", "--out", out.toString());

        assertThat(cli.code()).isZero();
        assertThat(files(out)).containsExactly("report.html", "result.json", "settings.json");
        assertThat(Files.readString(out.resolve("result.json"))).isEqualTo(cli.out());
        assertThat(Files.readString(out.resolve("report.html")))
                .contains("<html")
                .contains(FIRST);
        JsonNode settings = Json.read(out.resolve("settings.json"), JsonNode.class);
        assertThat(settings.path("seeds")).hasSize(1);
        assertThat(settings.path("stacks").path(0).path("name").textValue()).isEqualTo("static");
        assertThat(settings.path("traces").path(0).path("source").textValue()).isEqualTo(FIRST);
        assertThat(settings.path("simulator").path("instanceBoot").textValue()).isEqualTo("100s");
    }

    @Test
    void replacesAnEarlierResult() throws IOException {
        Files.writeString(directory.resolve("result.json"), "old");
        Files.writeString(directory.resolve("mine.txt"), "mine");
        Cli cli = compare("--stacks", "static", "--out", directory.toString());

        assertThat(Files.readString(directory.resolve("result.json"))).isEqualTo(cli.out());
        assertThat(files(directory)).containsExactly("mine.txt", "report.html", "result.json", "settings.json");
    }

    @Test
    void aFileIsCalledByItsNameWithoutExtensionsAndRunWhole() {
        Path file = directory.resolve("wits_1s.csv.gz");
        assertThat(Cli.run("trace", "generate", FIRST, "--out", file.toString()).code())
                .isZero();

        JsonNode run = Cli.run("compare", "--trace", file.toString(), "--stacks", "static", "--format", "json")
                .json()
                .path("runs")
                .path(0);
        assertThat(run.path("trace").textValue()).isEqualTo("wits_1s");
        assertThat(run.path("simulatedSeconds").doubleValue()).isBetween(120.0, 150.0);
    }

    @Test
    void takesPartsOfTracesAndScalesThem() {
        JsonNode run = compare("--stacks", "static", "--from", "30s", "--duration", "1m", "--scale-to-mean", "100")
                .json()
                .path("runs")
                .path(0);

        // a Poisson number of mean 6000: six standard deviations are 465
        assertThat(run.path("requests").intValue()).isBetween(5535, 6465);
        assertThat(run.path("simulatedSeconds").doubleValue()).isBetween(60.0, 90.0);
    }

    @Test
    void aStackMayBeAFileAndSettingsChangeTheRun() throws IOException {
        Path stack = Files.writeString(directory.resolve("stack.json"), """
                {"name": "mine", "description": "Mine.", "modelSelector": "paragon", "dispatcher": "functions-only",
                 "resourceProvisioner": {"policy": "reactive", "window": "30s"}, "coldStartManager": "fixed"}
                """);
        Path settings = Files.writeString(directory.resolve("settings.json"), "{\"sandboxStart\": \"0s\"}");
        String[] arguments = {"--stacks", "mixed," + stack};

        JsonNode slow = compare(arguments).json().path("runs").path(1);
        JsonNode fast = compare(with(arguments, "--settings", settings.toString()))
                .json()
                .path("runs")
                .path(1);
        assertThat(slow.path("stack").textValue()).isEqualTo("mine");
        assertThat(fast.path("latencyMs").path("max").doubleValue())
                .isLessThan(slow.path("latencyMs").path("max").doubleValue() - 1000);
    }

    @Test
    void theTableIsSortedByCostWithinATraceAndMarksTheBound() {
        Cli cli = Cli.run(
                "compare", "--stacks", "mixed,static", "--trace", FIRST + "," + SECOND, "--out", directory.toString());

        assertThat(cli.code()).isZero();
        assertThat(cli.err()).isEqualTo("report: " + directory.resolve("report.html") + System.lineSeparator());
        ImmutableList<String> lines = cli.out().lines().collect(ImmutableList.toImmutableList());
        assertThat(lines.getFirst()).startsWith("stack").doesNotContain("seed").endsWith("cold starts");
        assertThat(lines.stream().map(line -> line.replaceFirst(" {2,}.*", ""))).startsWith("stack", "clairvoyant *");
        assertThat(lines.get(4)).isEmpty();
        for (List<String> group : List.of(lines.subList(1, 4), lines.subList(5, 8))) {
            List<Double> costs = group.stream()
                    .map(line -> Double.parseDouble(line.split(" {2,}")[2]))
                    .toList();
            assertThat(costs).isSorted();
            assertThat(group.stream().filter(line -> line.startsWith("clairvoyant *")))
                    .hasSize(1);
        }
        assertThat(lines.getLast()).startsWith("* a bound, not a stack");
    }

    @Test
    void theTableNamesTheSeedWhereThereAreSeveral() {
        assertThat(Cli.run(
                                "compare",
                                "--stacks",
                                "static",
                                "--trace",
                                FIRST,
                                "--seed",
                                "1..2",
                                "--out",
                                directory.toString())
                        .out())
                .startsWith("stack")
                .containsPattern("(?m)^stack +trace +seed ")
                .containsPattern("(?m)^static +\\S+ +2 ");
    }

    @Test
    void allStacksMayBeComparedWithOneOfYourOwn() throws IOException {
        Path mine = Files.writeString(directory.resolve("mine.json"), """
                {"name": "mine", "description": "d", "modelSelector": "paragon", "dispatcher": "overflow",
                 "resourceProvisioner": "marginal", "coldStartManager": "fixed"}
                """);
        Cli cli = Cli.run(
                "compare",
                "--stacks",
                "all,paragon," + mine,
                "--trace",
                "constant:rate=5,duration=20s",
                "--format",
                "json");

        assertThat(cli.json().path("runs").findValuesAsText("stack"))
                .containsAll(dev.purser.spi.PolicyRegistry.load().stackNames())
                .contains("mine", "clairvoyant")
                .doesNotHaveDuplicates();
    }

    @Test
    void missingStepsAreFilledWhereAskedFor() throws IOException {
        Path gap = Files.writeString(directory.resolve("gap.csv"), "second,requests\n0,5\n1,7\n3,2\n");
        Cli filled =
                Cli.run("compare", "--stacks", "static", "--trace", gap.toString(), "--fill-gaps", "--format", "json");

        assertThat(Cli.run("compare", "--stacks", "static", "--trace", gap.toString())
                        .err())
                .contains("leaves a gap", "--fill-gaps");
        assertThat(filled.json().path("runs").path(0).path("requests").intValue())
                .isEqualTo(14);
        assertThat(filled.json().path("runs").path(0).path("simulatedSeconds").doubleValue())
                .isGreaterThanOrEqualTo(4);
    }

    @Test
    void progressIsShownOnlyToATerminal() {
        String[] arguments = {"compare", "--stacks", "static", "--trace", FIRST, "--format", "json"};
        Cli seen = Cli.run(dev.purser.spi.PolicyRegistry::load, true, arguments);

        assertThat(seen.err()).contains("] 0/2 runs").contains("] 2/2 runs").contains("2 runs in ");
        assertThat(Cli.run(arguments).err()).isEmpty();
    }

    private static Cli compare(String... arguments) {
        return Cli.run(with(new String[] {"compare", "--format", "json", "--trace", FIRST}, arguments));
    }

    private static String[] with(String[] arguments, String... more) {
        return Stream.concat(Stream.of(arguments), Stream.of(more)).toArray(String[]::new);
    }

    private static List<String> names(JsonNode object) {
        return ImmutableList.copyOf(object.fieldNames());
    }

    private static double total(JsonNode run) {
        return Double.parseDouble(run.path("costUsd").path("total").textValue());
    }

    private static JsonNode withoutTimes(JsonNode results) {
        results.path("runs")
                .forEach(run ->
                        assertThat(((ObjectNode) run).remove("wallSeconds")).isNotNull());
        return results;
    }

    private static List<String> files(Path directory) throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }
}
