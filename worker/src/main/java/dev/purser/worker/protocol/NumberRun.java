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

    /** The bits of a double beyond those of a float, and their value in the middle between two floats. */
    private static final long BEYOND_FLOAT = (1L << 29) - 1;

    private static final long MIDPOINT = 1L << 28;

    private final byte[] text;
    private final int end;
    private final ByteBuffer out;
    private final Datatype datatype;
    private int at;

    // the number that was read last
    private int start;
    private boolean negative;
    private long digits;
    private int significant;
    private int exponent;
    private boolean whole;

    /** The line breaks that were passed, and where the last line begins. */
    private int lines;

    private int lineStart;

    /**
     * @param at where the first number begins
     * @param end where the text ends
     * @param out gets the numbers
     */
    NumberRun(byte[] text, int at, int end, ByteBuffer out, Datatype datatype) {
        this.text = text;
        this.at = at;
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
     * Reads numbers separated by commas.
     *
     * @param index the element that the first number becomes
     * @param count how many there must be, followed by a closing bracket
     * @return where the closing bracket stands, or -1 when there is no such run here
     */
    int read(int index, int count) {
        for (int i = 0; i < count; i++) {
            if (i > 0 && !take(',')) {
                return -1;
            }
            space();
            if (!number() || !put(index + i)) {
                return -1;
            }
            space();
        }
        space();
        return at < end && text[at] == ']' ? at : -1;
    }

    private boolean take(char expected) {
        if (at < end && text[at] == expected) {
            at++;
            return true;
        }
        return false;
    }

    private void space() {
        while (at < end && (text[at] == ' ' || text[at] == '\n' || text[at] == '\r' || text[at] == '\t')) {
            if (text[at++] == '\n') {
                lines++;
                lineStart = at;
            }
        }
    }

    int lines() {
        return lines;
    }

    int lineStart() {
        return lineStart;
    }

    /** A number by JSON's grammar. */
    private boolean number() {
        start = at;
        negative = take('-');
        digits = 0;
        significant = 0;
        exponent = 0;
        whole = true;
        int first = at;
        digits();
        int count = at - first;
        if (count == 0 || (count > 1 && text[first] == '0')) {
            return false;
        }
        if (take('.')) {
            whole = false;
            first = at;
            digits();
            exponent = first - at;
            if (exponent == 0) {
                return false;
            }
        }
        if (take('e') || take('E')) {
            whole = false;
            boolean down = take('-');
            if (!down) {
                take('+');
            }
            first = at;
            int power = 0;
            while (at < end && text[at] >= '0' && text[at] <= '9') {
                power = Math.min(100_000, 10 * power + text[at++] - '0');
            }
            if (at == first) {
                return false;
            }
            exponent += down ? -power : power;
        }
        return at - start <= ProtocolJson.MAX_NUMBER;
    }

    private void digits() {
        long value = digits;
        int counted = significant;
        int i = at;
        for (; i < end; i++) {
            int digit = text[i] - '0';
            if (digit < 0 || digit > 9) {
                break;
            }
            if (value != 0 || digit != 0) {
                counted++;
            }
            // past 18 digits the value is not used
            value = 10 * value + digit;
        }
        at = i;
        digits = value;
        significant = counted;
    }

    private boolean put(int index) {
        return switch (datatype) {
            case FP32 -> {
                float value = toFloat();
                out.putFloat(4 * index, value);
                yield !Float.isInfinite(value);
            }
            case FP64 -> {
                double value = toDouble();
                out.putDouble(8 * index, value);
                yield !Double.isInfinite(value);
            }
            case INT64 -> {
                out.putLong(8 * index, negative ? -digits : digits);
                yield whole && significant <= 18;
            }
            case INT32 -> {
                out.putInt(4 * index, (int) (negative ? -digits : digits));
                yield isWithin(Integer.MIN_VALUE, Integer.MAX_VALUE);
            }
            case UINT32 -> {
                out.putInt(4 * index, (int) digits);
                yield isWithin(0, 0xffff_ffffL);
            }
            case INT16 -> {
                out.putShort(2 * index, (short) (negative ? -digits : digits));
                yield isWithin(Short.MIN_VALUE, Short.MAX_VALUE);
            }
            case UINT16 -> {
                out.putShort(2 * index, (short) digits);
                yield isWithin(0, 0xffff);
            }
            case INT8 -> {
                out.put(index, (byte) (negative ? -digits : digits));
                yield isWithin(Byte.MIN_VALUE, Byte.MAX_VALUE);
            }
            case UINT8 -> {
                out.put(index, (byte) digits);
                yield isWithin(0, 0xff);
            }
            case BOOL, UINT64, FP16, BYTES -> false;
        };
    }

    private boolean isWithin(long least, long most) {
        long value = negative ? -digits : digits;
        return whole && significant <= 18 && value >= least && value <= most;
    }

    /** Whether digits and a power of ten are both exact as doubles, so that one operation rounds once. */
    private boolean isExact() {
        return significant <= 18 && digits <= MAX_EXACT && exponent >= -22 && exponent <= 22;
    }

    private double magnitude() {
        return exponent < 0 ? digits / TENS[-exponent] : digits * TENS[exponent];
    }

    private double toDouble() {
        if (!isExact()) {
            return Double.parseDouble(text());
        }
        double value = magnitude();
        return negative ? -value : value;
    }

    /** The nearest float: that of the nearest double, unless that one lies just between two floats. */
    private float toFloat() {
        if (isExact()) {
            double value = magnitude();
            boolean normal = (value >= Float.MIN_NORMAL && value <= Float.MAX_VALUE) || digits == 0;
            if (normal && (Double.doubleToRawLongBits(value) & BEYOND_FLOAT) != MIDPOINT) {
                return (float) (negative ? -value : value);
            }
        }
        return Float.parseFloat(text());
    }

    private String text() {
        return new String(text, start, at - start, StandardCharsets.ISO_8859_1);
    }
}
