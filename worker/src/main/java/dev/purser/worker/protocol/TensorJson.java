package dev.purser.worker.protocol;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/** The elements of a tensor as a JSON array, flat or nested as its shape is. */
final class TensorJson {
    private final String label;
    private final Datatype datatype;
    private final long[] shape;
    private final int elements;
    private ByteBuffer bytes;
    private int next;

    private TensorJson(String label, Datatype datatype, long[] shape, int elements) {
        this.label = label;
        this.datatype = datatype;
        this.shape = shape;
        this.elements = elements;
        this.bytes = buffer(
                datatype == Datatype.BYTES
                        ? Math.max(64, 16 * Math.min(elements, 1 << 20))
                        : elements * datatype.width());
    }

    private static ByteBuffer buffer(int size) {
        return ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
    }

    /**
     * Reads the array that the parser stands at.
     *
     * @param label names the tensor in messages
     * @param limit the bytes of JSON that there are, which bounds the elements that they can hold
     */
    static Tensor read(JsonParser parser, String label, String name, Datatype datatype, long[] shape, int limit)
            throws IOException {
        int elements = Tensor.count(label, datatype, shape);
        if (elements > limit) {
            throw ProtocolException.bad(label + " has shape " + Text.shape(shape) + ", which needs " + elements
                    + " elements, but the JSON has only " + limit + " bytes");
        }
        ProtocolJson.require(parser, JsonToken.START_ARRAY, label + ": data", "an array");
        TensorJson json = new TensorJson(label, datatype, shape, elements);
        if (!json.takeNumbers(parser, elements)) {
            JsonToken token = parser.nextToken();
            if (token == JsonToken.START_ARRAY && shape.length > 1) {
                json.nested(parser, token, 0);
            } else {
                json.flat(parser, token);
            }
        }
        ByteBuffer data =
                datatype == Datatype.BYTES ? json.bytes.flip().slice().order(ByteOrder.LITTLE_ENDIAN) : json.bytes;
        return Tensor.trusted(name, datatype, shape, elements, data);
    }

    /** Takes a shortcut through an array that has just begun and that should hold so many numbers. */
    private boolean takeNumbers(JsonParser parser, long count) throws IOException {
        if (parser instanceof SeekableParser seekable
                && NumberRun.reads(datatype)
                && count <= elements - next
                && seekable.takeNumbers(bytes, datatype, next, (int) count)) {
            next += (int) count;
            parser.nextToken();
            return true;
        }
        return false;
    }

    private void flat(JsonParser parser, JsonToken first) throws IOException {
        JsonToken token = first;
        while (token != JsonToken.END_ARRAY) {
            if (next == elements) {
                throw ProtocolException.bad(
                        label + " has more than the " + elements + " elements of shape " + Text.shape(shape));
            }
            put(parser, token, next++);
            token = parser.nextToken();
        }
        if (next != elements) {
            throw ProtocolException.bad(
                    label + " has " + next + " elements, but shape " + Text.shape(shape) + " needs " + elements);
        }
    }

    /** The children of an array at a dimension; the parser stands at the first, or at the end of the array. */
    private void nested(JsonParser parser, JsonToken first, int dimension) throws IOException {
        long size = shape[dimension];
        boolean leaves = dimension == shape.length - 1;
        JsonToken token = first;
        for (long i = 0; i < size; i++) {
            if (token == JsonToken.END_ARRAY) {
                throw ProtocolException.bad(label + ": an array at depth " + (dimension + 1) + " has " + i
                        + " entries, but shape " + Text.shape(shape) + " needs " + size);
            }
            if (leaves) {
                put(parser, token, next++);
            } else if (token == JsonToken.START_ARRAY) {
                boolean innermost = dimension == shape.length - 2;
                if (!innermost || !takeNumbers(parser, shape[dimension + 1])) {
                    nested(parser, parser.nextToken(), dimension + 1);
                }
            } else {
                throw ProtocolException.bad(
                        label + ": data at depth " + (dimension + 1) + " is " + ProtocolJson.found(parser)
                                + ", but it must be an array, for shape " + Text.shape(shape)
                                + " is nested or flat as a whole");
            }
            token = parser.nextToken();
        }
        if (token != JsonToken.END_ARRAY) {
            throw ProtocolException.bad(label + ": an array at depth " + (dimension + 1) + " has more than the " + size
                    + " entries of shape " + Text.shape(shape));
        }
    }

    private void put(JsonParser parser, JsonToken token, int index) throws IOException {
        switch (datatype) {
            case FP32 -> {
                if (token != JsonToken.VALUE_NUMBER_FLOAT && token != JsonToken.VALUE_NUMBER_INT) {
                    throw wrong(parser, index, "a number");
                }
                float value = parser.getFloatValue();
                if (Float.isInfinite(value)) {
                    throw wrong(parser, index, "a number within the range of FP32");
                }
                bytes.putFloat(4 * index, value);
            }
            case FP64 -> {
                if (!token.isNumeric()) {
                    throw wrong(parser, index, "a number");
                }
                double value = parser.getDoubleValue();
                if (Double.isInfinite(value)) {
                    throw wrong(parser, index, "a number within the range of FP64");
                }
                bytes.putDouble(8 * index, value);
            }
            case FP16 -> {
                if (!token.isNumeric()) {
                    throw wrong(parser, index, "a number");
                }
                short value = Float.floatToFloat16(parser.getFloatValue());
                if (Float.isInfinite(Float.float16ToFloat(value))) {
                    throw wrong(parser, index, "a number within the range of FP16, -65504 to 65504");
                }
                bytes.putShort(2 * index, value);
            }
            case BOOL -> {
                if (!token.isBoolean()) {
                    throw wrong(parser, index, "true or false");
                }
                bytes.put(index, (byte) (token == JsonToken.VALUE_TRUE ? 1 : 0));
            }
            case BYTES -> {
                if (token != JsonToken.VALUE_STRING) {
                    throw wrong(parser, index, "a text");
                }
                String text = parser.getText();
                if (Text.hasLoneSurrogate(text)) {
                    throw wrong(parser, index, "a text of whole characters, without half of a surrogate pair");
                }
                append(text.getBytes(StandardCharsets.UTF_8));
            }
            case INT64 -> bytes.putLong(8 * index, integer(parser, token, index, Long.MIN_VALUE, Long.MAX_VALUE));
            case INT32 ->
                bytes.putInt(4 * index, (int) integer(parser, token, index, Integer.MIN_VALUE, Integer.MAX_VALUE));
            case INT16 ->
                bytes.putShort(2 * index, (short) integer(parser, token, index, Short.MIN_VALUE, Short.MAX_VALUE));
            case INT8 -> bytes.put(index, (byte) integer(parser, token, index, Byte.MIN_VALUE, Byte.MAX_VALUE));
            case UINT8 -> bytes.put(index, (byte) integer(parser, token, index, 0, 0xff));
            case UINT16 -> bytes.putShort(2 * index, (short) integer(parser, token, index, 0, 0xffff));
            case UINT32 -> bytes.putInt(4 * index, (int) integer(parser, token, index, 0, 0xffff_ffffL));
            case UINT64 -> bytes.putLong(8 * index, unsigned(parser, token, index));
        }
    }

    private long integer(JsonParser parser, JsonToken token, int index, long least, long most) throws IOException {
        if (token == JsonToken.VALUE_NUMBER_INT && parser.getNumberType() != JsonParser.NumberType.BIG_INTEGER) {
            long value = parser.getLongValue();
            if (value >= least && value <= most) {
                return value;
            }
        }
        throw wrong(parser, index, "a whole number of " + least + " to " + most);
    }

    private long unsigned(JsonParser parser, JsonToken token, int index) throws IOException {
        if (token == JsonToken.VALUE_NUMBER_INT) {
            BigInteger value = parser.getBigIntegerValue();
            if (value.signum() >= 0 && value.bitLength() <= Long.SIZE) {
                return value.longValue();
            }
        }
        throw wrong(parser, index, "a whole number of 0 to 18446744073709551615");
    }

    private void append(byte[] value) {
        int needed = Integer.BYTES + value.length;
        if (bytes.remaining() < needed) {
            long size = Math.max(2L * bytes.capacity(), (long) bytes.position() + needed);
            ByteBuffer larger = buffer((int) Math.min(size, Integer.MAX_VALUE - 8));
            bytes = larger.put(bytes.flip());
        }
        bytes.putInt(value.length).put(value);
    }

    private ProtocolException wrong(JsonParser parser, int index, String wanted) {
        return ProtocolException.bad(label + ": element " + index + " is " + ProtocolJson.found(parser) + ", but "
                + datatype + " needs " + wanted);
    }

    /** Writes a tensor as an object, its elements as a flat array or left for the binary part. */
    static void write(JsonGenerator generator, Tensor tensor, boolean binary) throws IOException {
        generator.writeStartObject();
        generator.writeStringField("name", tensor.name());
        generator.writeStringField("datatype", tensor.datatype().name());
        generator.writeArrayFieldStart("shape");
        for (int i = 0; i < tensor.rank(); i++) {
            generator.writeNumber(tensor.dimension(i));
        }
        generator.writeEndArray();
        if (binary) {
            generator.writeObjectFieldStart("parameters");
            generator.writeNumberField(MessageReader.BINARY_DATA_SIZE, tensor.byteSize());
            generator.writeEndObject();
        } else {
            generator.writeArrayFieldStart("data");
            writeElements(generator, tensor);
            generator.writeEndArray();
        }
        generator.writeEndObject();
    }

    private static void writeElements(JsonGenerator generator, Tensor tensor) throws IOException {
        ByteBuffer bytes = tensor.raw();
        int elements = tensor.elements();
        switch (tensor.datatype()) {
            case FP32 -> {
                for (int i = 0; i < elements; i++) {
                    float value = bytes.getFloat(4 * i);
                    requireFinite(tensor, i, value);
                    generator.writeNumber(value);
                }
            }
            case FP16 -> {
                for (int i = 0; i < elements; i++) {
                    float value = Float.float16ToFloat(bytes.getShort(2 * i));
                    requireFinite(tensor, i, value);
                    generator.writeNumber(value);
                }
            }
            case FP64 -> {
                for (int i = 0; i < elements; i++) {
                    double value = bytes.getDouble(8 * i);
                    requireFinite(tensor, i, value);
                    generator.writeNumber(value);
                }
            }
            case BOOL -> {
                for (int i = 0; i < elements; i++) {
                    generator.writeBoolean(bytes.get(i) != 0);
                }
            }
            case BYTES -> {
                int i = 0;
                for (byte[] element : tensor.bytes()) {
                    generator.writeString(text(tensor, i++, element));
                }
            }
            case UINT64 -> {
                for (int i = 0; i < elements; i++) {
                    generator.writeNumber(Long.toUnsignedString(tensor.integerAt(i)));
                }
            }
            case INT8, INT16, INT32, INT64, UINT8, UINT16, UINT32 -> {
                for (int i = 0; i < elements; i++) {
                    generator.writeNumber(tensor.integerAt(i));
                }
            }
        }
    }

    private static void requireFinite(Tensor tensor, int index, double value) {
        if (!Double.isFinite(value)) {
            throw ProtocolException.bad(Tensor.label(tensor.name()) + ": element " + index + " is " + value
                    + ", which is not JSON; ask for this tensor in binary");
        }
    }

    private static String text(Tensor tensor, int index, byte[] element) {
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(element))
                    .toString();
        } catch (CharacterCodingException e) {
            throw ProtocolException.bad(Tensor.label(tensor.name()) + ": element " + index
                    + " is not UTF-8, so it is not JSON; ask for this tensor in binary");
        }
    }
}
