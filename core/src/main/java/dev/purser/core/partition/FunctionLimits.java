package dev.purser.core.partition;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.List;
import java.util.stream.IntStream;

/**
 * What one function can hold, and how it can be sized. Sizes are in MiB (2^20 bytes) but for the memory setting, which is
 * AWS's own MB.
 *
 * @param name the limits' name, e.g. {@code lambda-2021}
 * @param source where the figures were read
 * @param packageMib the largest deployment package, unzipped
 * @param dependenciesMib what of it the libraries take
 * @param codeMib what of it the function's own code takes
 * @param temporaryMib the temporary storage, which holds weights and fetched tensors
 * @param minimumMemoryMb the smallest memory setting
 * @param memoryStepMb memory is the smallest setting plus a multiple of this
 * @param maximumMemoryMb the largest memory setting
 * @param maximumParts the most functions that a chain may have, 1 to {@link #MOST_PARTS}
 */
public record FunctionLimits(
        String name,
        String source,
        double packageMib,
        double dependenciesMib,
        double codeMib,
        double temporaryMib,
        int minimumMemoryMb,
        int memoryStepMb,
        int maximumMemoryMb,
        @JsonProperty(defaultValue = "8") int maximumParts) {
    /** The most parts that a chain may be allowed. */
    public static final int MOST_PARTS = 1_000;

    private static final int MOST_MEMORIES = 100_000;

    /** Checks the ranges. */
    public FunctionLimits {
        if (name.isBlank()) {
            throw new IllegalArgumentException("name is blank");
        }
        checkMib("packageMib", packageMib);
        checkMib("dependenciesMib", dependenciesMib);
        checkMib("codeMib", codeMib);
        checkMib("temporaryMib", temporaryMib);
        if (dependenciesMib + codeMib > packageMib) {
            throw new IllegalArgumentException("dependenciesMib and codeMib are " + (dependenciesMib + codeMib)
                    + " together, but the package holds no more than packageMib, " + packageMib);
        }
        checkRange("minimumMemoryMb", minimumMemoryMb, 1, Integer.MAX_VALUE);
        checkRange("memoryStepMb", memoryStepMb, 1, Integer.MAX_VALUE);
        checkRange("maximumMemoryMb", maximumMemoryMb, minimumMemoryMb, Integer.MAX_VALUE);
        checkRange("maximumParts", maximumParts, 1, MOST_PARTS);
        if ((maximumMemoryMb - minimumMemoryMb) % memoryStepMb != 0) {
            throw new IllegalArgumentException("maximumMemoryMb is " + maximumMemoryMb + ", but steps of "
                    + memoryStepMb + " MB from " + minimumMemoryMb + " MB do not reach it");
        }
        if ((maximumMemoryMb - minimumMemoryMb) / memoryStepMb >= MOST_MEMORIES) {
            throw new IllegalArgumentException("memoryStepMb is " + memoryStepMb + ", which makes more than "
                    + MOST_MEMORIES + " memory settings");
        }
    }

    /** Every memory setting, in MB, from the smallest. */
    public List<Integer> memories() {
        return IntStream.rangeClosed(0, (maximumMemoryMb - minimumMemoryMb) / memoryStepMb)
                .mapToObj(step -> minimumMemoryMb + step * memoryStepMb)
                .toList();
    }

    private static void checkMib(String component, double value) {
        if (!(value >= 0 && value <= 1e9)) {
            throw new IllegalArgumentException(component + " is " + value + ", but must be 0 to 1e9 MiB");
        }
    }

    private static void checkRange(String component, int value, int least, int most) {
        if (value < least || value > most) {
            throw new IllegalArgumentException(
                    component + " is " + value + ", but must be at least " + least + " and at most " + most);
        }
    }
}
