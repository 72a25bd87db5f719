package dev.purser.worker.protocol;

import java.util.Arrays;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;

/** The types that an element of a tensor can have in the protocol. */
public enum Datatype {
    /** One byte, 0 or 1. */
    BOOL(1),
    /** An unsigned byte. */
    UINT8(1),
    /** Two bytes, unsigned. */
    UINT16(2),
    /** Four bytes, unsigned. */
    UINT32(4),
    /** Eight bytes, unsigned. */
    UINT64(8),
    /** A signed byte. */
    INT8(1),
    /** Two bytes, signed. */
    INT16(2),
    /** Four bytes, signed. */
    INT32(4),
    /** Eight bytes, signed. */
    INT64(8),
    /** IEEE 754 half precision. */
    FP16(2),
    /** IEEE 754 single precision. */
    FP32(4),
    /** IEEE 754 double precision. */
    FP64(8),
    /** A text or any other run of bytes, each element with a length of its own. */
    BYTES(0);

    private static final Map<String, Datatype> BY_NAME =
            Arrays.stream(values()).collect(Collectors.toUnmodifiableMap(Enum::name, Function.identity()));

    private final int width;

    Datatype(int width) {
        this.width = width;
    }

    /** The bytes of one element; 0 for {@link #BYTES}, whose elements differ. */
    public int width() {
        return width;
    }

    /** Whether an element is a number without a fraction. */
    boolean isInteger() {
        return switch (this) {
            case UINT8, UINT16, UINT32, UINT64, INT8, INT16, INT32, INT64 -> true;
            case BOOL, FP16, FP32, FP64, BYTES -> false;
        };
    }

    /**
     * The datatype of a name.
     *
     * @param name as in the protocol, e.g. {@code FP32}
     * @return the datatype
     * @throws ProtocolException (400) when there is none of that name
     */
    public static Datatype of(String name) {
        Datatype type = BY_NAME.get(name);
        if (type == null) {
            throw ProtocolException.bad("there is no datatype '" + Text.brief(name) + "'; the datatypes are "
                    + Arrays.stream(values()).map(Enum::name).collect(Collectors.joining(", ")));
        }
        return type;
    }
}
