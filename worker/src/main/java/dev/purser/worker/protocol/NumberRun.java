package dev.purser.worker.protocol;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/**
 * Reads a run of plain JSON numbers straight from the body's bytes. Most of a JSON request is such a run, and the general
 * parser spends several times as long on it. Whatever is not plain and right (another token, a number that its datatype
 * cannot hold, another count) is left to that parser, which says what is wrong.
 */
final class NumberRun {
    /** Powers of ten that a double holds exactly. */
    private static final double[] TENS = {
        1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19,
        1e20, 1e21, 1e22
    };

    private static final long MAX_EXACT = 1L << 53;

    /** As many digits as a long surely holds. */
    private static final int MAX_DIGITS = 18;

    /** The bits of a double beyond those of a float, and their value in the middle between two floats. */
    private static final long BEYOND_FLOAT = (1L << 29) - 1;

    private static final long MIDPOINT = 1L << 28;

    private final byte[] text;
    private final int begin;
    private final int end;
    private final ByteBuffer out;
    private final Datatype datatype;

    /** The line breaks that were passed, and where the last line begins. */
    private int lines;

    private int lineStart;

    /**
     * @param begin where the first number begins
     * @param end where the text ends
     * @param out gets the numbers
     */
    NumberRun(byte[] text, int begin, int end, ByteBuffer out, Datatype datatype) {
        this.text = text;
        this.begin = begin;
        this.end = end;
        this.out = out;
        this.datatype = datatype;
    }

    /** Whether runs of this datatype can be read. */
    static boolean reads(Datatype datatype) {
        return switch (datatype) {
            case FP32, FP64, INT8, INT16, INT32, INT64, UINT8, UINT16, UINT32 -> true;
            case BOOL, UINT64, FP16, BYTES -> false;
        };
    }

    /**
     * Reads numbers separated by commas. All of the loop's state is local: this is the hottest code of a JSON request.
     *
     * @param index the element that the first number becomes
     * @param count how many there must be, followed by a closing bracket
     * @return where the closing bracket stands, or -1 when there is no such run here
     */
    int read(int index, int count) {
        int at = skipSpace(begin);
        for (int i = 0; i < count; i++) {
            if (i > 0) {
                if (at >= end || text[at] != ',') {
                    return -1;
                }
                at = skipSpace(at + 1);
            }
            int start = at;
            boolean negative = at < end && text[at] == '-';
            if (negative) {
                at++;
            }
            int first = at;
            long digits = 0;
            int digit;
            // past 18 digits the sum is not used
            while (at < end && (digit = text[at] - '0') >= 0 && digit <= 9) {
                digits = 10 * digits + digit;
                at++;
            }
            int count10 = at - first;
            if (count10 == 0 || (count10 > 1 && text[first] == '0')) {
                return -1;
            }
            int exponent = 0;
            boolean whole = true;
            if (at < end && text[at] == '.') {
                int point = ++at;
                while (at < end && (digit = text[at] - '0') >= 0 && digit <= 9) {
                    digits = 10 * digits + digit;
                    at++;
                }
                exponent = point - at;
                if (exponent == 0) {
                    return -1;
                }
                count10 -= exponent;
                whole = false;
            }
            if (at < end && (text[at] | 0x20) == 'e') {
                int power = 0;
                at++;
                boolean down = at < end && text[at] == '-';
                if (down || (at < end && text[at] == '+')) {
                    at++;
                }
                int powerStart = at;
                while (at < end && (digit = text[at] - '0') >= 0 && digit <= 9) {
                    power = Math.min(100_000, 10 * power + digit);
                    at++;
                }
                if (at == powerStart) {
                    return -1;
                }
                exponent += down ? -power : power;
                whole = false;
            }
            if (at - start > ProtocolJson.MAX_NUMBER) {
                return -1;
            }
            boolean fits;
            if (datatype == Datatype.FP32) {
                float value = toFloat(digits, count10, exponent, negative, start, at);
                out.putFloat(4 * (index + i), value);
                fits = !Float.isInfinite(value);
            } else if (datatype == Datatype.FP64) {
                double value = toDouble(digits, count10, exponent, negative, start, at);
                out.putDouble(8 * (index + i), value);
                fits = !Double.isInfinite(value);
            } else {
                fits = whole && count10 <= MAX_DIGITS && putInteger(index + i, negative ? -digits : digits);
            }
            if (!fits) {
                return -1;
            }
            at = skipSpace(at);
        }
        return at < end && text[at] == ']' ? at : -1;
    }

    private int skipSpace(int from) {
        int at = from;
        while (at < end && text[at] <= ' ') {
            byte c = text[at];
            if (c == '\n') {
                lines++;
                lineStart = at + 1;
            } else if (c != ' ' && c != '\r' && c != '\t') {
                return at;
            }
            at++;
        }
        return at;
    }

    int lines() {
        return lines;
    }

    int lineStart() {
        return lineStart;
    }

    /** Stores a whole number; false when the datatype cannot hold it. */
    private boolean putInteger(int index, long value) {
        return switch (datatype) {
            case INT64 -> {
                out.putLong(8 * index, value);
                yield true;
            }
            case INT32 -> {
                out.putInt(4 * index, (int) value);
                yield value == (int) value;
            }
            case UINT32 -> {
                out.putInt(4 * index, (int) value);
                yield value >>> 32 == 0;
            }
            case INT16 -> {
                out.putShort(2 * index, (short) value);
                yield value == (short) value;
            }
            case UINT16 -> {
                out.putShort(2 * index, (short) value);
                yield value >>> 16 == 0;
            }
            case INT8 -> {
                out.put(index, (byte) value);
                yield value == (byte) value;
            }
            case UINT8 -> {
                out.put(index, (byte) value);
                yield value >>> 8 == 0;
            }
            case BOOL, UINT64, FP16, FP32, FP64, BYTES -> false;
        };
    }

    /** Whether digits and a power of ten are both exact as doubles, so that one operation rounds once. */
    private static boolean isExact(long digits, int count, int exponent) {
        return count <= MAX_DIGITS && digits <= MAX_EXACT && exponent >= -22 && exponent <= 22;
    }

    private static double magnitude(long digits, int exponent) {
        return exponent < 0 ? digits / TENS[-exponent] : digits * TENS[exponent];
    }

    private double toDouble(long digits, int count, int exponent, boolean negative, int start, int stop) {
        if (!isExact(digits, count, exponent)) {
            return Double.parseDouble(text(start, stop));
        }
        double value = magnitude(digits, exponent);
        return negative ? -value : value;
    }

    /** The nearest float: that of the nearest double, unless that one lies just between two floats. */
    private float toFloat(long digits, int count, int exponent, boolean negative, int start, int stop) {
        if (isExact(digits, count, exponent)) {
            double value = magnitude(digits, exponent);
            boolean normal = (value >= Float.MIN_NORMAL && value <= Float.MAX_VALUE) || digits == 0;
            if (normal && (Double.doubleToRawLongBits(value) & BEYOND_FLOAT) != MIDPOINT) {
                return (float) (negative ? -value : value);
            }
        }
        return Float.parseFloat(text(start, stop));
    }

    private String text(int start, int stop) {
        return new String(text, start, stop - start, StandardCharsets.ISO_8859_1);
    }
}
