package dev.purser.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import dev.purser.core.json.Json;
import dev.purser.core.trace.Traces;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ForecastCommandTest {
    @TempDir
    private Path directory;

    private Path ramp;

    /** 3 requests more each minute, for 60 minutes. */
    @BeforeEach
    void writeTrace() throws Exception {
        StringBuilder csv = new StringBuilder("minute,requests\n");
        for (int minute = 0; minute < 60; minute++) {
            csv.append(minute).append(',').append(100 + 3 * minute).append('\n');
        }
        ramp = Files.writeString(directory.resolve("ramp.csv"), csv);
    }

    private static JsonNode result(JsonNode json, String predictor, int steps) {
        for (JsonNode result : json.path("results")) {
            if (result.path("predictor").asText().equals(predictor)
                    && result.path("horizonSteps").asInt() == steps) {
                return result;
            }
        }
        throw new AssertionError("no " + predictor + " at " + steps + " in " + json.path("results"));
    }

    @Test
    void persistenceIsAlwaysJudgedAndErrsByTheSlope() {
        JsonNode json = Cli.run(
                        "forecast",
                        "--trace",
                        ramp.toString(),
                        "--horizon",
                        "1,6m",
                        "--predictors",
                        "linear-regression",
                        "--format",
                        "json")
                .json();
        assertThat(json.path("results")).hasSize(4);
        for (int steps : new int[] {1, 6}) {
            JsonNode persistence = result(json, "last-value", steps);
            assertThat(persistence.path("trace").asText()).isEqualTo("ramp");
            assertThat(persistence.path("rmse").asDouble()).isCloseTo(3 * steps, within(1e-9));
            assertThat(persistence.path("mae").asDouble()).isCloseTo(3 * steps, within(1e-9));
            assertThat(persistence.path("underShare").asDouble()).isEqualTo(1);
            assertThat(persistence.path("overShare").asDouble()).isZero();
            // always the same error: it is known, and the interval is a point that is right
            assertThat(persistence.path("coverage90").asDouble()).isEqualTo(1);
            assertThat(persistence.path("pinball").asDouble()).isCloseTo(0, within(1e-9));
            assertThat(persistence.path("trainSeconds").asDouble()).isZero();
            assertThat(persistence.path("microsPerForecast").asDouble()).isPositive();
            assertThat(result(json, "linear-regression", steps).path("rmse").asDouble())
                    .isCloseTo(0, within(1e-6));
        }
        // every step, for each of the two
        assertThat(json.path("steps")).hasSize(12);
        List<String> fields = new ArrayList<>();
        json.path("results").path(0).fieldNames().forEachRemaining(fields::add);
        assertThat(fields)
                .containsExactly(
                        "predictor",
                        "trace",
                        "horizonSteps",
                        "rmse",
                        "mae",
                        "smape",
                        "underShare",
                        "overShare",
                        "pinball",
                        "coverage90",
                        "trainSeconds",
                        "microsPerForecast");
    }

    @Test
    void whatNobodyCanSayIsNull() {
        // sixteen windows, eight to learn from: too few errors for an interval six ahead
        JsonNode json = Cli.run(
                        "forecast",
                        "--trace",
                        "constant:rate=1,duration=16m",
                        "--horizon",
                        "6",
                        "--predictors",
                        "ewma",
                        "--format",
                        "json")
                .json();
        assertThat(result(json, "ewma", 6).path("coverage90").isNull()).isTrue();
        assertThat(result(json, "ewma", 6).path("rmse").isNumber()).isTrue();
    }

    @Test
    void theSameSeedGivesTheSameResults() {
        String[] arguments = {
            "forecast", "--trace", "mmpp:rates=2/9,sojourn=5m/3m,duration=3h", "--seed", "3", "--format", "json"
        };
        JsonNode one = Cli.run(arguments).json();
        assertThat(one.path("results")).hasSize(10);
        String[] onThread = java.util.Arrays.copyOf(arguments, arguments.length + 2);
        onThread[arguments.length] = "--threads";
        onThread[arguments.length + 1] = "1";
        assertThat(withoutTimes(Cli.run(onThread).json())).isEqualTo(withoutTimes(one));
    }

    private static List<String> withoutTimes(JsonNode json) {
        List<String> rows = new ArrayList<>();
        json.path("steps").forEach(row -> rows.add(row.toString().replaceAll(",\"trainSeconds.*", "")));
        return rows;
    }

    @Test
    void printsATableAndWritesAPageAndTheNumbers() throws Exception {
        Path out = directory.resolve("result");
        Cli cli = Cli.run(
                "forecast",
                "--trace",
                ramp + ",constant:rate=2,duration=1h",
                "--predictors",
                "ewma",
                "--out",
                out.toString());
        assertThat(cli.code()).isZero();
        assertThat(cli.out())
                .containsPattern("(?m)^last-value +ramp +6m +18\\.00 +\\+0\\.0 +18\\.00 ")
                .containsPattern("(?m)^ewma +ramp +6m ");
        assertThat(cli.err()).contains("page: " + out.resolve("forecast.html"));
        assertThat(Files.readString(out.resolve("forecast.html")))
                .startsWith("<!DOCTYPE html>")
                .contains("2 predictors judged on 2 arrival traces: each forecast 60 windows")
                .doesNotContainPattern("\\{\\{\\w+}}");
        assertThat(Json.read(out.resolve("forecast.json"), JsonNode.class).path("results"))
                .hasSize(4);
    }

    @Test
    void markdownHasATableForEachHorizon() {
        Cli cli = Cli.run(
                "forecast",
                "--trace",
                ramp.toString(),
                "--horizon",
                "1,6",
                "--predictors",
                "ewma",
                "--format",
                "markdown");
        assertThat(cli.out())
                .contains("### 1m ahead", "### 6m ahead", "| | ramp |", "| last-value | 18 |")
                .containsPattern("\\| ewma \\| \\+[\\d.]+ \\|");
    }

    @Test
    void predictorsCanBeGivenWithTheirSettings() throws Exception {
        Path file = Files.writeString(directory.resolve("mine.json"), """
                {"slow": {"policy": "ewma", "alpha": 0.05}, "fast": {"policy": "ewma", "alpha": 0.9}}""");
        JsonNode json = Cli.run(
                        "forecast", "--trace", ramp.toString(), "--predictors", file.toString(), "--format", "json")
                .json();
        assertThat(result(json, "fast", 6).path("rmse").asDouble())
                .isLessThan(result(json, "slow", 6).path("rmse").asDouble());
    }

    @Test
    void aPredictorThatCannotBeTrainedIsJudgedAsItIsAndThatIsSaid() {
        Cli cli = Cli.run("forecast", "--trace", ramp.toString(), "--predictors", "mark-lstm", "--format", "json");
        assertThat(cli.code()).isZero();
        assertThat(result(cli.json(), "mark-lstm", 6).path("trainSeconds").asDouble())
                .isZero();
        assertThat(cli.err()).contains("mark-lstm was not trained on ramp: ");
    }

    @Test
    void interArrivalPredictorsAreJudgedOnGaps() throws Exception {
        StringBuilder csv = new StringBuilder("minute,requests\n");
        for (int minute = 0; minute < 600; minute++) {
            csv.append(minute).append(',').append(minute % 5 == 0 ? 2 : 0).append('\n');
        }
        Path sparse = Files.writeString(directory.resolve("sparse.csv"), csv);
        JsonNode json = Cli.run(
                        "forecast",
                        "--trace",
                        sparse.toString(),
                        "--predictors",
                        "hybrid-histogram",
                        "--format",
                        "json")
                .json();
        assertThat(json.path("results")).as("last-value is always there").hasSize(1);
        JsonNode gaps = json.path("gaps");
        assertThat(gaps).hasSize(2);
        assertThat(gaps.path(0).path("predictor").asText()).isEqualTo("last-gap");
        assertThat(gaps.path(0).path("rmse").asDouble()).isZero();
        JsonNode histogram = gaps.path(1);
        assertThat(histogram.path("predictor").asText()).isEqualTo("hybrid-histogram");
        assertThat(histogram.path("gaps").asInt()).isEqualTo(60);
        assertThat(histogram.path("mae").asDouble())
                .as("the middle of the sixth minute")
                .isCloseTo(30, within(1e-9));
        assertThat(histogram.path("inSpanShare").asDouble()).isEqualTo(1);

        Cli table = Cli.run(
                "forecast",
                "--trace",
                sparse.toString(),
                "--predictors",
                "last-gap,smiless-inter-arrival",
                "--out",
                directory.resolve("gaps").toString());
        assertThat(table.out()).containsPattern("(?m)^smiless-inter-arrival +sparse +60 ");
        Path silent = Files.writeString(
                directory.resolve("silent.csv"),
                csv.toString().replaceAll(",2\n", ",0\n").replace("\n0,0", "\n0,1"));
        Cli nothing = Cli.run("forecast", "--trace", silent.toString(), "--predictors", "hybrid-histogram");
        assertThat(nothing.code()).isEqualTo(2);
        assertThat(nothing.err()).contains("'silent' has no two windows of 1m with requests of which the last is");
    }

    @Test
    void mistakesAreNamed() {
        assertMistake("there is no load predictor or inter-arrival predictor 'ewmma'", "--predictors", "ewmma");
        assertMistake("two predictors are called 'ewma'", "--predictors", "ewma,ewma");
        assertMistake("--bin: 30s is finer than trace 'ramp', which has counts of 1m", "--bin", "30s");
        assertMistake("--horizon: 90s is no whole number of windows of 1m", "--horizon", "90s");
        assertMistake("--horizon: 0 is 0 windows, but it must be between 1 and 256", "--horizon", "0");
        assertMistake("--horizon: 300 is 300 windows", "--horizon", "300");
        assertMistake("'ramp' has 60 windows of 1m, too few", "--horizon", "50");
        assertMistake("--train: is 1.0, but it must lie between 0 and 1", "--train", "1");
    }

    private void assertMistake(String message, String... arguments) {
        List<String> all = new ArrayList<>(List.of("forecast", "--trace", ramp.toString(), "--format", "json"));
        all.addAll(List.of(arguments));
        Cli cli = Cli.run(all.toArray(new String[0]));
        assertThat(cli.code()).isEqualTo(2);
        assertThat(cli.err()).contains(message);
    }

    @Test
    void aTraceThatWasWrittenIsForecastLikeTheOneItCameFrom() {
        Path file = directory.resolve("day.csv.gz");
        String expression = "diurnal:mean=20,amplitude=0.5,period=1h,duration=2h";
        Traces.of(expression).writeCounts(file, java.time.Duration.ofMinutes(1), 1);
        JsonNode fromFile = Cli.run("forecast", "--trace", file.toString(), "--format", "json")
                .json();
        JsonNode drawn =
                Cli.run("forecast", "--trace", expression, "--format", "json").json();
        assertThat(result(fromFile, "ensemble", 6).path("rmse"))
                .isEqualTo(result(drawn, "ensemble", 6).path("rmse"));
    }
}
