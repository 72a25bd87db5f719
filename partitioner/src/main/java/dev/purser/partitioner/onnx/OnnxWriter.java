package dev.purser.partitioner.onnx;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.StringStringEntryProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorShapeProto;
import ai.onnx.proto.OnnxMl.TypeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import com.google.protobuf.ByteString;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Collection;

/** Writes models, with their weights inside as long as they fit in a protobuf message. */
final class OnnxWriter {
    /** Well below the 2 GiB that a protobuf message may have. */
    static final long INLINE_LIMIT = 1_900_000_000;

    /** Smaller weights stay in the message, where shape inference can read them. */
    private static final long SMALLEST_EXTERNAL = 1024;

    /** Lets the runtime map weights instead of copying them. */
    private static final int ALIGNMENT = 4096;

    /** Before this format, weights had to be inputs too. */
    private static final long WEIGHTS_NEED_NO_INPUTS = 4;

    private OnnxWriter() {}

    /** A model with its weights inside. */
    static ModelProto inline(ModelProto model, Collection<Weight> weights) {
        ModelProto.Builder builder = model.toBuilder();
        GraphProto.Builder graph = builder.getGraphBuilder();
        for (Weight weight : weights) {
            add(model, graph, inline(weight));
        }
        return builder.build();
    }

    private static TensorProto inline(Weight weight) {
        ByteString raw = weight.raw();
        if (weight.file() == null || raw == null) {
            return weight.tensor();
        }
        return weight.tensor().toBuilder()
                .clearExternalData()
                .clearDataLocation()
                .setRawData(raw)
                .build();
    }

    private static void add(ModelProto model, GraphProto.Builder graph, TensorProto tensor) {
        graph.addInitializer(tensor);
        if (model.getIrVersion() < WEIGHTS_NEED_NO_INPUTS) {
            graph.addInput(asInput(tensor));
        }
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
     * @return bytes of the file or files
     */
    static long write(Path file, ModelProto model, Collection<Weight> weights, long inlineLimit) throws IOException {
        long bytes = weights.stream().mapToLong(Weight::bytes).sum();
        if (bytes + model.getSerializedSize() <= inlineLimit) {
            Files.deleteIfExists(dataFile(file));
            return write(file, inline(model, weights));
        }
        ModelProto.Builder builder = model.toBuilder();
        Path data = dataFile(file);
        Path temporary = data.resolveSibling(data.getFileName() + ".part");
        long offset = 0;
        try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(temporary))) {
            for (Weight weight : weights) {
                ByteString raw = weight.raw();
                if (raw == null || raw.size() < SMALLEST_EXTERNAL) {
                    add(model, builder.getGraphBuilder(), inline(weight));
                    continue;
                }
                int gap = (int) ((ALIGNMENT - offset % ALIGNMENT) % ALIGNMENT);
                out.write(new byte[gap]);
                offset += gap;
                raw.writeTo(out);
                TensorProto tensor = weight.tensor().toBuilder()
                        .clearRawData()
                        .clearExternalData()
                        .setDataLocation(TensorProto.DataLocation.EXTERNAL)
                        .addExternalData(entry("location", String.valueOf(data.getFileName())))
                        .addExternalData(entry("offset", Long.toString(offset)))
                        .addExternalData(entry("length", Long.toString(raw.size())))
                        .build();
                add(model, builder.getGraphBuilder(), tensor);
                offset += raw.size();
            }
        }
        Files.move(temporary, data, StandardCopyOption.REPLACE_EXISTING);
        return offset + write(file, builder.build());
    }

    private static long write(Path file, ModelProto model) throws IOException {
        Path temporary = file.resolveSibling(file.getFileName() + ".part");
        try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(temporary), 1 << 16)) {
            model.writeTo(out);
        }
        Files.move(temporary, file, StandardCopyOption.REPLACE_EXISTING);
        return model.getSerializedSize();
    }

    private static Path dataFile(Path file) {
        return file.resolveSibling(file.getFileName() + ".data");
    }

    private static StringStringEntryProto entry(String key, String value) {
        return StringStringEntryProto.newBuilder().setKey(key).setValue(value).build();
    }
}
