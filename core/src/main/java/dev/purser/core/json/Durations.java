package dev.purser.core.json;

import java.math.BigDecimal;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Durations as people write them: a number and one unit, such as {@code 100ms}, {@code 10s}, {@code 1.5h}. The units
 * are {@code ns}, {@code us}, {@code ms}, {@code s}, {@code m}, {@code h} and {@code d}.
 */
public final class Durations {
    private static final Pattern FORM = Pattern.compile("(\\d+(?:\\.\\d+)?)\\s*(ns|us|ms|s|m|h|d)");
    private static final Map<String, Long> UNITS = units();

    private Durations() {}

    private static Map<String, Long> units() {
        Map<String, Long> units = new LinkedHashMap<>();
        // the largest unit first: format takes the first that divides the duration
        units.put("h", 3_600_000_000_000L);
        units.put("m", 60_000_000_000L);
        units.put("s", 1_000_000_000L);
        units.put("ms", 1_000_000L);
        units.put("us", 1_000L);
        units.put("ns", 1L);
        units.put("d", 86_400_000_000_000L);
        return units;
    }

    /**
     * Reads a duration.
     *
     * @param text for example {@code 100ms}; never negative, whole nanoseconds, at most about 292 years
     * @return the duration
     * @throws IllegalArgumentException when the text is not of this form; the message says what is right
     */
    public static Duration parse(String text) {
        Matcher form = FORM.matcher(text.strip());
        if (!form.matches()) {
            throw new IllegalArgumentException("'" + text
                    + "' is not a duration; write a number and one of ns, us, ms, s, m, h, d, such as 100ms");
        }
        long unit = UNITS.getOrDefault(form.group(2), 1L);
        try {
            return Duration.ofNanos(new BigDecimal(form.group(1))
                    .multiply(BigDecimal.valueOf(unit))
                    .longValueExact());
        } catch (ArithmeticException e) {
            throw new IllegalArgumentException(
                    "'" + text + "' is not a whole number of nanoseconds below 292 years", e);
        }
    }

    /**
     * Writes a duration with the largest of the units h, m, s, ms, us and ns that leaves a whole number.
     *
     * @param duration not negative, below 292 years
     * @return a text that {@link #parse} reads back as the same duration, such as {@code 90s}
     */
    public static String format(Duration duration) {
        long nanos = duration.toNanos();
        if (nanos < 0) {
            throw new IllegalArgumentException("a duration of " + duration + " is negative");
        }
        if (nanos == 0) {
            return "0s";
        }
        for (Map.Entry<String, Long> unit : UNITS.entrySet()) {
            if (nanos % unit.getValue() == 0) {
                return nanos / unit.getValue() + unit.getKey();
            }
        }
        throw new AssertionError("every duration is a whole number of nanoseconds");
    }
}
