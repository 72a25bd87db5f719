package dev.purser.core.json;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import com.fasterxml.jackson.databind.JsonNode;
import dev.purser.core.InputException;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.LocalDate;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class JsonTest {
    enum Hardware {
        CPU,
        GPU
    }

    record Variant(String name, double accuracy, int memoryMib) {
        Variant {
            if (!(accuracy >= 0 && accuracy <= 1)) {
                throw new IllegalArgumentException("accuracy is " + accuracy + ", but must be between 0 and 1");
            }
        }
    }

    record Pool(
            String model,
            List<Variant> variants,
            @Nullable Hardware hardware,
            @Nullable Double weight,
            @JsonProperty(defaultValue = "10s") Duration interval,
            @JsonProperty(defaultValue = "3") int replicas,
            @JsonProperty(defaultValue = "[]") List<String> tags) {}

    record Money(BigDecimal usd, LocalDate asOf, boolean spot, long count) {}

    record Limits(Map<String, Variant> byName) {}

    @JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "type")
    @JsonSubTypes({
        @JsonSubTypes.Type(value = Poisson.class, name = "poisson"),
        @JsonSubTypes.Type(value = Constant.class, name = "constant")
    })
    sealed interface Arrivals {}

    record Poisson(double rate) implements Arrivals {}

    record Constant(Duration gap) implements Arrivals {}

    record Workload(Arrivals arrivals) {}

    private static <T> T read(String json, Class<T> type) {
        return Json.read("pool.json", Json.parse("pool.json", json), type);
    }

    private static String problem(String json, Class<?> type) {
        try {
            Object value = read(json, type);
            throw new AssertionError("was read as " + value);
        } catch (InputException e) {
            return e.getMessage();
        }
    }

    @Test
    void bindsARecordByComponentNames() {
        Pool pool = read("""
                {
                  // comments are allowed
                  "model": "resnet", /* everywhere */
                  "variants": [{"name": "a", "accuracy": 0.7, "memoryMib": 128}, {"name": "b", "accuracy": 1, "memoryMib": 9}],
                  "hardware": "GPU", "weight": 2, "interval": "100ms", "replicas": 5, "tags": ["x"]
                }
                """, Pool.class);
        assertThat(pool)
                .isEqualTo(new Pool(
                        "resnet",
                        List.of(new Variant("a", 0.7, 128), new Variant("b", 1, 9)),
                        Hardware.GPU,
                        2.0,
                        Duration.ofMillis(100),
                        5,
                        List.of("x")));
    }

    @Test
    void anAbsentComponentIsNullOrItsDefault() {
        assertThat(read("{\"model\": \"m\", \"variants\": []}", Pool.class))
                .isEqualTo(new Pool("m", List.of(), null, null, Duration.ofSeconds(10), 3, List.of()));
        assertThat(read("{\"model\": \"m\", \"variants\": [], \"hardware\": null, \"weight\": null}", Pool.class)
                        .hardware())
                .isNull();
    }

    @Test
    void keepsDecimalsExactly() {
        Money money = read(
                "{\"usd\": 0.0000166667000000000000000001, \"asOf\": \"2019-06-30\", \"spot\": false, \"count\": 9007199254740993}",
                Money.class);
        assertThat(money.usd()).isEqualTo(new BigDecimal("0.0000166667000000000000000001"));
        assertThat(money.asOf()).isEqualTo(LocalDate.of(2019, 6, 30));
        assertThat(money.count()).isEqualTo(9_007_199_254_740_993L);
    }

    @Test
    void anUnknownPropertyGivesTheNearestSpellingAndAllThatIsAllowed() {
        assertThat(problem("{\"model\": \"m\", \"variants\": [], \"hardwear\": \"GPU\"}", Pool.class))
                .isEqualTo(
                        "pool.json: hardwear: unknown property, with the value \"GPU\"\n"
                                + "Maybe: 'hardware'; the fields are hardware, interval, model, replicas, tags, variants, weight");
    }

    @Test
    void aMissingPropertySaysSoAndWhatToGive() {
        assertThat(problem("{\"model\": \"m\", \"variants\": [{\"name\": \"a\", \"memoryMib\": 1}]}", Pool.class))
                .isEqualTo("pool.json: variants[0].accuracy: is missing\nMaybe: give a number");
        assertThat(problem("{\"variants\": []}", Pool.class))
                .isEqualTo("pool.json: model: is missing\nMaybe: give a text");
    }

    @Test
    void allProblemsAreReportedAtOnce() {
        assertThat(problem("""
                        {"model": 5, "interval": "soon",
                         "variants": [{"name": "a", "acuracy": 0.5, "memoryMib": 1},
                                      {"name": "b", "accuracy": 1.5, "memoryMib": 1}]}
                        """, Pool.class)).isEqualTo("""
                        pool.json: model: 5 is not a text
                        Maybe: in quotes
                        pool.json: interval: "soon" is not a duration (a number and one of ns, us, ms, s, m, h, d)
                        Maybe: such as "100ms"
                        pool.json: variants[0].acuracy: unknown property, with the value 0.5
                        Maybe: 'accuracy'; the fields are accuracy, memoryMib, name
                        pool.json: variants[0].accuracy: is missing
                        Maybe: give a number
                        pool.json: variants[1]: accuracy is 1.5, but must be between 0 and 1""");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            value = {
                "usd      | '0.5'          | '0.5' is not a number%Maybe: without the quotes",
                "usd      | [1]            | [1] is not a number",
                "asOf     | '30.6.2019'    | '30.6.2019' is not a day such as '2019-06-30'",
                "asOf     | 2019           | 2019 is not a day such as '2019-06-30'",
                "spot     | 'yes'          | 'yes' is not true or false",
                "spot     | 1              | 1 is not true or false",
                "count    | 1.5            | 1.5 is not a whole number",
                "count    | '7'            | '7' is not a whole number%Maybe: without the quotes",
                "count    | true           | true is not a whole number",
                "count    | 1e30           | 1E+30 is not a whole number",
                "count    | 99999999999999999999 | 99999999999999999999 is not a whole number",
                "count    | null           | null%Maybe: give a whole number, or leave it out if it is optional",
            })
    void aWrongTypeSaysWhatIsExpected(String field, String value, String message) {
        Map<String, String> values =
                new LinkedHashMap<>(Map.of("usd", "1", "asOf", "'2020-01-01'", "spot", "true", "count", "1"));
        values.put(field, value);
        String json = ("{'usd': " + values.get("usd") + ", 'asOf': " + values.get("asOf") + ", 'spot': "
                        + values.get("spot") + ", 'count': " + values.get("count") + "}")
                .replace('\'', '"');
        assertThat(problem(json, Money.class))
                .isEqualTo("pool.json: " + field + ": "
                        + message.replace('\'', '"').replace('%', '\n'));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            value = {
                "variants | {}        | {} is not a list",
                "variants | [null]    | null%Maybe: give an object, or leave it out if it is optional",
                "variants | ['a']     | 'a' is not an object",
                "hardware | 'GPX'     | 'GPX' is not one of CPU, GPU%Maybe: 'GPU' or 'CPU'; the values are CPU, GPU",
                "hardware | 1         | 1 is not one of CPU, GPU",
                "weight   | 'NaN'     | 'NaN' is not a number",
                "weight   | 1e999     | 1E+999 is not a number",
                "interval | 10        | 10 is not a duration (a number and one of ns, us, ms, s, m, h, d)%Maybe: with its unit, such as '10s'",
                "interval | null      | null%Maybe: give a duration (a number and one of ns, us, ms, s, m, h, d), or leave it out if it is optional",
                "replicas | null      | null%Maybe: give a whole number from -2147483648 to 2147483647, or leave it out if it is optional",
                "replicas | 3000000000 | 3000000000 is not a whole number from -2147483648 to 2147483647",
                "tags     | [1]       | 1 is not a text%Maybe: in quotes",
            })
    void soDoesAWrongTypeOfAnOptionalOrNestedOne(String field, String value, String message) {
        String json = (field.equals("variants")
                        ? "{'model': 'm', 'variants': " + value + "}"
                        : "{'model': 'm', 'variants': [], '" + field + "': " + value + "}")
                .replace('\'', '"');
        String path = value.startsWith("[") ? field + "[0]" : field;
        assertThat(problem(json, Pool.class))
                .isEqualTo("pool.json: " + path + ": "
                        + message.replace('\'', '"')
                                .replace('%', '\n')
                                .replace("Maybe: \"GPU\" or \"CPU\"", "Maybe: 'GPU' or 'CPU'"));
    }

    @Test
    void pathsGoThroughMaps() {
        assertThat(problem(
                        "{\"byName\": {\"fast\": {\"name\": \"a\", \"accuracy\": -1, \"memoryMib\": 1}}}",
                        Limits.class))
                .isEqualTo("pool.json: byName.fast: accuracy is -1.0, but must be between 0 and 1");
    }

    @Test
    void aChoiceIsToldByItsType() {
        assertThat(read("{\"arrivals\": {\"type\": \"constant\", \"gap\": \"5ms\"}}", Workload.class))
                .isEqualTo(new Workload(new Constant(Duration.ofMillis(5))));
        assertThat(problem("{\"arrivals\": {\"type\": \"poison\", \"rate\": 1}}", Workload.class))
                .isEqualTo("pool.json: arrivals.type: \"poison\" is not known here\n"
                        + "Maybe: 'poisson'; the choices are constant, poisson");
        assertThat(problem("{\"arrivals\": {\"rate\": 1}}", Workload.class))
                .isEqualTo("pool.json: arrivals.type: is missing\nMaybe: one of poisson, constant");
        assertThat(problem("{\"arrivals\": {\"type\": \"poisson\", \"rte\": 1}}", Workload.class))
                .isEqualTo("""
                        pool.json: arrivals.rte: unknown property, with the value 1
                        Maybe: 'rate'; the fields are rate
                        pool.json: arrivals.rate: is missing
                        Maybe: give a number""");
    }

    @Test
    void malformedJsonIsReportedWithLineAndColumn() {
        assertThat(problem("{\n  \"model\": \"m\",\n  variants: []\n}", Pool.class))
                .startsWith("pool.json: line 3, column 3: Unexpected character ('v'");
        assertThat(problem("{\"model\": [1, 2", Pool.class))
                .isEqualTo("pool.json: line 1, column 16: Unexpected end-of-input: expected close marker for Array"
                        + " (opened at line 1, column 11)");
        assertThat(problem("{\"model\": \"a\",\n \"model\": \"b\"}", Pool.class))
                .startsWith("pool.json: line 2, column ")
                .endsWith("Duplicate field 'model'");
        assertThat(problem("{} {}", Pool.class))
                .startsWith("pool.json: line 1, column ")
                .contains("Trailing token");
        assertThat(problem("", Pool.class)).isEqualTo("pool.json: is empty");
        assertThat(problem("null", Pool.class)).isEqualTo("pool.json: null\nMaybe: an object");
        assertThat(problem("[]", Pool.class)).isEqualTo("pool.json: [] is not an object");
    }

    @Test
    void aLongValueIsCutShort() {
        assertThat(problem("{\"model\": [\"" + "x".repeat(500) + "\"], \"variants\": []}", Pool.class))
                .isEqualTo("pool.json: model: [\"" + "x".repeat(58) + "... is not a text");
    }

    @Test
    void aFileThatIsNotThereGivesItsNeighbours(@TempDir Path directory) throws Exception {
        Files.writeString(directory.resolve("pool.json"), "{\"model\": \"m\", \"variants\": []}");
        assertThat(Json.read(directory.resolve("pool.json"), Pool.class).model())
                .isEqualTo("m");
        Path misspelt = directory.resolve("poool.json");
        assertThatThrownBy(() -> Json.read(misspelt, Pool.class))
                .isInstanceOf(InputException.class)
                .hasMessage(misspelt + ": there is no such file\nMaybe: pool.json");
        assertThatThrownBy(() -> Json.read(directory, Pool.class))
                .hasMessageStartingWith(directory + ": is a directory, not a file");
        Path nowhere = directory.resolve("none/pool.json");
        assertThatThrownBy(() -> Json.read(nowhere, Pool.class))
                .hasMessage(nowhere + ": there is no such file\nMaybe: there is no directory "
                        + directory.resolve("none") + " either");
    }

    @Test
    void aFileInAnotherEncodingIsRefused(@TempDir Path directory) throws Exception {
        Path file = directory.resolve("latin.json");
        Files.write(file, "{\"model\": \"\u00fcber\", \"variants\": []}".getBytes(StandardCharsets.ISO_8859_1));
        assertThatThrownBy(() -> Json.read(file, Pool.class))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("latin.json")
                .hasMessageContaining("Invalid UTF-8");
    }

    @Test
    void aResourceThatIsNotThereIsNamed() {
        assertThatThrownBy(() -> Json.readResource(JsonTest.class, "none.json", Pool.class))
                .hasMessage("none.json: there is no such resource in dev.purser.core.json");
    }

    @Test
    void writesCanonically(@TempDir Path directory) {
        Pool pool = new Pool(
                "m", List.of(new Variant("a", 0.5, 1)), null, null, Duration.ofMillis(1500), 3, List.of("x", "y"));
        String text = """
                {
                  "model": "m",
                  "variants": [
                    {
                      "name": "a",
                      "accuracy": 0.5,
                      "memoryMib": 1
                    }
                  ],
                  "interval": "1500ms",
                  "replicas": 3,
                  "tags": [
                    "x",
                    "y"
                  ]
                }
                """;
        assertThat(Json.write(pool)).isEqualTo(text);
        Path file = directory.resolve("out.json");
        Json.write(file, pool);
        assertThat(file).hasContent(text);
        assertThat(Json.read(file, Pool.class)).isEqualTo(pool);
    }

    @Test
    void writesMapsInTheOrderOfTheirKeysAndNumbersPlainly() {
        Map<String, Object> map = new LinkedHashMap<>();
        map.put("b", new BigDecimal("1E-7"));
        map.put("a", LocalDate.of(2019, 7, 1));
        assertThat(Json.write(map)).isEqualTo("{\n  \"a\": \"2019-07-01\",\n  \"b\": 0.0000001\n}\n");
    }

    @Test
    void readsAnyJsonAsATree(@TempDir Path directory) throws Exception {
        Path file = directory.resolve("any.json");
        Files.writeString(file, "{\"a\": 0.10}");
        assertThat(Json.read(file, JsonNode.class).get("a").decimalValue()).isEqualTo(new BigDecimal("0.10"));
    }
}
