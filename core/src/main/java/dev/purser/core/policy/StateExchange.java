package dev.purser.core.policy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.purser.core.InputException;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Base64;

/**
 * Moves the state of a {@link Stateful} to JSON or back. One description serves both ways, so that what is saved and what
 * is restored cannot drift apart. Numbers are kept exactly; arrays are texts, the base64 of their little-endian bytes.
 */
public abstract sealed class StateExchange {
    private StateExchange() {}

    /** Saves a state. */
    public static ObjectNode save(Stateful from) {
        Saving saving = new Saving(JsonNodeFactory.instance.objectNode());
        from.exchange(saving);
        return saving.json;
    }

    /**
     * Restores a state that was saved.
     *
     * @param where the file that it came from, for messages
     * @param saved what was saved
     * @param into what to restore; of no further use if this fails
     * @throws InputException if this is not the state of such an object, naming the part that is not
     */
    public static void restore(String where, JsonNode saved, Stateful into) {
        into.exchange(new Restoring(where, "", saved));
    }

    /** Whether values are taken over from a saved state. */
    public abstract boolean restoring();

    /** A number, which may be infinite or not a number. */
    public abstract double number(String name, double value);

    /**
     * A whole number.
     *
     * @param least the least that can be restored
     * @param most the greatest that can be restored
     */
    public abstract int whole(String name, int value, int least, int most);

    /**
     * A whole number of up to 64 bits, at least 0.
     *
     * @param most the greatest that can be restored
     */
    public abstract long whole(String name, long value, long most);

    /** A whole number of any size, at least 0. */
    public abstract BigInteger integer(String name, BigInteger value);

    /** A decimal number, kept exactly. */
    public abstract BigDecimal decimal(String name, BigDecimal value);

    /** Whole numbers of a fixed length, each at least 0, restored in place. */
    public abstract void wholes(String name, long[] values);

    /** Yes or no. */
    public abstract boolean flag(String name, boolean value);

    /** A text that must be the same when restoring, such as what kind of state this is. */
    public abstract void same(String name, String value);

    /** Numbers of a fixed length, restored in place. */
    public final void numbers(String name, double[] values) {
        System.arraycopy(resized(name, values, values.length, values.length), 0, values, 0, values.length);
    }

    /**
     * Numbers of a length that may differ.
     *
     * @param least the least length that can be restored
     * @param most the greatest length that can be restored
     * @return the same array when saving, another when restoring
     */
    public abstract double[] resized(String name, double[] values, int least, int most);

    /** Numbers of single precision and a fixed length, restored in place. */
    public abstract void floats(String name, float[] values);

    /** A part that has a state of its own. */
    public abstract void part(String name, Stateful part);

    private static final class Saving extends StateExchange {
        private final ObjectNode json;

        Saving(ObjectNode json) {
            this.json = json;
        }

        @Override
        public boolean restoring() {
            return false;
        }

        /** The place of a part, which must be its own. */
        private String own(String name) {
            if (json.has(name)) {
                throw new IllegalStateException("two parts of a state are called '" + name + "'");
            }
            return name;
        }

        @Override
        public double number(String name, double value) {
            if (Double.isFinite(value)) {
                json.put(own(name), value);
            } else {
                json.put(own(name), Double.toString(value)); // JSON has no such numbers
            }
            return value;
        }

        @Override
        public int whole(String name, int value, int least, int most) {
            json.put(own(name), value);
            return value;
        }

        @Override
        public long whole(String name, long value, long most) {
            json.put(own(name), value);
            return value;
        }

        @Override
        public BigInteger integer(String name, BigInteger value) {
            json.put(own(name), value.toString());
            return value;
        }

        @Override
        public BigDecimal decimal(String name, BigDecimal value) {
            json.put(own(name), value.toPlainString());
            return value;
        }

        @Override
        public void wholes(String name, long[] values) {
            ArrayNode array = json.putArray(own(name));
            for (long value : values) {
                array.add(value);
            }
        }

        @Override
        public boolean flag(String name, boolean value) {
            json.put(own(name), value);
            return value;
        }

        @Override
        public void same(String name, String value) {
            json.put(own(name), value);
        }

        @Override
        public double[] resized(String name, double[] values, int least, int most) {
            ByteBuffer bytes = ByteBuffer.allocate(Math.multiplyExact(values.length, Double.BYTES))
                    .order(ByteOrder.LITTLE_ENDIAN);
            bytes.asDoubleBuffer().put(values);
            json.put(own(name), Base64.getEncoder().encodeToString(bytes.array()));
            return values;
        }

        @Override
        public void floats(String name, float[] values) {
            ByteBuffer bytes = ByteBuffer.allocate(Math.multiplyExact(values.length, Float.BYTES))
                    .order(ByteOrder.LITTLE_ENDIAN);
            bytes.asFloatBuffer().put(values);
            json.put(own(name), Base64.getEncoder().encodeToString(bytes.array()));
        }

        @Override
        public void part(String name, Stateful part) {
            part.exchange(new Saving(json.putObject(own(name))));
        }
    }

    private static final class Restoring extends StateExchange {
        private final String where;
        private final String path;
        private final JsonNode json;

        Restoring(String where, String path, JsonNode json) {
            this.where = where;
            this.path = path;
            this.json = json;
            if (!json.isObject()) {
                throw new InputException(where, path, "is no saved state but " + shortened(json), "");
            }
        }

        private InputException wrong(String name, String problem) {
            return new InputException(
                    where,
                    path + name,
                    problem,
                    "restore a state into a predictor of the kind and settings that saved it");
        }

        private static String shortened(JsonNode json) {
            String text = json.toString();
            return text.length() <= 40 ? text : text.substring(0, 40) + "…";
        }

        private JsonNode get(String name) {
            JsonNode value = json.get(name);
            if (value == null) {
                throw wrong(name, "is missing");
            }
            return value;
        }

        @Override
        public boolean restoring() {
            return true;
        }

        @Override
        public double number(String name, double value) {
            JsonNode saved = get(name);
            if (saved.isNumber()) {
                return saved.doubleValue();
            }
            return switch (saved.asText()) {
                case "NaN" -> Double.NaN;
                case "Infinity" -> Double.POSITIVE_INFINITY;
                case "-Infinity" -> Double.NEGATIVE_INFINITY;
                default -> throw wrong(name, "is " + shortened(saved) + ", but it must be a number");
            };
        }

        @Override
        public int whole(String name, int value, int least, int most) {
            JsonNode saved = get(name);
            if (!saved.isIntegralNumber()
                    || !saved.canConvertToInt()
                    || saved.intValue() < least
                    || saved.intValue() > most) {
                throw wrong(
                        name,
                        "is " + shortened(saved) + ", but it must be a whole number from " + least + " to " + most);
            }
            return saved.intValue();
        }

        @Override
        public long whole(String name, long value, long most) {
            return whole(name, get(name), most);
        }

        private long whole(String name, JsonNode saved, long most) {
            if (!saved.isIntegralNumber()
                    || !saved.canConvertToLong()
                    || saved.longValue() < 0
                    || saved.longValue() > most) {
                throw wrong(name, "is " + shortened(saved) + ", but it must be a whole number from 0 to " + most);
            }
            return saved.longValue();
        }

        @Override
        public BigInteger integer(String name, BigInteger value) {
            BigDecimal saved = decimal(name, new BigDecimal(value));
            if (saved.scale() > 0) {
                throw wrong(name, "is " + saved + ", but it must be a whole number");
            }
            return saved.toBigIntegerExact();
        }

        @Override
        public BigDecimal decimal(String name, BigDecimal value) {
            JsonNode saved = get(name);
            try {
                BigDecimal number = new BigDecimal(saved.isTextual() ? saved.textValue() : "?");
                if (number.signum() >= 0) {
                    return number;
                }
            } catch (NumberFormatException e) {
                // said below
            }
            throw wrong(name, "is " + shortened(saved) + ", but it must be the text of a number of at least 0");
        }

        @Override
        public void wholes(String name, long[] values) {
            JsonNode saved = get(name);
            if (!saved.isArray() || saved.size() != values.length) {
                throw wrong(name, "is " + shortened(saved) + ", but it must have " + values.length + " numbers");
            }
            for (int i = 0; i < values.length; i++) {
                values[i] = whole(name + "[" + i + "]", saved.get(i), Long.MAX_VALUE);
            }
        }

        @Override
        public boolean flag(String name, boolean value) {
            JsonNode saved = get(name);
            if (!saved.isBoolean()) {
                throw wrong(name, "is " + shortened(saved) + ", but it must be true or false");
            }
            return saved.booleanValue();
        }

        @Override
        public void same(String name, String value) {
            JsonNode saved = get(name);
            if (!saved.isTextual() || !saved.textValue().equals(value)) {
                throw wrong(name, "is " + shortened(saved) + ", but here it is \"" + value + "\"");
            }
        }

        private ByteBuffer bytes(String name, int size, int least, int most) {
            JsonNode saved = get(name);
            byte[] bytes;
            try {
                bytes = Base64.getDecoder().decode(saved.isTextual() ? saved.textValue() : "?");
            } catch (IllegalArgumentException e) {
                throw wrong(name, "is " + shortened(saved) + ", but it must be the base64 of numbers");
            }
            int length = bytes.length / size;
            if (bytes.length % size != 0 || length < least || length > most) {
                throw wrong(
                        name,
                        "has " + bytes.length + " bytes, but it must have " + size + " for each of "
                                + (least == most ? least + "" : least + " to " + most) + " numbers");
            }
            return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        }

        @Override
        public double[] resized(String name, double[] values, int least, int most) {
            ByteBuffer bytes = bytes(name, Double.BYTES, least, most);
            double[] restored = new double[bytes.remaining() / Double.BYTES];
            bytes.asDoubleBuffer().get(restored);
            return restored;
        }

        @Override
        public void floats(String name, float[] values) {
            bytes(name, Float.BYTES, values.length, values.length)
                    .asFloatBuffer()
                    .get(values);
        }

        @Override
        public void part(String name, Stateful part) {
            part.exchange(new Restoring(where, path + name + ".", get(name)));
        }
    }
}
