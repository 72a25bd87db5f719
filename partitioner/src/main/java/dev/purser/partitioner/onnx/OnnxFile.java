package dev.purser.partitioner.onnx;

import ai.onnx.proto.OnnxMl.ModelProto;
import com.google.protobuf.ByteString;
import com.google.protobuf.CodedInputStream;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.UnsafeByteOperations;
import com.google.protobuf.WireFormat;
import dev.purser.core.InputException;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * Parses the file of a model in bounded memory. Weights stay in the mapped file; everything else is first counted without
 * being kept, because two bytes of a hostile file can ask for an object of two hundred.
 */
final class OnnxFile {
    /** How deep messages may lie in each other; a subgraph takes three levels. */
    private static final int MAXIMUM_DEPTH = 60;

    /** What a message takes beside its fields, roughly. */
    private static final long MESSAGE_BYTES = 250;

    private static final long VALUE_BYTES = 64;

    private final long allowed;
    private long needed;

    private OnnxFile(long allowed) {
        this.allowed = allowed;
    }

    /** A file's message, with its weights in the mapped file. */
    static ModelProto parse(Path file) {
        return parse(file, Runtime.getRuntime().maxMemory() / 2);
    }

    /** As above, with at most so many bytes of memory. */
    static ModelProto parse(Path file, long allowedBytes) {
        String where = file.toString();
        if (!Files.isRegularFile(file)) {
            throw new InputException(
                    where, "", Files.isDirectory(file) ? "is a directory, not a file" : "there is no such file", "");
        }
        try {
            ByteString bytes = map(file);
            if (bytes.isEmpty()) {
                throw new InputException(where, "", "is empty", "an ONNX model");
            }
            new OnnxFile(allowedBytes).scan(where, input(bytes), ModelProto.getDescriptor(), 0);
            CodedInputStream in = input(bytes);
            in.enableAliasing(true);
            return ModelProto.parseFrom(in);
        } catch (InvalidProtocolBufferException e) {
            throw new InputException(
                    where, "", "is truncated, or no ONNX model: " + e.getMessage(), "fetch or export the model again");
        } catch (IOException e) {
            throw new InputException(where, "", "cannot be read: " + e, "");
        }
    }

    private static CodedInputStream input(ByteString bytes) {
        CodedInputStream in = bytes.newCodedInput();
        in.setSizeLimit(Integer.MAX_VALUE);
        return in;
    }

    private static ByteString map(Path file) throws IOException {
        long size = Files.size(file);
        if (size > Integer.MAX_VALUE) {
            throw new InputException(
                    file.toString(),
                    "",
                    "has " + size + " bytes, but a protobuf message has at most " + Integer.MAX_VALUE,
                    "export the model with external weights");
        }
        return map(file, 0, size);
    }

    /** A stretch of a file, which is not read before it is used. */
    static ByteString map(Path file, long offset, long length) throws IOException {
        if (length == 0) {
            return ByteString.EMPTY;
        }
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            return UnsafeByteOperations.unsafeWrap(channel.map(FileChannel.MapMode.READ_ONLY, offset, length));
        }
    }

    private void scan(String where, CodedInputStream in, Descriptor message, int depth) throws IOException {
        if (depth > MAXIMUM_DEPTH) {
            throw new InputException(
                    where, "", "has messages within messages, deeper than " + MAXIMUM_DEPTH, "fewer nested subgraphs");
        }
        need(where, MESSAGE_BYTES);
        for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
            if (WireFormat.getTagWireType(tag) != WireFormat.WIRETYPE_LENGTH_DELIMITED) {
                need(where, VALUE_BYTES / 4);
                if (!in.skipField(tag)) {
                    throw new InvalidProtocolBufferException("a group ends that did not begin");
                }
                continue;
            }
            FieldDescriptor field = message.findFieldByNumber(WireFormat.getTagFieldNumber(tag));
            int length = in.readRawVarint32();
            if (field != null && field.getJavaType() == FieldDescriptor.JavaType.MESSAGE) {
                int before = in.pushLimit(length);
                scan(where, in, field.getMessageType(), depth + 1);
                in.popLimit(before);
            } else {
                need(where, VALUE_BYTES + (field == null ? 0 : kept(field, length)));
                in.skipRawBytes(length);
            }
        }
    }

    /** The most memory that a field of so many bytes takes: packed numbers may grow, and texts are kept twice. */
    private static long kept(FieldDescriptor field, long length) {
        return switch (field.getJavaType()) {
            case LONG -> 8 * length;
            case INT -> 4 * length;
            case FLOAT, DOUBLE -> length;
            case STRING -> 2 * length;
            default -> 0;
        };
    }

    private void need(String where, long bytes) {
        needed += bytes;
        if (needed > allowed) {
            throw new InputException(
                    where,
                    "",
                    "would need more than " + allowed / (1 << 20) + " MB of memory without its weights",
                    "if this is a real model, give Java more memory with -Xmx");
        }
    }
}
