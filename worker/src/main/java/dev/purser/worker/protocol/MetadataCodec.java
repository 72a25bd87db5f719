package dev.purser.worker.protocol;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What a server says of itself and its models, as JSON. Fields that the protocol does not know are skipped. */
public final class MetadataCodec {
    private MetadataCodec() {}

    /**
     * Writes a model's metadata.
     *
     * @param model the metadata
     * @return JSON
     */
    public static byte[] write(ModelMetadata model) {
        return ProtocolJson.write(generator -> {
            generator.writeStartObject();
            generator.writeStringField("name", model.name());
            writeStrings(generator, "versions", model.versions());
            generator.writeStringField("platform", model.platform());
            writeTensors(generator, "inputs", model.inputs());
            writeTensors(generator, "outputs", model.outputs());
            generator.writeEndObject();
        });
    }

    /**
     * Writes a server's metadata.
     *
     * @param server the metadata
     * @return JSON
     */
    public static byte[] write(ServerMetadata server) {
        return ProtocolJson.write(generator -> {
            generator.writeStartObject();
            generator.writeStringField("name", server.name());
            generator.writeStringField("version", server.version());
            writeStrings(generator, "extensions", server.extensions());
            generator.writeEndObject();
        });
    }

    /**
     * Writes an index of models.
     *
     * @param entries its lines
     * @return JSON
     */
    public static byte[] write(List<RepositoryEntry> entries) {
        return ProtocolJson.write(generator -> {
            generator.writeStartArray();
            for (RepositoryEntry entry : entries) {
                generator.writeStartObject();
                generator.writeStringField("name", entry.name());
                writeNullable(generator, "version", entry.version());
                writeNullable(generator, "state", entry.state());
                writeNullable(generator, "reason", entry.reason());
                generator.writeEndObject();
            }
            generator.writeEndArray();
        });
    }

    /**
     * Writes whether a model is ready.
     *
     * @param model its name
     * @param ready whether it is
     * @return JSON
     */
    public static byte[] writeReady(String model, boolean ready) {
        return ProtocolJson.write(generator -> {
            generator.writeStartObject();
            generator.writeStringField("name", model);
            generator.writeBooleanField("ready", ready);
            generator.writeEndObject();
        });
    }

    /**
     * Writes what is wrong with a request.
     *
     * @param message for the sender
     * @return JSON
     */
    public static byte[] writeError(String message) {
        return ProtocolJson.write(generator -> {
            generator.writeStartObject();
            generator.writeStringField("error", message);
            generator.writeEndObject();
        });
    }

    /**
     * Reads a model's metadata.
     *
     * @param json as {@link #write(ModelMetadata)} writes it
     * @return the metadata
     * @throws ProtocolException (400) when it is not that
     */
    public static ModelMetadata readModel(byte[] json) {
        return ProtocolJson.parse(json, 0, json.length, parser -> {
            Fields fields = new Fields();
            fields.read(parser, "the model's metadata");
            return new ModelMetadata(
                    fields.required("name", fields.name),
                    fields.versions,
                    fields.required("platform", fields.platform),
                    fields.inputs,
                    fields.outputs);
        });
    }

    /**
     * Reads a server's metadata.
     *
     * @param json as {@link #write(ServerMetadata)} writes it
     * @return the metadata
     * @throws ProtocolException (400) when it is not that
     */
    public static ServerMetadata readServer(byte[] json) {
        return ProtocolJson.parse(json, 0, json.length, parser -> {
            Fields fields = new Fields();
            fields.read(parser, "the server's metadata");
            return new ServerMetadata(
                    fields.required("name", fields.name),
                    fields.required("version", fields.version),
                    fields.extensions);
        });
    }

    /**
     * Reads an index of models.
     *
     * @param json as {@link #write(List)} writes it
     * @return its lines
     * @throws ProtocolException (400) when it is not that
     */
    public static List<RepositoryEntry> readIndex(byte[] json) {
        return ProtocolJson.parse(json, 0, json.length, parser -> {
            ProtocolJson.require(parser, JsonToken.START_ARRAY, "the index", "an array");
            List<RepositoryEntry> entries = new ArrayList<>();
            while (parser.nextToken() != JsonToken.END_ARRAY) {
                Fields fields = new Fields();
                fields.read(parser, "index[" + entries.size() + "]");
                entries.add(new RepositoryEntry(
                        fields.required("name", fields.name), fields.version, fields.state, fields.reason));
            }
            return entries;
        });
    }

    /**
     * Reads what a server says is wrong.
     *
     * @param body the body of a response that is not a success
     * @return the text of {@code error}; the start of the body where it has none
     */
    public static String readError(byte[] body) {
        try {
            return ProtocolJson.parse(body, 0, body.length, parser -> {
                Fields fields = new Fields();
                fields.read(parser, "the error");
                return fields.required("error", fields.error);
            });
        } catch (ProtocolException e) {
            return new String(body, 0, Math.min(body.length, 200), java.nio.charset.StandardCharsets.UTF_8);
        }
    }

    private static void writeNullable(JsonGenerator generator, String field, @Nullable String value)
            throws IOException {
        if (value != null) {
            generator.writeStringField(field, value);
        }
    }

    private static void writeStrings(JsonGenerator generator, String field, List<String> values) throws IOException {
        generator.writeArrayFieldStart(field);
        for (String value : values) {
            generator.writeString(value);
        }
        generator.writeEndArray();
    }

    private static void writeTensors(JsonGenerator generator, String field, List<TensorMetadata> tensors)
            throws IOException {
        generator.writeArrayFieldStart(field);
        for (TensorMetadata tensor : tensors) {
            generator.writeStartObject();
            generator.writeStringField("name", tensor.name());
            generator.writeStringField("datatype", tensor.datatype().name());
            generator.writeArrayFieldStart("shape");
            for (long dimension : tensor.shape()) {
                generator.writeNumber(dimension);
            }
            generator.writeEndArray();
            generator.writeEndObject();
        }
        generator.writeEndArray();
    }

    /** The fields that any of these objects can have. */
    private static final class Fields {
        private @Nullable String name;
        private @Nullable String version;
        private @Nullable String platform;
        private @Nullable String state;
        private @Nullable String reason;
        private @Nullable String error;
        private @Nullable String datatype;
        private List<String> versions = List.of();
        private List<String> extensions = List.of();
        private List<Long> shape = List.of();
        private List<TensorMetadata> inputs = List.of();
        private List<TensorMetadata> outputs = List.of();

        void read(JsonParser parser, String what) throws IOException {
            ProtocolJson.require(parser, JsonToken.START_OBJECT, what, "an object");
            for (String field = parser.nextFieldName(); field != null; field = parser.nextFieldName()) {
                if (parser.nextToken() == JsonToken.VALUE_NULL) {
                    continue;
                }
                switch (field) {
                    case "name" -> name = ProtocolJson.string(parser, field);
                    case "version" -> version = ProtocolJson.string(parser, field);
                    case "platform" -> platform = ProtocolJson.string(parser, field);
                    case "state" -> state = ProtocolJson.string(parser, field);
                    case "reason" -> reason = ProtocolJson.string(parser, field);
                    case "error" -> error = ProtocolJson.string(parser, field);
                    case "datatype" -> datatype = ProtocolJson.string(parser, field);
                    case "versions" ->
                        versions = list(parser, field, p -> ProtocolJson.string(p, "an entry of versions"));
                    case "extensions" ->
                        extensions = list(parser, field, p -> ProtocolJson.string(p, "an entry of extensions"));
                    case "shape" -> shape = list(parser, field, p -> ProtocolJson.integer(p, "an entry of shape"));
                    case "inputs" -> inputs = list(parser, field, p -> tensor(p, "an input"));
                    case "outputs" -> outputs = list(parser, field, p -> tensor(p, "an output"));
                    default -> parser.skipChildren();
                }
            }
        }

        private static TensorMetadata tensor(JsonParser parser, String what) throws IOException {
            Fields fields = new Fields();
            fields.read(parser, what);
            return new TensorMetadata(
                    fields.required("name", fields.name),
                    Datatype.of(fields.required("datatype", fields.datatype)),
                    fields.shape);
        }

        private static <T> List<T> list(JsonParser parser, String what, ProtocolJson.Reading<T> entry)
                throws IOException {
            ProtocolJson.require(parser, JsonToken.START_ARRAY, what, "an array");
            List<T> values = new ArrayList<>();
            while (parser.nextToken() != JsonToken.END_ARRAY) {
                values.add(entry.from(parser));
            }
            return values;
        }

        private String required(String field, @Nullable String value) {
            if (value == null) {
                throw ProtocolException.bad("'" + field + "' is missing");
            }
            return value;
        }
    }
}
