package dev.purser.core.trace;

/** Reads numbers from a parser's buffer without making a string of the usual ones. */
final class Numbers {
    /** What {@link #nanos} answers for what is not a time. */
    static final long NOT_A_TIME = -1;

    private static final long[] TENS = {
        1, 10, 100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000, 1_000_000_000
    };

    private Numbers() {}

    /**
     * A decimal number of units in nanoseconds, cut off below one; {@link #NOT_A_TIME} where it is no number, negative,
     * or beyond a century.
     */
    static long nanos(char[] text, int offset, int length, long unit) {
        int end = offset + length;
        int i = offset;
        long whole = 0;
        while (i < end && isDigit(text[i]) && whole <= Durations.LONGEST) {
            whole = whole * 10 + (text[i++] - '0');
        }
        int digits = i - offset;
        if (digits > 0 && i == end) {
            return inRange(whole, 0, unit);
        }
        if (i < end && text[i] == '.' && digits > 0) {
            long fraction = 0;
            int from = ++i;
            while (i < end && isDigit(text[i])) {
                if (i - from < 9) {
                    fraction = fraction * 10 + (text[i] - '0');
                }
                i++;
            }
            if (i == end) {
                return inRange(whole, fraction * TENS[9 - Math.min(9, i - from)], unit);
            }
        }
        double value = decimal(text, offset, length);
        return value >= 0 && value * unit <= Durations.LONGEST ? (long) (value * unit) : NOT_A_TIME;
    }

    private static long inRange(long whole, long billionths, long unit) {
        if (whole > Durations.LONGEST / unit) {
            return NOT_A_TIME;
        }
        // exact for seconds, whose billionths are nanoseconds
        return whole * unit + (long) (billionths * (unit / 1e9));
    }

    /** A count; NaN where it is no finite number of at least 0. */
    static double count(char[] text, int offset, int length) {
        long whole = 0;
        if (length > 0 && length <= 15) {
            int i = offset;
            while (i < offset + length && isDigit(text[i])) {
                whole = whole * 10 + (text[i++] - '0');
            }
            if (i == offset + length) {
                return whole;
            }
        }
        double value = decimal(text, offset, length);
        return value >= 0 && value < Double.POSITIVE_INFINITY ? value : Double.NaN;
    }

    /** Any decimal number, NaN where it is none. Unlike Java, takes no hexadecimal, no suffix and no words. */
    static double decimal(char[] text, int offset, int length) {
        for (int i = offset; i < offset + length; i++) {
            char c = text[i];
            if (!isDigit(c) && c != '.' && c != '-' && c != '+' && c != 'e' && c != 'E' && c != ' ') {
                return Double.NaN;
            }
        }
        try {
            return Double.parseDouble(new String(text, offset, length));
        } catch (NumberFormatException e) {
            return Double.NaN;
        }
    }

    private static boolean isDigit(char c) {
        return c >= '0' && c <= '9';
    }
}
