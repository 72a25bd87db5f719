package dev.purser.core.trace;

import dev.purser.core.InputException;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Durations as a person writes them ({@code 90s}, {@code 1h30m}, {@code 250ms}), and as doubles. */
final class Durations {
    /** A century: longer traces are taken for a slip, such as milliseconds in place of seconds. */
    static final long LONGEST = 36525L * 24 * 3600 * 1_000_000_000L;

    private static final Pattern PART = Pattern.compile("(\\d+(?:\\.\\d+)?)(ns|us|ms|s|m|h|d)");

    private Durations() {}

    static double seconds(long nanos) {
        return nanos / 1e9;
    }

    /** Reads {@code 1h30m} and the like, at most a century; empty where the text is not a duration. */
    static Optional<Duration> parse(String text) {
        Matcher parts = PART.matcher(text);
        BigDecimal nanos = BigDecimal.ZERO;
        int end = 0;
        while (parts.lookingAt()) {
            nanos = nanos.add(new BigDecimal(parts.group(1)).multiply(BigDecimal.valueOf(unit(parts.group(2)))));
            end = parts.end();
            parts.region(end, text.length());
        }
        return end == 0 || end < text.length() || nanos.compareTo(BigDecimal.valueOf(LONGEST)) > 0
                ? Optional.empty()
                : Optional.of(Duration.ofNanos(nanos.longValue()));
    }

    private static long unit(String name) {
        return switch (name) {
            case "ns" -> 1L;
            case "us" -> 1_000L;
            case "ms" -> 1_000_000L;
            case "s" -> 1_000_000_000L;
            case "m" -> 60_000_000_000L;
            case "h" -> 3_600_000_000_000L;
            default -> 86_400_000_000_000L;
        };
    }

    /** What {@link #parse} reads back. */
    static String text(long nanos) {
        if (nanos == 0) {
            return "0s";
        }
        StringBuilder text = new StringBuilder();
        long rest = nanos;
        for (String unit : new String[] {"d", "h", "m"}) {
            long size = unit(unit);
            if (rest >= size) {
                text.append(rest / size).append(unit);
                rest %= size;
            }
        }
        if (rest > 0) {
            text.append(BigDecimal.valueOf(rest, 9).stripTrailingZeros().toPlainString())
                    .append('s');
        }
        return text.toString();
    }

    /** The nanoseconds of a duration that has to be more than zero and at most a century. */
    static long positive(String where, String field, Duration duration) {
        if (duration.isNegative() || duration.isZero() || duration.compareTo(Duration.ofNanos(LONGEST)) > 0) {
            throw new InputException(
                    where, field, duration + ", but it must be more than zero and at most a hundred years", "");
        }
        return duration.toNanos();
    }
}
