package dev.purser.worker.protocol;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Reads one request or response. Its fields may come in any order; those that the protocol does not know are skipped. */
final class MessageReader {
    static final String BINARY_DATA_OUTPUT = "binary_data_output";
    static final String BINARY_DATA = "binary_data";
    static final String BINARY_DATA_SIZE = "binary_data_size";

    /** The most tensors of one message. */
    static final int MAX_TENSORS = 1024;

    /** Which message, and what its tensors are called. */
    enum Kind {
        REQUEST("input"),
        RESPONSE("output");

        private final String tensor;

        Kind(String tensor) {
            this.tensor = tensor;
        }
    }

    private final byte[] body;
    private final int jsonLength;
    private final Kind kind;
    private final boolean hasBinary;
    private int binaryAt;

    private @Nullable String id;
    private @Nullable String modelName;
    private @Nullable String modelVersion;
    private Map<String, Object> parameters = Map.of();
    private @Nullable List<Tensor> tensors;
    private List<RequestedOutput> outputs = List.of();

    MessageReader(byte[] body, int jsonLength, Kind kind) {
        if (jsonLength > body.length) {
            throw ProtocolException.bad("the header " + InferenceCodec.HEADER + " is " + jsonLength
                    + ", but the body has " + body.length + " bytes");
        }
        this.body = body;
        this.kind = kind;
        this.hasBinary = jsonLength >= 0;
        this.jsonLength = hasBinary ? jsonLength : body.length;
        this.binaryAt = this.jsonLength;
    }

    InferRequest request() {
        List<Tensor> inputs = read();
        boolean binaryOutput = false;
        if (parameters.containsKey(BINARY_DATA_OUTPUT)) {
            if (!(parameters.remove(BINARY_DATA_OUTPUT) instanceof Boolean wanted)) {
                throw ProtocolException.bad("parameters." + BINARY_DATA_OUTPUT + " must be true or false");
            }
            binaryOutput = wanted;
        }
        return new InferRequest(id, parameters, inputs, outputs, binaryOutput);
    }

    InferResponse response() {
        List<Tensor> results = read();
        return new InferResponse(modelName == null ? "" : modelName, modelVersion, id, parameters, results);
    }

    private List<Tensor> read() {
        List<Tensor> found = ProtocolJson.parse(body, 0, jsonLength, this::message);
        if (binaryAt != body.length) {
            throw ProtocolException.bad("the body has " + (body.length - jsonLength)
                    + " bytes behind the JSON, but its " + kind.tensor + "s account for " + (binaryAt - jsonLength));
        }
        return found;
    }

    private List<Tensor> message(JsonParser parser) throws IOException {
        ProtocolJson.require(parser, JsonToken.START_OBJECT, "the body", "an object");
        Set<String> seen = new HashSet<>(8);
        for (String field = parser.nextFieldName(); field != null; field = parser.nextFieldName()) {
            parser.nextToken();
            boolean known = switch (field) {
                case "id" -> {
                    id = nullable(parser, field);
                    yield true;
                }
                case "parameters" -> {
                    parameters = ProtocolJson.parameters(parser, field);
                    yield true;
                }
                case "inputs" -> kind == Kind.REQUEST && tensors(parser, field);
                case "outputs" -> kind == Kind.RESPONSE ? tensors(parser, field) : outputs(parser);
                case "model_name" -> {
                    modelName = nullable(parser, field);
                    yield true;
                }
                case "model_version" -> {
                    modelVersion = nullable(parser, field);
                    yield true;
                }
                default -> false;
            };
            if (known && !seen.add(field)) {
                throw ProtocolException.bad("the body has '" + field + "' twice");
            }
            if (!known) {
                parser.skipChildren();
            }
        }
        if (tensors == null || (tensors.isEmpty() && kind == Kind.REQUEST)) {
            throw ProtocolException.bad("the body has no '" + kind.tensor
                    + "s', but at least one is needed: an object with name, " + "shape, datatype and data");
        }
        return tensors;
    }

    private static @Nullable String nullable(JsonParser parser, String field) throws IOException {
        return parser.hasToken(JsonToken.VALUE_NULL) ? null : ProtocolJson.string(parser, field);
    }

    private boolean tensors(JsonParser parser, String field) throws IOException {
        ProtocolJson.require(parser, JsonToken.START_ARRAY, field, "an array");
        List<Tensor> list = new ArrayList<>(4);
        while (parser.nextToken() != JsonToken.END_ARRAY) {
            if (list.size() == MAX_TENSORS) {
                throw ProtocolException.bad("there are more than " + MAX_TENSORS + " " + field);
            }
            Tensor tensor = tensor(parser, field + "[" + list.size() + "]");
            for (Tensor other : list) {
                if (other.name().equals(tensor.name())) {
                    throw ProtocolException.bad(
                            "there are two " + field + " of the name '" + Text.brief(tensor.name()) + "'");
                }
            }
            list.add(tensor);
        }
        tensors = list;
        return true;
    }

    private Tensor tensor(JsonParser parser, String place) throws IOException {
        ProtocolJson.require(parser, JsonToken.START_OBJECT, place, "an object");
        TensorFields fields = new TensorFields(place);
        try {
            for (String field = parser.nextFieldName(); field != null; field = parser.nextFieldName()) {
                parser.nextToken();
                fields.take(parser, field);
            }
            return fields.tensor();
        } catch (com.fasterxml.jackson.core.JsonProcessingException e) {
            throw ProtocolException.bad(
                    fields.label() + ": " + ProtocolJson.notJson(e).getMessage());
        }
    }

    private boolean outputs(JsonParser parser) throws IOException {
        if (parser.hasToken(JsonToken.VALUE_NULL)) {
            return true;
        }
        ProtocolJson.require(parser, JsonToken.START_ARRAY, "outputs", "an array");
        List<RequestedOutput> list = new ArrayList<>(4);
        while (parser.nextToken() != JsonToken.END_ARRAY) {
            String place = "outputs[" + list.size() + "]";
            if (list.size() == MAX_TENSORS) {
                throw ProtocolException.bad("there are more than " + MAX_TENSORS + " outputs");
            }
            RequestedOutput output = output(parser, place);
            for (RequestedOutput other : list) {
                if (other.name().equals(output.name())) {
                    throw ProtocolException.bad(place + " asks for '" + Text.brief(output.name()) + "' a second time");
                }
            }
            list.add(output);
        }
        outputs = list;
        return true;
    }

    private static RequestedOutput output(JsonParser parser, String place) throws IOException {
        ProtocolJson.require(parser, JsonToken.START_OBJECT, place, "an object");
        String name = null;
        Boolean binary = null;
        for (String field = parser.nextFieldName(); field != null; field = parser.nextFieldName()) {
            parser.nextToken();
            switch (field) {
                case "name" -> name = ProtocolJson.string(parser, place + ".name");
                case "parameters" -> {
                    Object value = ProtocolJson.parameters(parser, place + ".parameters")
                            .get(BINARY_DATA);
                    if (value != null && !(value instanceof Boolean)) {
                        throw ProtocolException.bad(place + ".parameters." + BINARY_DATA + " must be true or false");
                    }
                    binary = (Boolean) value;
                }
                default -> parser.skipChildren();
            }
        }
        if (name == null) {
            throw ProtocolException.bad(place + " has no 'name'");
        }
        return new RequestedOutput(name, binary);
    }

    /** What is known of a tensor while its fields come in. */
    private final class TensorFields {
        private final String place;
        private @Nullable String name;
        private @Nullable Datatype datatype;
        private long @Nullable [] shape;
        private long binarySize = -1;
        private @Nullable Tensor read;
        /** Where data stands that came before shape or datatype; it is read again once they are known. */
        private int deferredAt = -1;

        private int deferredLength;

        TensorFields(String place) {
            this.place = place;
        }

        String label() {
            return name == null ? place : kind.tensor + " '" + Text.brief(name) + "'";
        }

        void take(JsonParser parser, String field) throws IOException {
            switch (field) {
                case "name" -> {
                    once(field, name == null);
                    name = ProtocolJson.string(parser, place + ".name");
                }
                case "datatype" -> {
                    once(field, datatype == null);
                    datatype = datatype(ProtocolJson.string(parser, label() + ": datatype"));
                }
                case "shape" -> {
                    once(field, shape == null);
                    shape = shape(parser);
                }
                case "parameters" -> {
                    Object size = ProtocolJson.parameters(parser, label() + ": parameters")
                            .get(BINARY_DATA_SIZE);
                    if (size != null) {
                        if (!(size instanceof Long bytes) || bytes < 0) {
                            throw ProtocolException.bad(label() + ": " + BINARY_DATA_SIZE + " is " + size
                                    + ", but it must be a number of bytes, 0 or more");
                        }
                        binarySize = bytes;
                    }
                }
                case "data" -> {
                    once(field, read == null && deferredAt < 0);
                    data(parser);
                }
                default -> parser.skipChildren();
            }
        }

        private void once(String field, boolean first) {
            if (!first) {
                throw ProtocolException.bad(label() + " has '" + field + "' twice");
            }
        }

        private Datatype datatype(String text) {
            try {
                return Datatype.of(text);
            } catch (ProtocolException e) {
                throw ProtocolException.bad(label() + ": " + e.getMessage());
            }
        }

        private long[] shape(JsonParser parser) throws IOException {
            ProtocolJson.require(parser, JsonToken.START_ARRAY, label() + ": shape", "an array of whole numbers");
            long[] dimensions = new long[4];
            int rank = 0;
            while (parser.nextToken() != JsonToken.END_ARRAY) {
                if (rank == Tensor.MAX_RANK) {
                    throw ProtocolException.bad(label() + " has more than " + Tensor.MAX_RANK + " dimensions");
                }
                if (rank == dimensions.length) {
                    dimensions = java.util.Arrays.copyOf(dimensions, 2 * rank);
                }
                dimensions[rank] = ProtocolJson.integer(parser, label() + ": shape[" + rank + "]");
                if (dimensions[rank] < 0) {
                    throw ProtocolException.bad(label() + ": shape[" + rank + "] is " + dimensions[rank]
                            + ", but it must be 0 or more (-1 stands only in a model's metadata)");
                }
                rank++;
            }
            return java.util.Arrays.copyOf(dimensions, rank);
        }

        private void data(JsonParser parser) throws IOException {
            if (name != null && datatype != null && shape != null) {
                read = TensorJson.read(parser, label(), name, datatype, shape, jsonLength);
                return;
            }
            deferredAt = Math.toIntExact(parser.currentTokenLocation().getByteOffset());
            parser.skipChildren();
            deferredLength = Math.toIntExact(parser.currentLocation().getByteOffset()) - deferredAt;
        }

        Tensor tensor() throws IOException {
            if (name == null) {
                throw missing("name");
            }
            if (datatype == null) {
                throw missing("datatype");
            }
            if (shape == null) {
                throw missing("shape");
            }
            if (binarySize >= 0) {
                if (read != null || deferredAt >= 0) {
                    throw ProtocolException.bad(
                            label() + " has both 'data' and " + BINARY_DATA_SIZE + "; it must have one");
                }
                return binary(name, datatype, shape);
            }
            if (deferredAt >= 0) {
                Datatype type = datatype;
                long[] dimensions = shape;
                String known = name;
                return ProtocolJson.parse(
                        body,
                        deferredAt,
                        deferredLength,
                        again -> TensorJson.read(again, label(), known, type, dimensions, jsonLength));
            }
            if (read == null) {
                throw ProtocolException.bad(
                        label() + " has no 'data', and no parameter " + BINARY_DATA_SIZE + " that would stand for it");
            }
            return read;
        }

        private Tensor binary(String known, Datatype type, long[] dimensions) {
            if (!hasBinary) {
                throw ProtocolException.bad(label() + " has " + BINARY_DATA_SIZE + " " + binarySize
                        + ", but the header " + InferenceCodec.HEADER + " is missing, which says where the JSON ends");
            }
            if (binarySize > body.length - binaryAt) {
                throw ProtocolException.bad(label() + " has " + BINARY_DATA_SIZE + " " + binarySize + ", but only "
                        + (body.length - binaryAt) + " bytes are left in the body");
            }
            int size = (int) binarySize;
            ByteBuffer bytes = ByteBuffer.wrap(body, binaryAt, size);
            binaryAt += size;
            return Tensor.of(known, type, dimensions, bytes);
        }

        private ProtocolException missing(String field) {
            return ProtocolException.bad(label() + " has no '" + field + "'; it needs name, shape, datatype and data");
        }
    }
}
