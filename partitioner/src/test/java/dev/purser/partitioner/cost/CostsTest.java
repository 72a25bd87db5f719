package dev.purser.partitioner.cost;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.purser.core.InputException;
import dev.purser.core.partition.FunctionLimits;
import dev.purser.core.partition.Part;
import dev.purser.core.pricing.PriceBook;
import dev.purser.core.pricing.PriceBooks;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Calibrations, limits and costs. */
class CostsTest {
    private static final PriceBook TODAY = PriceBooks.named("us-east-1-2026");
    private static final PriceBook THEN = PriceBooks.named("us-east-1-2019");
    private static final Part MOBILENET = new Part(1, 92, true, true, 17_015_456, 568_740_352, 0, 0, 1);

    @TempDir
    private Path folder;

    @Test
    void thePublishedRowOfMobileNetComesOut() {
        CalibratedCosts costs = new CalibratedCosts(Calibration.load("cold"), TODAY);
        // AMPS-Inf's slides: 22.03, 10.65, 7.52 and 6.38 s; $0.00018, 0.00017, 0.00019 and 0.00021
        int[] memories = {512, 1024, 1536, 2048};
        long[] millis = {22_031, 10_651, 7_521, 6_381};
        for (int i = 0; i < 4; i++) {
            assertThat(costs.millis(MOBILENET, memories[i])).isEqualTo(millis[i]);
        }
        assertThat(costs.units(MOBILENET, 1024, 10_651)).isEqualTo(10_651L * 1024 * 166_667 + 2_048_000_000L);
    }

    @Test
    void storeRequestsAndStorageArePaidWhereTensorsCross() {
        CalibratedCosts costs = new CalibratedCosts(Calibration.load("warm"), TODAY);
        Part middle = new Part(5, 9, false, false, 0, 0, 10, 1000, 1);
        assertThat(costs.units(middle, 128, 0)).isEqualTo(2_048_000_000L + 4_096_000_000L + 51_200_000_000L + 305_000L);
    }

    @Test
    void durationsAreRoundedAsThePriceBookSays() {
        CalibratedCosts then = new CalibratedCosts(Calibration.load("cold"), THEN);
        CalibratedCosts today = new CalibratedCosts(Calibration.load("cold"), TODAY);
        assertThat(then.units(MOBILENET, 1024, 10_651)).isEqualTo(today.units(MOBILENET, 1024, 10_700));
        assertThat(then.withRounding(THEN, 1).units(MOBILENET, 1024, 10_651))
                .isEqualTo(today.units(MOBILENET, 1024, 10_651));
        assertThatThrownBy(() -> then.withRounding(THEN, 0)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void measuredLayerTimesTakeThePlaceOfOperations() {
        CalibratedCosts costs =
                new CalibratedCosts(Calibration.load("warm"), TODAY).withMeasured(TODAY, new double[] {0, 1, 2, 4});
        assertThat(costs.millis(new Part(2, 3, false, true, 0, 0, 0, 0, 2), 1024))
                .isEqualTo(50 + 12_000 + 30);
        assertThatThrownBy(() -> costs.withMeasured(TODAY, new double[] {Double.NaN}))
                .hasMessageContaining("layer 0 takes NaN");
    }

    @Test
    void boundsHoldForEveryPartAndMemory() {
        SplittableRandom random = new SplittableRandom(7);
        for (String name : Calibration.names()) {
            CalibratedCosts costs = new CalibratedCosts(Calibration.load(name), THEN);
            for (int i = 0; i < 5_000; i++) {
                Part part = new Part(
                        1,
                        2,
                        random.nextBoolean(),
                        random.nextBoolean(),
                        random.nextLong(1L << 30),
                        random.nextLong(20_000_000_000L),
                        random.nextLong(10_000_000),
                        random.nextLong(10_000_000),
                        1);
                int memory = random.nextInt(128, 10_241);
                double bound = costs.fixedMillis(part)
                        + costs.serialMillis(part) * costs.serialPace(memory)
                        + costs.parallelMillis(part) * costs.parallelPace(memory);
                long millis = costs.millis(part, memory);
                assertThat((double) millis)
                        .isGreaterThanOrEqualTo(bound * (1 - 1e-9) - 1e-5)
                        .isLessThan(bound + 1.001);
                assertThat(costs.units(part, memory, millis))
                        .isGreaterThanOrEqualTo(millis * memory * costs.unitsPerMbMilli() + costs.fixedUnits(part));
            }
        }
    }

    @Test
    void speedFollowsMemory() {
        SpeedCurve measured = Calibration.load("cold").speed();
        assertThat(measured.speed(1024)).isEqualTo(1);
        assertThat(measured.speed(256)).isEqualTo(measured.speed(512) / 2);
        assertThat(measured.speed(3008)).isEqualTo(measured.speed(2048));
        assertThat(measured.speed(1280)).isBetween(1.0, measured.speed(1536));
        SpeedCurve share = new SpeedCurve.Proportional(1769, 6);
        assertThat(share.speed(1769)).isEqualTo(1);
        assertThat(share.speed(20_000)).isEqualTo(6);
        assertThatThrownBy(() -> new SpeedCurve.Proportional(0, 1)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void limitsAreReadByNameAndFromFiles() throws IOException {
        assertThat(Limits.load("lambda-2021").memories())
                .hasSize(46)
                .startsWith(128, 192)
                .endsWith(2944, 3008);
        assertThat(Limits.load("lambda").memories()).hasSize(10_113);
        assertThat(Limits.load("lambda-image").packageMib()).isEqualTo(10_240);
        assertThatThrownBy(() -> Limits.load("lamda"))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("'lambda'");
        Path file = folder.resolve("own.json");
        String json = """
                {"name": "own", "source": "mine", "packageMib": 100, "dependenciesMib": 10, "codeMib": 1,
                 "temporaryMib": 50, "minimumMemoryMb": 100, "memoryStepMb": 50, "maximumMemoryMb": 300}
                """;
        Files.writeString(file, json);
        FunctionLimits own = Limits.load(file.toString());
        assertThat(own.memories()).containsExactly(100, 150, 200, 250, 300);
        assertThat(own.maximumParts()).isEqualTo(8);
        for (String[] change : new String[][] {
            {"\"codeMib\": 1", "\"codeMib\": 95", "packageMib, 100"},
            {"\"maximumMemoryMb\": 300", "\"maximumMemoryMb\": 310", "do not reach it"},
            {"\"temporaryMib\": 50", "\"temporaryMib\": -1", "temporaryMib is -1"},
            {"\"memoryStepMb\": 50", "\"memoryStepMb\": 0", "memoryStepMb is 0"},
            {"\"name\": \"own\"", "\"name\": \" \"", "name is blank"},
            {"\"codeMib\": 1", "\"codeMb\": 1", "codeMb"}
        }) {
            Files.writeString(file, json.replace(change[0], change[1]));
            assertThatThrownBy(() -> Limits.load(file.toString()))
                    .isInstanceOf(InputException.class)
                    .hasMessageContaining("own.json")
                    .hasMessageContaining(change[2]);
        }
    }

    @Test
    void calibrationsAreReadFromFilesToo() throws IOException {
        Path file = folder.resolve("mine.json");
        String json = """
                {"name": "mine", "source": "measured", "startSeconds": 1, "loadSecondsPerMib": 0.01,
                 "computeSecondsPerGmac": 0.2, "speed": {"kind": "proportional", "mbPerVcpu": 1769, "maximumVcpus": 1}}
                """;
        Files.writeString(file, json);
        assertThat(Calibration.load(file.toString()).storeMibPerSecond()).isEqualTo(60);
        Files.writeString(file, json.replace("\"startSeconds\": 1", "\"startSeconds\": -1"));
        assertThatThrownBy(() -> Calibration.load(file.toString()))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("startSeconds is -1");
        Files.writeString(file, json.replace("proportional", "magic"));
        assertThatThrownBy(() -> Calibration.load(file.toString())).isInstanceOf(InputException.class);
    }
}
