package dev.purser.partitioner.onnx;

import ai.onnx.proto.OnnxMl.StringStringEntryProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import com.google.protobuf.ByteString;
import dev.purser.core.InputException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * An initializer: in the model's file, or a stretch of a file beside it.
 *
 * @param tensor its message
 * @param bytes of its elements
 * @param file where they lie; null for the model's file
 * @param offset from where in that file, in bytes
 */
record Weight(TensorProto tensor, long bytes, @Nullable Path file, long offset) {
    /** An initializer as it stands in a model, checked. */
    static Weight of(Path model, TensorProto tensor) {
        String field = "initializer '" + tensor.getName() + "'";
        try {
            long bytes = Elements.bytes(tensor);
            if (tensor.getDataLocation() != TensorProto.DataLocation.EXTERNAL) {
                return new Weight(tensor, bytes, null, 0);
            }
            return external(model, tensor, bytes, field);
        } catch (IllegalArgumentException e) {
            throw new InputException(model.toString(), field, String.valueOf(e.getMessage()), "");
        }
    }

    private static Weight external(Path model, TensorProto tensor, long bytes, String field) {
        String location = "";
        long offset = 0;
        long length = bytes;
        for (StringStringEntryProto entry : tensor.getExternalDataList()) {
            switch (entry.getKey()) {
                case "location" -> location = entry.getValue();
                case "offset" -> offset = number(entry);
                case "length" -> length = number(entry);
                default -> {} // checksum and what others add
            }
        }
        if (length != bytes) {
            throw new IllegalArgumentException(
                    "has " + length + " bytes of external data, but its shape asks for " + bytes);
        }
        if (bytes > Integer.MAX_VALUE) {
            throw new IllegalArgumentException(
                    "has " + bytes + " bytes, more than the " + Integer.MAX_VALUE + " that one weight may have");
        }
        Path file = inside(model, location);
        try {
            long size = Files.size(file);
            if (offset > size || length > size - offset) {
                throw new IllegalArgumentException("lies at bytes " + offset + " to " + (offset + length) + " of "
                        + location + ", which has only " + size);
            }
        } catch (IOException e) {
            throw new InputException(model.toString(), field, location + " cannot be read: " + e, "");
        }
        return new Weight(tensor, bytes, file, offset);
    }

    /** A file in the model's folder; whoever wrote the model must not be able to name another. */
    static Path inside(Path model, String location) {
        try {
            Path parent = model.toAbsolutePath().normalize().getParent();
            if (parent == null || location.isEmpty()) {
                throw new IllegalArgumentException("names no file for its external data");
            }
            Path folder = parent.toRealPath();
            Path file = folder.resolve(location).normalize();
            if (Path.of(location).isAbsolute() || !file.startsWith(folder)) {
                throw new IllegalArgumentException(
                        "has its external data in '" + location + "', which is outside the model's folder");
            }
            if (!Files.isRegularFile(file)) {
                throw new IllegalArgumentException("has its external data in '" + location + "', which is not there");
            }
            if (!file.toRealPath().startsWith(folder)) {
                throw new IllegalArgumentException(
                        "has its external data in '" + location + "', a link that leads outside the model's folder");
            }
            return file;
        } catch (IOException e) {
            throw new IllegalArgumentException("has its external data in '" + location + "': " + e, e);
        }
    }

    private static long number(StringStringEntryProto entry) {
        try {
            long number = Long.parseLong(entry.getValue());
            if (number >= 0) {
                return number;
            }
        } catch (NumberFormatException e) {
            // told below
        }
        throw new IllegalArgumentException(
                "has external data with the " + entry.getKey() + " '" + entry.getValue() + "', not a count of bytes");
    }

    String name() {
        return tensor.getName();
    }

    /** Its elements as raw bytes, mapped where they are external; null where they are stored in another way. */
    @Nullable
    ByteString raw() {
        if (file == null) {
            return tensor.hasRawData() ? tensor.getRawData() : null;
        }
        try {
            return OnnxFile.map(file, offset, bytes);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
