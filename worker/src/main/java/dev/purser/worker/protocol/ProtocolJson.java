package dev.purser.worker.protocol;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonFactoryBuilder;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import com.fasterxml.jackson.core.json.JsonWriteFeature;
import com.fasterxml.jackson.core.util.JsonRecyclerPools;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.HashMap;
import java.util.Map;

/** The one configuration of streaming JSON here, and the values that requests, responses and metadata share. */
final class ProtocolJson {
    /** The deepest JSON that is read: the deepest tensor and the objects around it. */
    static final int MAX_DEPTH = Tensor.MAX_RANK + 8;

    /** The longest text in JSON, in bytes; larger elements of BYTES go in binary. */
    static final int MAX_STRING = 16 << 20;

    /** The longest number, in characters. */
    static final int MAX_NUMBER = 400;

    /** The most parameters of one object. */
    static final int MAX_PARAMETERS = 256;

    /** Buffers come from a pool that virtual threads share, where the default would make new ones for each. */
    static final JsonFactory FACTORY = new SeekableParser.Factory(new JsonFactoryBuilder()
            .recyclerPool(JsonRecyclerPools.sharedConcurrentDequePool())
            .streamReadConstraints(StreamReadConstraints.builder()
                    .maxNestingDepth(MAX_DEPTH)
                    .maxStringLength(MAX_STRING)
                    .maxNumberLength(MAX_NUMBER)
                    .maxNameLength(1000)
                    .build())
            .configure(JsonFactory.Feature.INTERN_FIELD_NAMES, false)
            .enable(StreamReadFeature.USE_FAST_DOUBLE_PARSER)
            .enable(StreamReadFeature.USE_FAST_BIG_NUMBER_PARSER)
            .disable(StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION)
            .disable(JsonWriteFeature.WRITE_NAN_AS_STRINGS));

    private ProtocolJson() {}

    /** Reads or writes JSON. */
    @FunctionalInterface
    interface Reading<T> {
        T from(JsonParser parser) throws IOException;
    }

    /** Writes JSON. */
    @FunctionalInterface
    interface Writing {
        void to(JsonGenerator generator) throws IOException;
    }

    /** Parses one value that fills the given bytes; what the JSON does wrong becomes a ProtocolException. */
    static <T> T parse(byte[] body, int offset, int length, Reading<T> reading) {
        try (JsonParser parser = FACTORY.createParser(body, offset, length)) {
            if (parser.nextToken() == null) {
                throw ProtocolException.bad("the body is empty, but it must be a JSON object");
            }
            T value = reading.from(parser);
            if (parser.nextToken() != null) {
                JsonLocation at = parser.currentTokenLocation();
                throw ProtocolException.bad("the JSON object ends before " + position(at) + ", but more follows; "
                        + "where tensors follow in binary, the header " + InferenceCodec.HEADER
                        + " must say how long the JSON is");
            }
            return value;
        } catch (IOException e) {
            throw notJson(e);
        }
    }

    static ProtocolException notJson(IOException e) {
        if (e instanceof StreamConstraintsException limit) {
            return ProtocolException.bad("the JSON is beyond a limit: " + limit.getOriginalMessage());
        }
        if (e instanceof JsonProcessingException syntax) {
            JsonLocation at = syntax.getLocation();
            if (syntax.getOriginalMessage().startsWith("Non-standard token")) {
                return ProtocolException.bad("NaN and infinity are not JSON"
                        + (at == null ? "" : ", at " + position(at)) + "; send such a tensor in binary");
            }
            return ProtocolException.bad("the body is not JSON" + (at == null ? "" : " at " + position(at)) + ": "
                    + Text.brief(syntax.getOriginalMessage()));
        }
        return ProtocolException.bad("the body is not JSON: " + e.getMessage());
    }

    private static String position(JsonLocation at) {
        return "line " + at.getLineNr() + ", column " + at.getColumnNr();
    }

    static byte[] write(Writing writing) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(256);
        try (JsonGenerator generator = FACTORY.createGenerator(bytes)) {
            writing.to(generator);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }

    /** A text that must be one. */
    static String string(JsonParser parser, String what) throws IOException {
        if (!parser.hasToken(JsonToken.VALUE_STRING)) {
            throw unexpected(parser, what, "a text");
        }
        return parser.getText();
    }

    static void require(JsonParser parser, JsonToken token, String what, String wanted) {
        if (!parser.hasToken(token)) {
            throw unexpected(parser, what, wanted);
        }
    }

    static ProtocolException unexpected(JsonParser parser, String what, String wanted) {
        return ProtocolException.bad(what + " is " + found(parser) + ", but it must be " + wanted);
    }

    /** The current token in words. */
    static String found(JsonParser parser) {
        JsonToken token = parser.currentToken();
        if (token == null) {
            return "missing";
        }
        return switch (token) {
            case START_OBJECT -> "an object";
            case START_ARRAY -> "an array";
            case VALUE_NULL -> "null";
            case VALUE_TRUE -> "true";
            case VALUE_FALSE -> "false";
            case VALUE_STRING -> "the text '" + textOf(parser) + "'";
            case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> textOf(parser);
            default -> token.toString();
        };
    }

    private static String textOf(JsonParser parser) {
        try {
            return Text.brief(parser.getText());
        } catch (IOException e) {
            return "...";
        }
    }

    static Map<String, Object> parameters(JsonParser parser, String what) throws IOException {
        if (parser.hasToken(JsonToken.VALUE_NULL)) {
            return Map.of();
        }
        require(parser, JsonToken.START_OBJECT, what, "an object");
        Map<String, Object> parameters = new HashMap<>();
        for (String name = parser.nextFieldName(); name != null; name = parser.nextFieldName()) {
            JsonToken token = parser.nextToken();
            if (parameters.size() == MAX_PARAMETERS) {
                throw ProtocolException.bad(what + " has more than " + MAX_PARAMETERS + " entries");
            }
            Object value = switch (token) {
                case VALUE_STRING -> parser.getText();
                case VALUE_TRUE -> true;
                case VALUE_FALSE -> false;
                case VALUE_NUMBER_INT -> integer(parser, what + "." + Text.brief(name));
                case VALUE_NUMBER_FLOAT -> real(parser, what + "." + Text.brief(name));
                default ->
                    throw unexpected(
                            parser,
                            what + "." + Text.brief(name),
                            "a text, a number, true or false, as a parameter is");
            };
            if (parameters.put(name, value) != null) {
                throw ProtocolException.bad(what + " has '" + Text.brief(name) + "' twice");
            }
        }
        return parameters;
    }

    static long integer(JsonParser parser, String what) throws IOException {
        if (!parser.hasToken(JsonToken.VALUE_NUMBER_INT)
                || parser.getNumberType() == JsonParser.NumberType.BIG_INTEGER) {
            throw unexpected(parser, what, "a whole number of at most 64 bits");
        }
        return parser.getLongValue();
    }

    private static double real(JsonParser parser, String what) throws IOException {
        double value = parser.getDoubleValue();
        if (Double.isInfinite(value)) {
            throw unexpected(parser, what, "a number within the range of FP64");
        }
        return value;
    }

    static void writeParameters(JsonGenerator generator, Map<String, Object> parameters) throws IOException {
        for (Map.Entry<String, Object> parameter : parameters.entrySet()) {
            generator.writeFieldName(parameter.getKey());
            switch (parameter.getValue()) {
                case String text -> generator.writeString(text);
                case Boolean truth -> generator.writeBoolean(truth);
                case Long number -> generator.writeNumber(number);
                case Integer number -> generator.writeNumber(number);
                case Double number when Double.isFinite(number) -> generator.writeNumber(number);
                default ->
                    throw new IllegalArgumentException("parameter '" + parameter.getKey() + "' is "
                            + parameter.getValue() + ", but it must be a String, Boolean, Long or finite Double");
            }
        }
    }
}
