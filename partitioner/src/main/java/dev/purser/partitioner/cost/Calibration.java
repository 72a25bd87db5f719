package dev.purser.partitioner.cost;

import com.fasterxml.jackson.annotation.JsonProperty;
import dev.purser.core.InputException;
import dev.purser.core.Names;
import dev.purser.core.json.Json;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How long a part takes: the terms that AMPS-Inf names (ICPP'21, completion time: start, load, predict, and passing the
 * intermediate result through the object store), each with one coefficient.
 *
 * @param name its name
 * @param source where the coefficients come from
 * @param startSeconds from the invocation until libraries are ready, at a speed of 1
 * @param loadSecondsPerMib for each MiB of weights, at a speed of 1
 * @param computeSecondsPerGmac for each 10^9 multiply-accumulate operations, at a speed of 1
 * @param speed how fast start and load run
 * @param computeSpeed how fast the computation runs; null where it is as start and load
 * @param storeLatencySeconds for one read or write of the object store
 * @param storeMibPerSecond how fast the object store is read and written
 */
public record Calibration(
        String name,
        String source,
        double startSeconds,
        double loadSecondsPerMib,
        double computeSecondsPerGmac,
        SpeedCurve speed,
        @Nullable SpeedCurve computeSpeed,
        @JsonProperty(defaultValue = "0.03") double storeLatencySeconds,
        @JsonProperty(defaultValue = "60") double storeMibPerSecond) {
    private static final List<String> NAMES = List.of("cold", "vcpu", "warm");

    /** Checks the ranges. */
    public Calibration {
        if (name.isBlank()) {
            throw new IllegalArgumentException("name is blank");
        }
        check("startSeconds", startSeconds);
        check("loadSecondsPerMib", loadSecondsPerMib);
        check("computeSecondsPerGmac", computeSecondsPerGmac);
        check("storeLatencySeconds", storeLatencySeconds);
        check("storeMibPerSecond", storeMibPerSecond);
        if (storeMibPerSecond == 0) {
            throw new IllegalArgumentException("storeMibPerSecond is 0, but must be above 0");
        }
    }

    private static void check(String component, double value) {
        if (!(value >= 0 && value < 1e9)) {
            throw new IllegalArgumentException(component + " is " + value + ", but must be 0 to 1e9");
        }
    }

    /**
     * The calibrations that come with Purser: {@code cold} and {@code vcpu} are fitted to AMPS-Inf's published seconds,
     * {@code warm} supposes that libraries and weights are in memory.
     */
    public static List<String> names() {
        return NAMES;
    }

    /**
     * A calibration by name, or from a JSON file.
     *
     * @throws InputException when it is neither, or when the file cannot be used
     */
    public static Calibration load(String nameOrPath) {
        return Shipped.load("calibration", NAMES, nameOrPath, Calibration.class);
    }

    /** Something that is shipped by name, or in a file. */
    static final class Shipped {
        private Shipped() {}

        static <T> T load(String kind, List<String> names, String nameOrPath, Class<T> type) {
            if (names.contains(nameOrPath)) {
                return Json.readResource(Calibration.class, nameOrPath + ".json", type);
            }
            if (nameOrPath.endsWith(".json") || Files.exists(Path.of(nameOrPath))) {
                return Json.read(Path.of(nameOrPath), type);
            }
            throw new InputException(
                    kind,
                    "",
                    "'" + nameOrPath + "' is neither the name of one nor a file",
                    Names.suggest(kind, names, nameOrPath) + "; or the path of a .json file");
        }
    }
}
