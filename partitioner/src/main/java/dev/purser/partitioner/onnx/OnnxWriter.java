package dev.purser.partitioner.onnx;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.StringStringEntryProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorShapeProto;
import ai.onnx.proto.OnnxMl.TypeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.WireFormat;
import dev.purser.core.InputException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Writes models, with their weights inside as long as they fit in a protobuf message. Weights go from file to file without
 * passing through Java's memory: the fields of a message may stand in any order, so they are put behind the rest.
 */
final class OnnxWriter implements AutoCloseable {
    /** Well below the 2 GiB that a protobuf message may have. */
    static final long INLINE_LIMIT = 1_900_000_000;

    /** Smaller weights stay in the message, where shape inference can read them. */
    private static final long SMALLEST_EXTERNAL = 1024;

    /** Lets the runtime map weights instead of copying them. */
    private static final int ALIGNMENT = 4096;

    /** Before this format, weights had to be inputs too. */
    private static final long WEIGHTS_NEED_NO_INPUTS = 4;

    private final FileChannel out;
    private final Map<Path, FileChannel> sources = new HashMap<>();

    private OnnxWriter(Path file) throws IOException {
        this.out = FileChannel.open(
                file, StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING, StandardOpenOption.WRITE);
    }

    /** A model with some weights in memory. */
    static ModelProto inMemory(ModelProto model, Collection<Weight> weights) {
        ModelProto.Builder builder = withInputs(model, weights);
        weights.forEach(weight -> builder.getGraphBuilder().addInitializer(weight.inMemory()));
        return builder.build();
    }

    private static ModelProto.Builder withInputs(ModelProto model, Collection<Weight> weights) {
        ModelProto.Builder builder = model.toBuilder();
        if (model.getIrVersion() < WEIGHTS_NEED_NO_INPUTS) {
            weights.forEach(weight -> builder.getGraphBuilder().addInput(asInput(weight.tensor())));
        }
        return builder;
    }

    /** An input of a weight's type and shape. */
    static ValueInfoProto asInput(TensorProto tensor) {
        TensorShapeProto.Builder shape = TensorShapeProto.newBuilder();
        tensor.getDimsList().forEach(size -> shape.addDimBuilder().setDimValue(size));
        return ValueInfoProto.newBuilder()
                .setName(tensor.getName())
                .setType(TypeProto.newBuilder()
                        .setTensorType(TypeProto.Tensor.newBuilder()
                                .setElemType(tensor.getDataType())
                                .setShape(shape)))
                .build();
    }

    /**
     * Writes a model; a reader never sees half of it. Where its weights are larger together than the limit, they go to a
     * file beside it, called as the model with {@code .data} behind.
     *
     * @param model without initializers
     * @return bytes of the file or files
     */
    static long write(Path file, ModelProto model, Collection<Weight> weights, long inlineLimit) throws IOException {
        ModelProto message = withInputs(model, weights).build();
        long bytes = weights.stream()
                .mapToLong(weight -> weight.bytes() + weight.tensor().getSerializedSize())
                .sum();
        Path data = file.resolveSibling(file.getFileName() + ".data");
        if (bytes + message.getSerializedSize() <= inlineLimit) {
            Files.deleteIfExists(data);
            return writeModel(file, message, weights);
        }
        List<Weight> placed = new ArrayList<>();
        long written = writeData(data, weights, placed);
        return written + writeModel(file, message, placed);
    }

    private static long writeData(Path data, Collection<Weight> weights, List<Weight> placed) throws IOException {
        Path temporary = data.resolveSibling(data.getFileName() + ".part");
        long offset = 0;
        try (OnnxWriter writer = new OnnxWriter(temporary)) {
            for (Weight weight : weights) {
                if (weight.file() == null || weight.bytes() < SMALLEST_EXTERNAL) {
                    placed.add(weight);
                    continue;
                }
                int gap = (int) ((ALIGNMENT - offset % ALIGNMENT) % ALIGNMENT);
                writer.write(new byte[gap]);
                writer.copy(weight);
                offset += gap;
                TensorProto tensor = weight.message()
                        .setDataLocation(TensorProto.DataLocation.EXTERNAL)
                        .addExternalData(entry("location", String.valueOf(data.getFileName())))
                        .addExternalData(entry("offset", Long.toString(offset)))
                        .addExternalData(entry("length", Long.toString(weight.bytes())))
                        .build();
                placed.add(new Weight(tensor, 0, null, 0));
                offset += weight.bytes();
            }
        }
        Files.move(temporary, data, StandardCopyOption.REPLACE_EXISTING);
        return offset;
    }

    private static long writeModel(Path file, ModelProto model, Collection<Weight> weights) throws IOException {
        byte[] frame = model.toBuilder().clearGraph().build().toByteArray();
        byte[] graph = model.getGraph().toByteArray();
        List<byte[]> heads = new ArrayList<>();
        long graphLength = graph.length;
        for (Weight weight : weights) {
            byte[] head = head(weight);
            heads.add(head);
            graphLength += head.length + (weight.file() == null ? 0 : weight.bytes());
        }
        if (graphLength + frame.length > Integer.MAX_VALUE - 16) {
            throw new InputException(
                    file.toString(), "", "would have " + graphLength + " bytes, more than a protobuf message may", "");
        }
        Path temporary = file.resolveSibling(file.getFileName() + ".part");
        long size;
        try (OnnxWriter writer = new OnnxWriter(temporary)) {
            writer.write(frame);
            writer.write(prefix(ModelProto.GRAPH_FIELD_NUMBER, graphLength));
            writer.write(graph);
            int next = 0;
            for (Weight weight : weights) {
                writer.write(heads.get(next++));
                if (weight.file() != null) {
                    writer.copy(weight);
                }
            }
            size = writer.out.position();
        }
        Files.move(temporary, file, StandardCopyOption.REPLACE_EXISTING);
        return size;
    }

    /** All of an initializer's field up to the elements that are in a file. */
    private static byte[] head(Weight weight) throws IOException {
        ByteArrayOutputStream head = new ByteArrayOutputStream();
        if (weight.file() == null) {
            byte[] tensor = weight.tensor().toByteArray();
            head.write(prefix(GraphProto.INITIALIZER_FIELD_NUMBER, tensor.length));
            head.write(tensor);
        } else {
            byte[] tensor = weight.message().build().toByteArray();
            byte[] raw = prefix(TensorProto.RAW_DATA_FIELD_NUMBER, weight.bytes());
            head.write(prefix(GraphProto.INITIALIZER_FIELD_NUMBER, tensor.length + raw.length + weight.bytes()));
            head.write(tensor);
            head.write(raw);
        }
        return head.toByteArray();
    }

    /** What stands before a field of so many bytes. */
    private static byte[] prefix(int field, long length) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        CodedOutputStream prefix = CodedOutputStream.newInstance(bytes);
        prefix.writeTag(field, WireFormat.WIRETYPE_LENGTH_DELIMITED);
        prefix.writeUInt32NoTag(Math.toIntExact(length));
        prefix.flush();
        return bytes.toByteArray();
    }

    private void write(byte[] bytes) throws IOException {
        ByteBuffer buffer = ByteBuffer.wrap(bytes);
        while (buffer.hasRemaining()) {
            out.write(buffer);
        }
    }

    private void copy(Weight weight) throws IOException {
        Path file = weight.file();
        if (file == null) {
            throw new IllegalArgumentException(weight.name() + " is in memory");
        }
        FileChannel source = sources.get(file);
        if (source == null) {
            source = FileChannel.open(file, StandardOpenOption.READ);
            sources.put(file, source);
        }
        long done = 0;
        while (done < weight.bytes()) {
            long count = source.transferTo(weight.offset() + done, weight.bytes() - done, out);
            if (count <= 0) {
                throw new IOException(file + " has become shorter");
            }
            done += count;
        }
    }

    private static StringStringEntryProto entry(String key, String value) {
        return StringStringEntryProto.newBuilder().setKey(key).setValue(value).build();
    }

    @Override
    public void close() throws IOException {
        for (FileChannel source : sources.values()) {
            source.close();
        }
        out.close();
    }
}
