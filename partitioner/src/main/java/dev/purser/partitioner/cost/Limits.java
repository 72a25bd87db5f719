package dev.purser.partitioner.cost;

import dev.purser.core.InputException;
import dev.purser.core.partition.FunctionLimits;
import java.util.List;

/** The function limits that come with Purser, and those in files. */
public final class Limits {
    private static final List<String> NAMES = List.of("lambda-2021", "lambda", "lambda-image");

    private Limits() {}

    /** The names of those that come with Purser: AWS Lambda as AMPS-Inf met it, and as it is today. */
    public static List<String> names() {
        return NAMES;
    }

    /**
     * Limits by name, or from a JSON file.
     *
     * @throws InputException when it is neither, or when the file cannot be used
     */
    public static FunctionLimits load(String nameOrPath) {
        return Calibration.Shipped.load("limit", NAMES, nameOrPath, FunctionLimits.class);
    }
}
