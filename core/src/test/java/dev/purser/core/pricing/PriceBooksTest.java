package dev.purser.core.pricing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.offset;

import dev.purser.core.InputException;
import dev.purser.core.json.Json;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class PriceBooksTest {
    private static final PriceBook OLD = PriceBooks.named("us-east-1-2019");
    private static final PriceBook NEW = PriceBooks.named("us-east-1-2026");

    static List<String> names() {
        return PriceBooks.names();
    }

    @ParameterizedTest
    @MethodSource("names")
    void everyBookIsWholeAndSaysWhereItsFiguresAreFrom(String name) {
        PriceBook book = PriceBooks.named(name);
        assertThat(book.name()).isEqualTo(name);
        assertThat(book.region()).isEqualTo("us-east-1");
        assertThat(book.source()).isNotBlank();
        assertThat(book.instanceBilling())
                .extracting("granularitySeconds", "minimumSeconds")
                .containsExactly(1, 60);
        assertThat(book.instanceBilling().source()).contains("2017-10-02");
        assertThat(book.function().source()).isNotBlank();
        assertThat(book.function().freeTier()).isNull();
        assertThat(book.function().concurrencyLimit()).isEqualTo(1000);
        assertThat(book.storage().source()).isNotBlank();
        assertThat(book.instanceTypes())
                .hasSizeGreaterThan(30)
                .allSatisfy(type -> assertThat(type.usdPerHour()).isPositive());
    }

    @ParameterizedTest
    @MethodSource("names")
    void aBookReadsBackAsItWasWritten(String name, @TempDir Path directory) {
        Path file = directory.resolve("book.json");
        Json.write(file, PriceBooks.named(name));
        assertThat(PriceBooks.load(file.toString())).isEqualTo(PriceBooks.named(name));
    }

    @ParameterizedTest
    @CsvSource({
        "c5.large, 2, 4096, 0.085",
        "c5.xlarge, 4, 8192, 0.17",
        "c5.9xlarge, 36, 73728, 1.53",
        "m4.large, 2, 8192, 0.1",
        "m5.large, 2, 8192, 0.096",
        "c4.large, 2, 3840, 0.1",
        "p2.xlarge, 4, 62464, 0.9",
        "p3.2xlarge, 8, 62464, 3.06",
        "t2.medium, 2, 4096, 0.0464",
    })
    void theInstanceTypesOfThePapersAreInBothBooks(String name, int vcpus, long memoryMib, BigDecimal usdPerHour) {
        for (PriceBook book : List.of(OLD, NEW)) {
            InstanceType type = book.instanceType(name);
            assertThat(type)
                    .extracting("vcpus", "memoryMib", "usdPerHour")
                    .containsExactly(vcpus, memoryMib, usdPerHour);
        }
        assertThat(OLD.instanceType(name).source())
                .as("each price of the old book has its own source")
                .isNotNull();
    }

    @Test
    void theFunctionsOf2019() {
        assertThat(OLD.asOf()).isEqualTo(LocalDate.of(2019, 7, 1));
        FunctionPricing function = OLD.function();
        assertThat(function.roundingMillis()).isEqualTo(100);
        assertThat(function.initBilled()).isFalse();
        assertThat(function.tiers()).isEmpty();
        assertThat(function.allowsMemory(3008)).isTrue();
        assertThat(function.allowsMemory(192)).isTrue();
        assertThat(function.allowsMemory(200)).isFalse();
        assertThat(function.allowsMemory(3072)).isFalse();
        assertThat(function.allowsMemory(64)).isFalse();
        assertThat(function.vcpus(1792)).isEqualTo(1);
    }

    @Test
    void theFunctionsOf2026() {
        FunctionPricing function = NEW.function();
        assertThat(function.roundingMillis()).isEqualTo(1);
        assertThat(function.initBilled()).isTrue();
        assertThat(function.allowsMemory(10_240)).isTrue();
        assertThat(function.allowsMemory(129)).isTrue();
        assertThat(function.allowsMemory(10_241)).isFalse();
        assertThat(function.vcpus(1769)).isEqualTo(1);
        assertThat(function.vcpus(10_240)).as("10,240 / 1,769 is below six").isEqualTo(10_240 / 1769.0);
    }

    @Test
    void estimatesAreWhatTheRulesSay() {
        assertThat(OLD.instanceType("c5.9xlarge").usdPerSecond()).isEqualTo(1.53 / 3600);
        // 30 ms at 1,536 MB: 100 ms x 1.5 GB before, 30 ms x 1.5 GB since; and 0.20 a million
        assertThat(OLD.function().costPerInvocation(1536, 30_000_000L))
                .isCloseTo(0.15 * 0.0000166667 + 2e-7, offset(1e-18));
        assertThat(NEW.function().costPerInvocation(1536, 30_000_000L))
                .isCloseTo(0.045 * 0.0000166667 + 2e-7, offset(1e-18));
    }

    @Test
    void anUnknownInstanceTypeGivesTheNearest() {
        assertThatThrownBy(() -> OLD.instanceType("c5.lrge"))
                .isInstanceOf(InputException.class)
                .hasMessageStartingWith("price book us-east-1-2019: instanceTypes: "
                        + "there is no instance type 'c5.lrge'\n"
                        + "Maybe: 'c5.large' or ")
                .hasMessageContaining("the instance types are c4.2xlarge, c4.4xlarge");
    }

    @Test
    void anUnknownBookGivesTheNearest() {
        assertThatThrownBy(() -> PriceBooks.named("us-east-1-2020"))
                .isInstanceOf(InputException.class)
                .hasMessage(
                        "price book: there is no 'us-east-1-2020'\n"
                                + "Maybe: 'us-east-1-2026' or 'us-east-1-2019'; the price books are us-east-1-2019, us-east-1-2026");
        assertThatThrownBy(() -> PriceBooks.load("us-east"))
                .hasMessageContaining("'us-east' is neither a price book's name nor a file")
                .hasMessageContaining("or the path of a .json file");
        assertThatThrownBy(() -> PriceBooks.load("none.json"))
                .hasMessageStartingWith("none.json: there is no such file");
        assertThat(PriceBooks.load("us-east-1-2019")).isEqualTo(OLD);
    }

    @Test
    void aBookWithBadFiguresNamesThemAll(@TempDir Path directory) throws Exception {
        Path file = directory.resolve("mine.json");
        Files.writeString(
                file,
                Json.write(OLD)
                        .replace("\"usdPerHour\": 1.53,", "\"usdPerHour\": -1.53,")
                        .replace("\"maximumMemoryMb\": 3008", "\"maximumMemoryMb\": 3000")
                        .replace("\"hoursPerMonth\": 720", "\"hoursPerMonth\": 0"));
        int at = OLD.instanceTypes().indexOf(OLD.instanceType("c5.9xlarge"));
        assertThatThrownBy(() -> PriceBooks.load(file.toString()))
                .hasMessage(file + ": instanceTypes[" + at + "]: usdPerHour is -1.53, but a price is never negative\n"
                        + file + ": function: maximumMemoryMb is 3000, but steps of 64 MB from 128 MB do not reach it\n"
                        + file + ": storage: hoursPerMonth is 0, but must be at least 1");
    }

    @Test
    void aBookRefusesATypeTwiceAndAnotherCurrency(@TempDir Path directory) throws Exception {
        Path file = directory.resolve("mine.json");
        Files.writeString(file, Json.write(OLD).replace("\"c5.9xlarge\"", "\"c5.large\""));
        assertThatThrownBy(() -> PriceBooks.load(file.toString()))
                .hasMessage(file + ": instanceTypes has c5.large twice");
        Files.writeString(file, Json.write(OLD).replace("\"USD\"", "\"EUR\""));
        assertThatThrownBy(() -> PriceBooks.load(file.toString()))
                .hasMessage(file + ": currency is 'EUR', but prices are in USD");
    }

    @Test
    void tiersMustRise() {
        FunctionPricing f = NEW.function();
        List<FunctionPricing.Tier> falling = List.of(f.tiers().get(1), f.tiers().get(0));
        assertThatThrownBy(() -> new FunctionPricing(
                        f.usdPerGbSecond(),
                        falling,
                        f.usdPerRequest(),
                        1,
                        128,
                        10_240,
                        1,
                        true,
                        1769,
                        6,
                        null,
                        1000,
                        null))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(
                        "tiers[1].aboveGbSeconds is 6000000000, but must be above the 15000000000 of the tier before it");
    }
}
