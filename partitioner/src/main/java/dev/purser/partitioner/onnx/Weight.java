package dev.purser.partitioner.onnx;

import ai.onnx.proto.OnnxMl.StringStringEntryProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import com.google.protobuf.ByteString;
import dev.purser.core.InputException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * An initializer: its elements are in memory, or a stretch of the model's file or of one beside it.
 *
 * @param tensor its message, with its elements where they are in memory
 * @param bytes of its elements
 * @param file where they lie; null where they are in memory
 * @param offset from where in that file, in bytes
 */
record Weight(TensorProto tensor, long bytes, @Nullable Path file, long offset) {
    /** An initializer as it stands in a model, checked. */
    static Weight of(Path model, OnnxFile.Stored stored) {
        TensorProto tensor = stored.tensor();
        String field = "initializer '" + tensor.getName() + "'";
        try {
            boolean left = stored.offset() >= 0;
            long bytes = Elements.bytes(tensor, left ? stored.length() : -1);
            if (tensor.getDataLocation() == TensorProto.DataLocation.EXTERNAL) {
                return external(model, tensor, bytes, field);
            }
            return left ? new Weight(tensor, bytes, model, stored.offset()) : new Weight(tensor, bytes, null, 0);
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

    /**
     * A file beside the model, or beside what the model is a link to: the cache of Hugging Face keeps files in one folder and
     * links to them in others. Whoever wrote the model must not be able to name any other.
     */
    static Path inside(Path model, String location) {
        try {
            Path parent = model.toAbsolutePath().normalize().getParent();
            Path real = model.toRealPath().getParent();
            if (parent == null || real == null || location.isEmpty()) {
                throw new IllegalArgumentException("names no file for its external data");
            }
            Set<Path> folders = new LinkedHashSet<>(List.of(real, parent.toRealPath()));
            boolean there = false;
            for (Path folder : folders) {
                Path file = folder.resolve(location).normalize();
                if (Path.of(location).isAbsolute() || !file.startsWith(folder)) {
                    throw new IllegalArgumentException(
                            "has its external data in '" + location + "', which is outside the model's folder");
                }
                if (Files.isRegularFile(file)) {
                    there = true;
                    Path target = file.toRealPath();
                    if (folders.stream().anyMatch(target::startsWith)) {
                        return file;
                    }
                }
            }
            throw new IllegalArgumentException("has its external data in '" + location
                    + (there ? "', a link that leads outside the model's folder" : "', which is not there"));
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

    /** The message with the elements that are in a file. */
    TensorProto inMemory() {
        if (file == null) {
            return tensor;
        }
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            ByteBuffer buffer = ByteBuffer.allocate((int) bytes);
            while (buffer.hasRemaining() && channel.read(buffer, offset + buffer.position()) >= 0) {
                // reads on
            }
            return message().setRawData(ByteString.copyFrom(buffer.flip())).build();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The message without elements, and without the place where they were. */
    TensorProto.Builder message() {
        return tensor.toBuilder().clearExternalData().clearDataLocation().clearRawData();
    }
}
