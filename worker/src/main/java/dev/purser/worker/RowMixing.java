package dev.purser.worker;

import dev.purser.core.InputException;
import dev.purser.core.model.ModelSource;
import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Finds networks whose rows change each other's answers: those that quantise tensors as they run take one scale for all
 * rows of an inference. The file's operators are read, those of subgraphs and functions too, and its weights are skipped.
 */
public final class RowMixing {
    /** What takes a scale from the tensor that it is given, or works on what has been quantised so. */
    private static final Set<String> OPERATORS = Set.of(
            "DynamicQuantizeLinear",
            "DynamicQuantizeMatMul",
            "DynamicQuantizeLSTM",
            "MatMulInteger",
            "MatMulIntegerToFloat",
            "ConvInteger");

    /** How deep subgraphs may lie in each other, in messages; deeper than the runtime takes. */
    private static final int DEPTH = 100;

    /** The longest name of an operator that is looked at. */
    private static final int NAME = 64;

    private static final int LENGTH_DELIMITED = 2;

    /** The messages of an ONNX file in which operators can be, as far as they matter here. */
    private enum Message {
        MODEL,
        GRAPH,
        FUNCTION,
        NODE,
        ATTRIBUTE;

        /** The message that a field of this one holds; null where no operator can be in it. */
        @Nullable
        Message field(int number) {
            return switch (this) {
                case MODEL -> number == 7 ? GRAPH : number == 25 ? FUNCTION : null;
                case GRAPH -> number == 1 ? NODE : null;
                case FUNCTION -> number == 7 ? NODE : null;
                case NODE -> number == 5 ? ATTRIBUTE : null;
                case ATTRIBUTE -> number == 6 || number == 11 ? GRAPH : null;
            };
        }
    }

    private final InputStream in;
    private long position;

    private RowMixing(InputStream in) {
        this.in = in;
    }

    /**
     * Whether rows of several requests may go through a network together: as its source says, or else as its file shows.
     *
     * @param source where the network is
     * @param base the directory that a relative path starts from; null for the working directory
     * @param files finds its file
     * @return false where they would change each other's answers
     * @throws InputException when there is no such file
     */
    public static boolean isBatchable(ModelSource source, @Nullable Path base, ModelFiles files) {
        Boolean said = source.batchable();
        return said == null ? operator(files.find(source.onnx(), base, "onnx")) == null : said;
    }

    /**
     * An operator of a network by which the rows of an inference change each other.
     *
     * @param onnx the network's file
     * @return its name; null where there is none, or the file cannot be read, which loading it says better
     */
    public static @Nullable String operator(Path onnx) {
        try (InputStream in = new BufferedInputStream(Files.newInputStream(onnx), 1 << 16)) {
            return new RowMixing(in).search(Message.MODEL, Files.size(onnx), 0);
        } catch (IOException e) {
            return null;
        }
    }

    private @Nullable String search(Message message, long end, int depth) throws IOException {
        while (position < end) {
            long tag = number();
            int field = (int) (tag >>> 3);
            switch ((int) (tag & 7)) {
                case 0 -> number();
                case 1 -> skip(8);
                case LENGTH_DELIMITED -> {
                    long length = number();
                    if (length < 0 || length > end - position) {
                        throw new EOFException();
                    }
                    Message inner = message.field(field);
                    if (inner != null && depth < DEPTH) {
                        String found = search(inner, position + length, depth + 1);
                        if (found != null) {
                            return found;
                        }
                    } else if (message == Message.NODE && field == 4 && length <= NAME) {
                        String operator = new String(in.readNBytes((int) length), StandardCharsets.UTF_8);
                        position += length;
                        if (OPERATORS.contains(operator)) {
                            return operator;
                        }
                    } else {
                        skip(length);
                    }
                }
                case 5 -> skip(4);
                default -> throw new IOException("no protobuf");
            }
        }
        return null;
    }

    private long number() throws IOException {
        long number = 0;
        for (int shift = 0; shift < 64; shift += 7) {
            int next = in.read();
            if (next < 0) {
                throw new EOFException();
            }
            position++;
            number |= (next & 0x7FL) << shift;
            if (next < 0x80) {
                return number;
            }
        }
        throw new IOException("no protobuf");
    }

    private void skip(long bytes) throws IOException {
        in.skipNBytes(bytes);
        position += bytes;
    }
}
