package dev.purser.worker.protocol;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A named array of elements of one datatype, in row-major order. The elements are kept as they are in the protocol's
 * binary extension: little-endian, without padding, and those of {@link Datatype#BYTES} each behind its length in four
 * bytes. So a tensor that arrives in binary is a view of the request's body, and joining or cutting tensors along the
 * first dimension copies or slices bytes.
 *
 * <p>A tensor is a value: whoever makes one must not change the bytes afterwards.
 */
public final class Tensor {
    /** The most dimensions that a tensor can have. */
    public static final int MAX_RANK = 32;

    private static final int LENGTH_PREFIX = Integer.BYTES;

    private final String name;
    private final Datatype datatype;
    private final long[] shape;
    private final ByteBuffer data;
    private final int elements;

    /** Of trusted parts; {@code data} is little-endian, and its whole range from 0 to the limit is the tensor's. */
    private Tensor(String name, Datatype datatype, long[] shape, int elements, ByteBuffer data) {
        this.name = name;
        this.datatype = datatype;
        this.shape = shape;
        this.elements = elements;
        this.data = data;
    }

    /**
     * A tensor of bytes that are there already.
     *
     * @param name its name in the model
     * @param datatype the type of its elements
     * @param shape its dimensions, none negative; empty for a scalar
     * @param data its elements as the binary extension has them, from position to limit; shared, not copied
     * @return the tensor
     * @throws ProtocolException (400) when the bytes are not those of such a tensor
     */
    public static Tensor of(String name, Datatype datatype, long[] shape, ByteBuffer data) {
        int elements = count(label(name), datatype, shape);
        ByteBuffer bytes = data.slice().order(ByteOrder.LITTLE_ENDIAN);
        if (datatype == Datatype.BYTES) {
            checkLengths(name, shape, elements, bytes);
        } else {
            int expected = elements * datatype.width();
            if (bytes.limit() != expected) {
                throw ProtocolException.bad(label(name) + " has " + bytes.limit() + " bytes of data, but shape "
                        + Text.shape(shape) + " of " + datatype + " needs " + expected);
            }
            if (datatype == Datatype.BOOL) {
                checkBooleans(name, bytes);
            }
        }
        return new Tensor(name, datatype, shape.clone(), elements, bytes);
    }

    /** As {@link #of}, for bytes that the caller made for this very shape. */
    static Tensor trusted(String name, Datatype datatype, long[] shape, int elements, ByteBuffer data) {
        return new Tensor(name, datatype, shape, elements, data);
    }

    /**
     * A tensor of single-precision numbers.
     *
     * @param name its name in the model
     * @param shape its dimensions
     * @param values its elements in row-major order; copied
     * @return a tensor of {@link Datatype#FP32}
     * @throws ProtocolException (400) when the shape asks for another number of elements
     */
    public static Tensor floats(String name, long[] shape, float... values) {
        ByteBuffer bytes = allocate(name, Datatype.FP32, shape, values.length);
        bytes.asFloatBuffer().put(values);
        return new Tensor(name, Datatype.FP32, shape.clone(), values.length, bytes);
    }

    /**
     * A tensor of double-precision numbers.
     *
     * @param name its name in the model
     * @param shape its dimensions
     * @param values its elements in row-major order; copied
     * @return a tensor of {@link Datatype#FP64}
     * @throws ProtocolException (400) when the shape asks for another number of elements
     */
    public static Tensor doubles(String name, long[] shape, double... values) {
        ByteBuffer bytes = allocate(name, Datatype.FP64, shape, values.length);
        bytes.asDoubleBuffer().put(values);
        return new Tensor(name, Datatype.FP64, shape.clone(), values.length, bytes);
    }

    /**
     * A tensor of whole numbers of 64 bits.
     *
     * @param name its name in the model
     * @param shape its dimensions
     * @param values its elements in row-major order; copied
     * @return a tensor of {@link Datatype#INT64}
     * @throws ProtocolException (400) when the shape asks for another number of elements
     */
    public static Tensor longs(String name, long[] shape, long... values) {
        ByteBuffer bytes = allocate(name, Datatype.INT64, shape, values.length);
        bytes.asLongBuffer().put(values);
        return new Tensor(name, Datatype.INT64, shape.clone(), values.length, bytes);
    }

    /**
     * A tensor of whole numbers of 32 bits.
     *
     * @param name its name in the model
     * @param shape its dimensions
     * @param values its elements in row-major order; copied
     * @return a tensor of {@link Datatype#INT32}
     * @throws ProtocolException (400) when the shape asks for another number of elements
     */
    public static Tensor ints(String name, long[] shape, int... values) {
        ByteBuffer bytes = allocate(name, Datatype.INT32, shape, values.length);
        bytes.asIntBuffer().put(values);
        return new Tensor(name, Datatype.INT32, shape.clone(), values.length, bytes);
    }

    /**
     * A tensor of truth values.
     *
     * @param name its name in the model
     * @param shape its dimensions
     * @param values its elements in row-major order; copied
     * @return a tensor of {@link Datatype#BOOL}
     * @throws ProtocolException (400) when the shape asks for another number of elements
     */
    public static Tensor booleans(String name, long[] shape, boolean... values) {
        ByteBuffer bytes = allocate(name, Datatype.BOOL, shape, values.length);
        for (int i = 0; i < values.length; i++) {
            bytes.put(i, (byte) (values[i] ? 1 : 0));
        }
        return new Tensor(name, Datatype.BOOL, shape.clone(), values.length, bytes);
    }

    /**
     * A tensor of texts, kept in UTF-8.
     *
     * @param name its name in the model
     * @param shape its dimensions
     * @param values its elements in row-major order
     * @return a tensor of {@link Datatype#BYTES}
     * @throws ProtocolException (400) when the shape asks for another number of elements, or a text has half of a surrogate
     *     pair
     */
    public static Tensor strings(String name, long[] shape, List<String> values) {
        for (int i = 0; i < values.size(); i++) {
            if (Text.hasLoneSurrogate(values.get(i))) {
                throw ProtocolException.bad(label(name) + ": element " + i + " has half of a surrogate pair");
            }
        }
        return bytes(
                name,
                shape,
                values.stream().map(v -> v.getBytes(StandardCharsets.UTF_8)).toList());
    }

    /**
     * A tensor of runs of bytes.
     *
     * @param name its name in the model
     * @param shape its dimensions
     * @param values its elements in row-major order; copied
     * @return a tensor of {@link Datatype#BYTES}
     * @throws ProtocolException (400) when the shape asks for another number of elements
     */
    public static Tensor bytes(String name, long[] shape, List<byte[]> values) {
        requireCount(name, Datatype.BYTES, shape, values.size());
        long size = 0;
        for (byte[] value : values) {
            size += LENGTH_PREFIX + value.length;
        }
        ByteBuffer bytes = buffer(name, size);
        for (byte[] value : values) {
            bytes.putInt(value.length).put(value);
        }
        return new Tensor(name, Datatype.BYTES, shape.clone(), values.size(), bytes.flip());
    }

    /**
     * Joins tensors along their first dimension, which makes a batch of several requests.
     *
     * @param parts at least one; all of the same datatype, and of the same dimensions but the first
     * @return a tensor with the name of the first, and with the rows of all in their order; the only part itself where
     *     there is but one
     * @throws ProtocolException (400) when two of them do not fit together
     */
    public static Tensor concat(List<Tensor> parts) {
        if (parts.isEmpty()) {
            throw new IllegalArgumentException("there is no tensor to join");
        }
        Tensor first = parts.get(0);
        if (parts.size() == 1) {
            return first;
        }
        if (first.shape.length == 0) {
            throw ProtocolException.bad(label(first.name) + " is a scalar and has no rows to join");
        }
        long rows = 0;
        long size = 0;
        long elements = 0;
        for (Tensor part : parts) {
            String difference = first.differenceOfRows(part);
            if (difference != null) {
                throw ProtocolException.bad(
                        "tensors of '" + Text.brief(first.name) + "' cannot be joined: " + difference);
            }
            rows += part.shape[0];
            size += part.data.limit();
            elements += part.elements;
        }
        if (elements > Integer.MAX_VALUE) {
            throw tooLarge(label(first.name), elements);
        }
        ByteBuffer bytes = buffer(first.name, size);
        for (Tensor part : parts) {
            bytes.put(part.data.duplicate().rewind());
        }
        long[] shape = first.shape.clone();
        shape[0] = rows;
        return new Tensor(first.name, first.datatype, shape, (int) elements, bytes.flip());
    }

    private @Nullable String differenceOfRows(Tensor other) {
        if (other.datatype != datatype) {
            return "one is of " + datatype + " and another of " + other.datatype;
        }
        boolean same = other.shape.length == shape.length
                && Arrays.equals(other.shape, 1, shape.length, shape, 1, shape.length);
        return same
                ? null
                : "shapes " + Text.shape(shape) + " and " + Text.shape(other.shape)
                        + " differ beyond the first dimension";
    }

    /**
     * Some rows of this tensor: a part of its first dimension. The bytes are shared.
     *
     * @param from the first row
     * @param count how many
     * @return a tensor of the same name
     * @throws ProtocolException (400) when this tensor has no such rows
     */
    public Tensor slice(long from, long count) {
        long rows = rows();
        if (from < 0 || count < 0 || from > rows - count) {
            throw ProtocolException.bad(label(name) + " has " + rows + " rows, so rows " + from + " to "
                    + (from + count) + " are not to be had");
        }
        if (from == 0 && count == rows) {
            return this;
        }
        int start = offset(0, from);
        return part(start, offset(start, count), count);
    }

    /**
     * Cuts this tensor along its first dimension, as {@link #concat} joined it. The bytes are shared.
     *
     * @param counts how many rows each part gets, in order
     * @return as many tensors as counts
     * @throws ProtocolException (400) when the counts do not add up to this tensor's rows
     */
    public List<Tensor> split(long... counts) {
        long rows = rows();
        long sum = 0;
        for (long count : counts) {
            if (count < 0) {
                throw new IllegalArgumentException("a part of " + count + " rows");
            }
            sum += count;
        }
        if (sum != rows) {
            throw ProtocolException.bad(label(name) + " has " + rows + " rows, but " + sum + " were to be cut from it");
        }
        List<Tensor> parts = new ArrayList<>(counts.length);
        int start = 0;
        for (long count : counts) {
            int end = offset(start, count);
            parts.add(part(start, end, count));
            start = end;
        }
        return parts;
    }

    /** Where {@code count} rows that start at byte {@code start} end. */
    private int offset(int start, long count) {
        long perRow = shape[0] == 0 ? 0 : elements / shape[0];
        long skip = count * perRow;
        if (datatype != Datatype.BYTES) {
            return (int) (start + skip * datatype.width());
        }
        int at = start;
        for (long i = 0; i < skip; i++) {
            at += LENGTH_PREFIX + data.getInt(at);
        }
        return at;
    }

    private Tensor part(int start, int end, long count) {
        long[] partShape = shape.clone();
        partShape[0] = count;
        int partElements = shape[0] == 0 ? 0 : (int) (count * (elements / shape[0]));
        ByteBuffer bytes = data.slice(start, end - start).order(ByteOrder.LITTLE_ENDIAN);
        return new Tensor(name, datatype, partShape, partElements, bytes);
    }

    /**
     * The same elements under another name.
     *
     * @param other the name
     * @return a tensor that shares this one's bytes
     */
    public Tensor withName(String other) {
        return new Tensor(other, datatype, shape, elements, data);
    }

    /** Its name in the model. */
    public String name() {
        return name;
    }

    /** The type of its elements. */
    public Datatype datatype() {
        return datatype;
    }

    /** Its dimensions; a copy. */
    public long[] shape() {
        return shape.clone();
    }

    /** How many dimensions it has; 0 for a scalar. */
    public int rank() {
        return shape.length;
    }

    /**
     * The size of a dimension.
     *
     * @param index from 0 to {@link #rank()} - 1
     * @return its size, 0 or more
     */
    public long dimension(int index) {
        return shape[index];
    }

    /**
     * The size of the first dimension: what a batch is counted in.
     *
     * @return the rows, 0 or more
     * @throws ProtocolException (400) for a scalar
     */
    public long rows() {
        if (shape.length == 0) {
            throw ProtocolException.bad(label(name) + " is a scalar and has no rows");
        }
        return shape[0];
    }

    /** How many elements it has. */
    public int elements() {
        return elements;
    }

    /** How many bytes its elements take. */
    public int byteSize() {
        return data.limit();
    }

    /** Its bytes, read-only and little-endian, from position 0 to the limit. */
    public ByteBuffer data() {
        return data.asReadOnlyBuffer().rewind().order(ByteOrder.LITTLE_ENDIAN);
    }

    /** Its bytes without the protection of {@link #data()}; position and limit must be left alone. */
    ByteBuffer raw() {
        return data;
    }

    /** The elements of an {@link Datatype#FP32} tensor, or those of {@link Datatype#FP16} widened. */
    public float[] floats() {
        float[] values = new float[elements];
        if (datatype == Datatype.FP16) {
            for (int i = 0; i < elements; i++) {
                values[i] = Float.float16ToFloat(data.getShort(2 * i));
            }
        } else {
            require(Datatype.FP32);
            data.duplicate()
                    .order(ByteOrder.LITTLE_ENDIAN)
                    .rewind()
                    .asFloatBuffer()
                    .get(values);
        }
        return values;
    }

    /** The elements of an {@link Datatype#FP64} tensor. */
    public double[] doubles() {
        require(Datatype.FP64);
        double[] values = new double[elements];
        data.duplicate()
                .order(ByteOrder.LITTLE_ENDIAN)
                .rewind()
                .asDoubleBuffer()
                .get(values);
        return values;
    }

    /** The elements of a tensor of whole numbers; those of {@link Datatype#UINT64} beyond 2^63-1 come out negative. */
    public long[] longs() {
        if (!datatype.isInteger()) {
            throw unlike("whole numbers");
        }
        long[] values = new long[elements];
        for (int i = 0; i < elements; i++) {
            values[i] = integerAt(i);
        }
        return values;
    }

    /** The elements of a {@link Datatype#BOOL} tensor. */
    public boolean[] booleans() {
        require(Datatype.BOOL);
        boolean[] values = new boolean[elements];
        for (int i = 0; i < elements; i++) {
            values[i] = data.get(i) != 0;
        }
        return values;
    }

    /** The elements of a {@link Datatype#BYTES} tensor as texts in UTF-8; what is not UTF-8 is replaced. */
    public List<String> strings() {
        return bytes().stream().map(b -> new String(b, StandardCharsets.UTF_8)).toList();
    }

    /** The elements of a {@link Datatype#BYTES} tensor. */
    public List<byte[]> bytes() {
        require(Datatype.BYTES);
        List<byte[]> values = new ArrayList<>(elements);
        int at = 0;
        for (int i = 0; i < elements; i++) {
            byte[] value = new byte[data.getInt(at)];
            data.get(at + LENGTH_PREFIX, value);
            values.add(value);
            at += LENGTH_PREFIX + value.length;
        }
        return values;
    }

    /** A whole number; the bits of an unsigned one of 64. */
    long integerAt(int index) {
        return switch (datatype) {
            case INT8 -> data.get(index);
            case UINT8 -> data.get(index) & 0xff;
            case INT16 -> data.getShort(2 * index);
            case UINT16 -> data.getShort(2 * index) & 0xffff;
            case INT32 -> data.getInt(4 * index);
            case UINT32 -> data.getInt(4 * index) & 0xffff_ffffL;
            case INT64, UINT64 -> data.getLong(8 * index);
            case BOOL, FP16, FP32, FP64, BYTES -> throw unlike("whole numbers");
        };
    }

    private void require(Datatype type) {
        if (datatype != type) {
            throw unlike(type.name());
        }
    }

    private ProtocolException unlike(String wanted) {
        return ProtocolException.bad(label(name) + " is of " + datatype + ", not of " + wanted);
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof Tensor tensor
                && tensor.name.equals(name)
                && tensor.datatype == datatype
                && Arrays.equals(tensor.shape, shape)
                && tensor.data.equals(data);
    }

    @Override
    public int hashCode() {
        return 31 * (31 * name.hashCode() + datatype.hashCode()) + Arrays.hashCode(shape);
    }

    @Override
    public String toString() {
        return name + ": " + datatype + " " + Text.shape(shape);
    }

    /**
     * The elements of a shape.
     *
     * @throws ProtocolException (400) when a dimension is negative, there are too many, or their product is too large
     */
    static int count(String label, Datatype datatype, long[] shape) {
        if (shape.length > MAX_RANK) {
            throw ProtocolException.bad(
                    label + " has " + shape.length + " dimensions; at most " + MAX_RANK + " are possible");
        }
        long product = 1;
        boolean empty = false;
        boolean overflow = false;
        for (long dimension : shape) {
            if (dimension < 0) {
                throw ProtocolException.bad(label + " has shape " + Text.shape(shape)
                        + ", but the dimensions of data are 0 or more (-1 stands only in a model's metadata)");
            }
            empty |= dimension == 0;
            if (dimension > Integer.MAX_VALUE || product * dimension > Integer.MAX_VALUE) {
                overflow = true;
            } else if (dimension != 0) {
                product *= dimension;
            }
        }
        if (empty) {
            return 0;
        }
        if (overflow || product * Math.max(1, datatype.width()) > Integer.MAX_VALUE) {
            throw ProtocolException.bad(label + " has shape " + Text.shape(shape) + " of " + datatype
                    + ", which is more than the 2 GiB that a tensor can hold");
        }
        return (int) product;
    }

    private static ProtocolException tooLarge(String label, long elements) {
        return ProtocolException.bad(label + " would have " + elements + " elements, more than a tensor can hold");
    }

    private static void requireCount(String name, Datatype datatype, long[] shape, int values) {
        int elements = count(label(name), datatype, shape);
        if (elements != values) {
            throw ProtocolException.bad(label(name) + " has " + values + " elements, but shape " + Text.shape(shape)
                    + " needs " + elements);
        }
    }

    private static ByteBuffer allocate(String name, Datatype datatype, long[] shape, int values) {
        requireCount(name, datatype, shape, values);
        return ByteBuffer.allocate(values * datatype.width()).order(ByteOrder.LITTLE_ENDIAN);
    }

    private static ByteBuffer buffer(String name, long size) {
        if (size > Integer.MAX_VALUE - 8) {
            throw ProtocolException.bad(
                    label(name) + " would take " + size + " bytes, more than the 2 GiB that a tensor can hold");
        }
        return ByteBuffer.allocate((int) size).order(ByteOrder.LITTLE_ENDIAN);
    }

    private static void checkLengths(String name, long[] shape, int elements, ByteBuffer bytes) {
        int at = 0;
        for (int i = 0; i < elements; i++) {
            if (bytes.limit() - at < LENGTH_PREFIX) {
                throw ProtocolException.bad(label(name) + " has data for " + i + " elements of BYTES, but shape "
                        + Text.shape(shape) + " needs " + elements + ", each behind its length in four bytes");
            }
            int length = bytes.getInt(at);
            at += LENGTH_PREFIX;
            if (length < 0 || length > bytes.limit() - at) {
                throw ProtocolException.bad(label(name) + ": element " + i + " is said to have "
                        + Integer.toUnsignedString(length) + " bytes, but " + (bytes.limit() - at) + " are left");
            }
            at += length;
        }
        if (at != bytes.limit()) {
            throw ProtocolException.bad(label(name) + " has " + (bytes.limit() - at) + " bytes behind its " + elements
                    + " elements of shape " + Text.shape(shape));
        }
    }

    private static void checkBooleans(String name, ByteBuffer bytes) {
        for (int i = 0; i < bytes.limit(); i++) {
            int value = bytes.get(i);
            if (value != 0 && value != 1) {
                throw ProtocolException.bad(label(name) + ": element " + i + " of BOOL is the byte " + (value & 0xff)
                        + ", but it must be 0 or 1");
            }
        }
    }

    static String label(String name) {
        return "tensor '" + Text.brief(name) + "'";
    }
}
