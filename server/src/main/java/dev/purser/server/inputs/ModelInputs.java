package dev.purser.server.inputs;

import com.google.common.collect.ImmutableList;
import dev.purser.core.InputException;
import dev.purser.worker.protocol.Datatype;
import dev.purser.worker.protocol.InferRequest;
import dev.purser.worker.protocol.InferenceCodec;
import dev.purser.worker.protocol.ModelMetadata;
import dev.purser.worker.protocol.ProtocolException;
import dev.purser.worker.protocol.Tensor;
import dev.purser.worker.protocol.TensorMetadata;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.MalformedInputException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Requests for a model of which nothing is known but its metadata, or what a file holds. Load generators and profilers
 * need some: what a network computes takes the same time whatever the numbers are, and for a text its length decides.
 */
public final class ModelInputs {
    /** Words of a synthesised text where nothing else is said. */
    public static final int TEXT_WORDS = 16;

    /** The longest text that is synthesised. */
    public static final int MAX_TEXT_WORDS = 100_000;

    /** What a free dimension is taken as, other than the first, which is the number of rows. */
    public static final int FREE_DIMENSION = 16;

    private static final int MAX_ELEMENTS = 1 << 26;
    private static final int MAX_FILE_BYTES = 1 << 26;
    private static final int MAX_TEXTS = 100_000;

    private ModelInputs() {}

    /**
     * Makes a request from a model's metadata. Numbers with a fraction are uniform over 0 to 1; whole numbers are 0 or 1,
     * which are valid as indexes into any vocabulary and as masks; texts are sentences.
     *
     * @param model the model's metadata
     * @param rows of each input, at least 1
     * @param textWords the words of each text, 1 to {@value #MAX_TEXT_WORDS}
     * @param seed the same seed makes the same request
     * @return a request for all outputs, as JSON
     * @throws InputException when the model's inputs do not allow so many rows or are too large
     */
    public static InferRequest synthesise(ModelMetadata model, int rows, int textWords, long seed) {
        if (model.inputs().isEmpty()) {
            throw new InputException(
                    "model " + model.name(), "inputs", "the model declares none", "give a request with --input");
        }
        RandomGenerator random = new SplittableRandom(seed);
        List<Tensor> tensors = new ArrayList<>();
        for (TensorMetadata input : model.inputs()) {
            long[] shape = shape(model, input, rows);
            tensors.add(tensor(input, shape, textWords, random));
        }
        return request(tensors);
    }

    private static InferRequest request(List<Tensor> tensors) {
        return new InferRequest(null, Map.of(), tensors, List.of(), false);
    }

    private static long[] shape(ModelMetadata model, TensorMetadata input, int rows) {
        long[] shape = new long[input.shape().size()];
        long elements = 1;
        for (int i = 0; i < shape.length; i++) {
            long declared = input.shape().get(i);
            boolean text = input.datatype() == Datatype.BYTES;
            shape[i] = declared >= 0 ? declared : i == 0 ? rows : text ? 1 : FREE_DIMENSION;
            elements = shape[i] > MAX_ELEMENTS ? Long.MAX_VALUE : Math.min(elements * shape[i], Long.MAX_VALUE >> 32);
        }
        String where = "model " + model.name();
        String field = "input '" + input.name() + "'";
        if (elements > MAX_ELEMENTS) {
            throw new InputException(
                    where,
                    field,
                    "the shape " + input.shape() + " has more than " + MAX_ELEMENTS + " elements",
                    "give a smaller request with --input");
        }
        if (rows > 1 && (shape.length == 0 || shape[0] != rows)) {
            throw new InputException(
                    where,
                    field,
                    "the shape " + input.shape()
                            + " does not leave the number of rows open, so there are no batches of " + rows,
                    "profile it with batches of 1");
        }
        return shape;
    }

    private static Tensor tensor(TensorMetadata input, long[] shape, int textWords, RandomGenerator random) {
        int elements = 1;
        for (long dimension : shape) {
            elements = Math.toIntExact(elements * dimension);
        }
        Datatype type = input.datatype();
        if (type == Datatype.BYTES) {
            List<String> texts = new ArrayList<>();
            for (int i = 0; i < elements; i++) {
                texts.add(Sentences.sentence(textWords, random));
            }
            return Tensor.strings(input.name(), shape, texts);
        }
        ByteBuffer bytes =
                ByteBuffer.allocate(Math.multiplyExact(elements, type.width())).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < elements; i++) {
            switch (type) {
                case BOOL, UINT8, INT8 -> bytes.put((byte) random.nextInt(2));
                case UINT16, INT16 -> bytes.putShort((short) random.nextInt(2));
                case UINT32, INT32 -> bytes.putInt(random.nextInt(2));
                case UINT64, INT64 -> bytes.putLong(random.nextInt(2));
                case FP16 -> bytes.putShort(Float.floatToFloat16(random.nextFloat()));
                case FP32 -> bytes.putFloat(random.nextFloat());
                case FP64 -> bytes.putDouble(random.nextDouble());
                case BYTES -> throw new AssertionError(type);
            }
        }
        return Tensor.of(input.name(), type, shape, bytes.flip());
    }

    /**
     * Reads requests from a file: one from a file whose name ends in {@code .json}, which is a request of the protocol;
     * else one for each line that is not blank, which is a text for the model's only input of datatype BYTES.
     *
     * @param file the file
     * @param model the model's metadata; null where it is not known, which does for a request but not for texts
     * @return at least one
     * @throws InputException when the file cannot be used
     */
    public static ImmutableList<InferRequest> read(Path file, @Nullable ModelMetadata model) {
        String where = file.toString();
        if (!Files.isRegularFile(file)) {
            throw new InputException(
                    "--input",
                    "",
                    "there is no file '" + file + "'",
                    "name a .json file with a request, or a text file with one text in each line");
        }
        try {
            if (Files.size(file) > MAX_FILE_BYTES) {
                throw new InputException(
                        where, "", "has more than " + (MAX_FILE_BYTES >> 20) + " MiB", "cut it down to fewer inputs");
            }
            return where.endsWith(".json")
                    ? ImmutableList.of(json(where, Files.readAllBytes(file)))
                    : texts(file, model);
        } catch (ProtocolException e) {
            throw new InputException(where, "", e.getMessage(), "give a whole request in a .json file");
        } catch (MalformedInputException e) {
            throw new InputException(where, "", "is not UTF-8", "save it as UTF-8");
        } catch (IOException e) {
            throw new InputException(where, "", "cannot be read: " + e, "");
        }
    }

    private static InferRequest json(String where, byte[] body) {
        try {
            return InferenceCodec.readRequest(body, -1);
        } catch (ProtocolException e) {
            throw new InputException(
                    where,
                    "",
                    e.getMessage(),
                    "write {\"inputs\": [{\"name\": \"x\", \"datatype\": \"FP32\", \"shape\": [1, 2], \"data\": [1, 2]}]}");
        }
    }

    private static ImmutableList<InferRequest> texts(Path file, @Nullable ModelMetadata model) throws IOException {
        String where = file.toString();
        if (model == null) {
            throw new InputException(
                    where,
                    "",
                    "holds texts, but the server does not say what its model's inputs are called",
                    "give a whole request in a .json file");
        }
        List<TensorMetadata> inputs = model.inputs();
        if (inputs.size() != 1 || inputs.getFirst().datatype() != Datatype.BYTES) {
            throw new InputException(
                    where,
                    "",
                    "holds texts, but the inputs of model '" + model.name() + "' are " + describe(inputs),
                    "give a whole request in a .json file");
        }
        long[] shape = shape(model, inputs.getFirst(), 1);
        ImmutableList.Builder<InferRequest> requests = ImmutableList.builder();
        int count = 0;
        for (String line : Files.readAllLines(file)) {
            if (!line.isBlank()) {
                if (++count > MAX_TEXTS) {
                    throw new InputException(where, "", "has more than " + MAX_TEXTS + " texts", "cut it down");
                }
                requests.add(request(List.of(Tensor.strings(inputs.getFirst().name(), shape, List.of(line.strip())))));
            }
        }
        if (count == 0) {
            throw new InputException(where, "", "holds no text", "write one text in each line");
        }
        return requests.build();
    }

    private static String describe(List<TensorMetadata> inputs) {
        return inputs.stream()
                .map(i -> i.name() + " " + i.datatype() + i.shape())
                .toList()
                .toString();
    }
}
