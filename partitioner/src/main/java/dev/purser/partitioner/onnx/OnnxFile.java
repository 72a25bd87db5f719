package dev.purser.partitioner.onnx;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import com.google.protobuf.CodedInputStream;
import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.WireFormat;
import dev.purser.core.InputException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Parses the file of a model in bounded memory. Weights stay in the file, of which only their place is kept; everything
 * else is first counted without being kept, because two bytes of a hostile file can ask for an object of two hundred.
 */
final class OnnxFile {
    /** How deep messages may lie in each other; a subgraph takes three levels. */
    private static final int MAXIMUM_DEPTH = 60;

    /** What a message takes beside its fields, roughly. */
    private static final long MESSAGE_BYTES = 250;

    private static final long VALUE_BYTES = 64;

    /** Smaller weights are kept in memory. */
    private static final int SMALLEST_LEFT = 1024;

    private static final String WHERE_READ = "fetch or export the model again";

    private final Path file;
    private final long size;
    private final long allowed;
    private long needed;

    private OnnxFile(Path file, long size, long allowed) {
        this.file = file;
        this.size = size;
        this.allowed = allowed;
    }

    /**
     * What a file holds.
     *
     * @param model without its initializers
     * @param initializers of its graph
     */
    record Contents(ModelProto model, List<Stored> initializers) {}

    /**
     * An initializer.
     *
     * @param tensor its message, without its raw data where these have stayed in the file
     * @param offset of its raw data in the file; -1 where they have not stayed there
     * @param length of its raw data in bytes
     */
    record Stored(TensorProto tensor, long offset, int length) {}

    /** Parses a file. */
    static Contents parse(Path file) {
        return parse(file, Runtime.getRuntime().maxMemory() / 2);
    }

    /** As above, with at most so many bytes of memory. */
    static Contents parse(Path file, long allowedBytes) {
        String where = file.toString();
        if (!Files.isRegularFile(file)) {
            throw new InputException(
                    where, "", Files.isDirectory(file) ? "is a directory, not a file" : "there is no such file", "");
        }
        try {
            long size = Files.size(file);
            if (size == 0 || size > Integer.MAX_VALUE) {
                throw new InputException(
                        where,
                        "",
                        size == 0
                                ? "is empty"
                                : "has " + size + " bytes, but a protobuf message has at most " + Integer.MAX_VALUE,
                        size == 0 ? WHERE_READ : "export the model with external weights");
            }
            OnnxFile parser = new OnnxFile(file, size, allowedBytes);
            try (InputStream in = Files.newInputStream(file)) {
                parser.count(parser.message(in), ModelProto.getDescriptor(), false, 0);
            }
            try (InputStream in = Files.newInputStream(file)) {
                return model(parser.message(in));
            }
        } catch (InvalidProtocolBufferException e) {
            throw new InputException(where, "", "is truncated, or no ONNX model: " + e.getMessage(), WHERE_READ);
        } catch (IOException e) {
            throw new InputException(where, "", "cannot be read: " + e, "");
        }
    }

    private CodedInputStream message(InputStream in) throws IOException {
        CodedInputStream message = CodedInputStream.newInstance(in, 1 << 16);
        message.setSizeLimit(Integer.MAX_VALUE);
        // what claims to be longer than the file is found before it is read
        message.pushLimit((int) size);
        return message;
    }

    private void count(CodedInputStream in, Descriptor message, boolean weight, int depth) throws IOException {
        if (depth > MAXIMUM_DEPTH) {
            throw new InputException(
                    file.toString(),
                    "",
                    "has messages within messages, deeper than " + MAXIMUM_DEPTH,
                    "fewer nested subgraphs");
        }
        need(MESSAGE_BYTES);
        for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
            if (WireFormat.getTagWireType(tag) != WireFormat.WIRETYPE_LENGTH_DELIMITED) {
                need(VALUE_BYTES / 4);
                if (WireFormat.getTagWireType(tag) == WireFormat.WIRETYPE_START_GROUP || !in.skipField(tag)) {
                    throw new InvalidProtocolBufferException("it has groups, which ONNX does not use");
                }
                continue;
            }
            int number = WireFormat.getTagFieldNumber(tag);
            FieldDescriptor field = message.findFieldByNumber(number);
            int length = in.readRawVarint32();
            if (field != null && field.getJavaType() == FieldDescriptor.JavaType.MESSAGE) {
                int before = in.pushLimit(length);
                boolean initializer = depth == 1
                        && number == GraphProto.INITIALIZER_FIELD_NUMBER
                        && message == GraphProto.getDescriptor();
                count(in, field.getMessageType(), initializer, depth + 1);
                in.popLimit(before);
            } else {
                boolean left = weight && number == TensorProto.RAW_DATA_FIELD_NUMBER && length >= SMALLEST_LEFT;
                need(VALUE_BYTES + (left ? 0 : kept(field, length)));
                in.skipRawBytes(length);
            }
        }
    }

    /** The most memory that a field of so many bytes takes, with a copy on the way: packed numbers may grow. */
    private static long kept(@Nullable FieldDescriptor field, long length) {
        return switch (field == null ? FieldDescriptor.JavaType.BYTE_STRING : field.getJavaType()) {
            case LONG -> 9 * length;
            case INT -> 5 * length;
            default -> 2 * length;
        };
    }

    private void need(long bytes) {
        needed += bytes;
        if (needed > allowed) {
            throw new InputException(
                    file.toString(),
                    "",
                    "would need more than " + (allowed >> 20) + " MB of memory without its weights",
                    "if this is a real model, give Java more memory with -Xmx");
        }
    }

    private static Contents model(CodedInputStream in) throws IOException {
        ByteArrayOutputStream rest = new ByteArrayOutputStream();
        CodedOutputStream out = CodedOutputStream.newInstance(rest);
        GraphProto.Builder graph = GraphProto.newBuilder();
        boolean hasGraph = false;
        List<Stored> initializers = new ArrayList<>();
        for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
            if (is(tag, ModelProto.GRAPH_FIELD_NUMBER)) {
                int before = in.pushLimit(in.readRawVarint32());
                graph(in, graph, initializers);
                in.popLimit(before);
                hasGraph = true;
            } else {
                copy(in, tag, out);
            }
        }
        out.flush();
        ModelProto.Builder model = ModelProto.newBuilder().mergeFrom(rest.toByteArray());
        if (hasGraph) {
            model.setGraph(graph);
        }
        return new Contents(model.build(), List.copyOf(initializers));
    }

    private static boolean is(int tag, int field) {
        return WireFormat.getTagFieldNumber(tag) == field
                && WireFormat.getTagWireType(tag) == WireFormat.WIRETYPE_LENGTH_DELIMITED;
    }

    private static void graph(CodedInputStream in, GraphProto.Builder graph, List<Stored> initializers)
            throws IOException {
        ByteArrayOutputStream rest = new ByteArrayOutputStream();
        CodedOutputStream out = CodedOutputStream.newInstance(rest);
        for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
            if (is(tag, GraphProto.INITIALIZER_FIELD_NUMBER)) {
                int before = in.pushLimit(in.readRawVarint32());
                initializers.add(initializer(in));
                in.popLimit(before);
            } else {
                copy(in, tag, out);
            }
        }
        out.flush();
        graph.mergeFrom(rest.toByteArray());
    }

    private static Stored initializer(CodedInputStream in) throws IOException {
        ByteArrayOutputStream rest = new ByteArrayOutputStream();
        CodedOutputStream out = CodedOutputStream.newInstance(rest);
        long offset = -1;
        int length = 0;
        for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
            if (is(tag, TensorProto.RAW_DATA_FIELD_NUMBER)) {
                length = in.readRawVarint32();
                if (length >= SMALLEST_LEFT) {
                    offset = in.getTotalBytesRead();
                    in.skipRawBytes(length);
                } else {
                    offset = -1;
                    out.writeByteArray(TensorProto.RAW_DATA_FIELD_NUMBER, in.readRawBytes(length));
                }
            } else {
                copy(in, tag, out);
            }
        }
        out.flush();
        return new Stored(TensorProto.parseFrom(rest.toByteArray()), offset, length);
    }

    private static void copy(CodedInputStream in, int tag, CodedOutputStream out) throws IOException {
        int field = WireFormat.getTagFieldNumber(tag);
        out.writeTag(field, WireFormat.getTagWireType(tag));
        switch (WireFormat.getTagWireType(tag)) {
            case WireFormat.WIRETYPE_VARINT -> out.writeUInt64NoTag(in.readUInt64());
            case WireFormat.WIRETYPE_FIXED64 -> out.writeFixed64NoTag(in.readFixed64());
            case WireFormat.WIRETYPE_FIXED32 -> out.writeFixed32NoTag(in.readFixed32());
            case WireFormat.WIRETYPE_LENGTH_DELIMITED -> out.writeByteArrayNoTag(in.readByteArray());
            default -> throw new InvalidProtocolBufferException("field " + field + " has an unknown form");
        }
    }
}
