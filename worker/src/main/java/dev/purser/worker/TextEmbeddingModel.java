package dev.purser.worker;

import ai.djl.huggingface.tokenizers.Encoding;
import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import ai.djl.huggingface.tokenizers.jni.LibUtils;
import dev.purser.core.InputException;
import dev.purser.core.model.TextEmbedding;
import dev.purser.core.model.TextEmbedding.Pooling;
import dev.purser.worker.protocol.Datatype;
import dev.purser.worker.protocol.ModelMetadata;
import dev.purser.worker.protocol.Tensor;
import dev.purser.worker.protocol.TensorMetadata;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import org.jspecify.annotations.Nullable;

/**
 * A network of the BERT kind with what makes sentence embeddings of it: input {@code text} (BYTES, [-1]), output
 * {@code embedding} (FP32, [-1, d]), rows of length one.
 */
final class TextEmbeddingModel implements ServedModel {
    static final String INPUT = "text";
    static final String OUTPUT = "embedding";

    /** The longest text, in bytes; what is beyond the token limit is cut off anyway. */
    static final int MAX_TEXT = 256 << 10;

    private static final String IDS = "input_ids";
    private static final String MASK = "attention_mask";
    private static final String TYPES = "token_type_ids";

    private final OnnxModel network;
    private final HuggingFaceTokenizer tokenizer;
    private final TextEmbedding text;
    private final String hidden;
    private final ModelMetadata metadata;
    private final ReadWriteLock closing = new ReentrantReadWriteLock();
    private boolean closed;

    private TextEmbeddingModel(
            OnnxModel network, HuggingFaceTokenizer tokenizer, TextEmbedding text, TensorMetadata hidden) {
        this.network = network;
        this.tokenizer = tokenizer;
        this.text = text;
        this.hidden = hidden.name();
        ModelMetadata inner = network.metadata();
        this.metadata = new ModelMetadata(
                inner.name(),
                inner.versions(),
                inner.platform(),
                List.of(new TensorMetadata(INPUT, Datatype.BYTES, List.of(-1L))),
                List.of(new TensorMetadata(
                        OUTPUT, Datatype.FP32, List.of(-1L, hidden.shape().get(2)))));
    }

    /** Takes over the network, unless it throws. */
    static TextEmbeddingModel of(OnnxModel network, TextEmbedding text, Path tokenizerFile, ModelFiles files) {
        TensorMetadata hidden = hidden(network.metadata());
        for (TensorMetadata input : network.metadata().inputs()) {
            boolean known = input.name().equals(IDS)
                    || input.name().equals(MASK)
                    || input.name().equals(TYPES);
            if (!known || input.datatype() != Datatype.INT64 || input.shape().size() != 2) {
                throw new InputException(
                        network.metadata().name(),
                        "input '" + input.name() + "'",
                        "is of " + input.datatype() + " " + input.shape(),
                        "a text embedding network has " + IDS + ", " + MASK + " and " + TYPES + " of INT64 [-1, -1]");
            }
        }
        HuggingFaceTokenizer tokenizer = Tokenizers.load(tokenizerFile, text.maxTokens(), files);
        return new TextEmbeddingModel(network, tokenizer, text, hidden);
    }

    private static TensorMetadata hidden(ModelMetadata network) {
        List<TensorMetadata> candidates = network.outputs().stream()
                .filter(o -> o.datatype() == Datatype.FP32 && o.shape().size() == 3)
                .toList();
        return candidates.stream()
                .filter(o -> o.name().toLowerCase(Locale.ROOT).contains("hidden")
                        || o.name().contains("token"))
                .findFirst()
                .or(() -> candidates.stream().findFirst())
                .orElseThrow(() -> new InputException(
                        network.name(),
                        "outputs",
                        "none is of FP32 with three dimensions, but " + network.outputs(),
                        "a text embedding network has an output of [texts, tokens, size]"));
    }

    @Override
    public ModelMetadata metadata() {
        return metadata;
    }

    @Override
    public boolean isBatchable() {
        return network.isBatchable();
    }

    @Override
    public int maxBatch() {
        return network.maxBatch();
    }

    @Override
    public List<Tensor> infer(List<Tensor> inputs, List<String> outputs) {
        return infer(inputs, outputs, null);
    }

    @Override
    public List<Tensor> infer(List<Tensor> inputs, List<String> outputs, @Nullable Duration atMost) {
        Tensor texts = check(inputs, outputs);
        closing.readLock().lock();
        try {
            if (closed) {
                throw new IllegalStateException("model '" + metadata.name() + "' is closed");
            }
            return List.of(embed(texts, atMost));
        } finally {
            closing.readLock().unlock();
        }
    }

    private Tensor embed(Tensor texts, @Nullable Duration atMost) {
        int rows = texts.elements();
        if (rows == 0) {
            long size = metadata.outputs().get(0).shape().get(1);
            return Tensor.floats(OUTPUT, new long[] {0, Math.max(0, size)});
        }
        long[][] tokens = new long[rows][];
        int longest = 0;
        List<byte[]> elements = texts.bytes();
        for (int i = 0; i < rows; i++) {
            tokens[i] = tokens(i, elements.get(i));
            longest = Math.max(longest, tokens[i].length);
        }
        if (!network.isBatchable() && rows > 1) {
            List<Tensor> alone = new ArrayList<>(rows);
            for (long[] row : tokens) {
                alone.add(embed(new long[][] {row}, row.length, atMost));
            }
            return Tensor.concat(alone);
        }
        return embed(tokens, longest, atMost);
    }

    private Tensor embed(long[][] tokens, int longest, @Nullable Duration atMost) {
        return pool(
                network.infer(tensors(tokens, longest), List.of(hidden), atMost).get(0), tokens);
    }

    private Tensor check(List<Tensor> inputs, List<String> outputs) {
        if (inputs.size() != 1 || !inputs.get(0).name().equals(INPUT)) {
            throw OnnxModel.bad("model '" + metadata.name() + "' takes one input '" + INPUT
                    + "' of BYTES [-1]; the request has " + inputs);
        }
        Tensor texts = inputs.get(0);
        if (texts.datatype() != Datatype.BYTES || texts.rank() != 1) {
            throw OnnxModel.bad(
                    "input '" + texts + "' does not fit model '" + metadata.name() + "', which takes BYTES [-1]");
        }
        if (texts.elements() > maxBatch()) {
            throw OnnxModel.bad("input '" + INPUT + "' has " + texts.elements() + " rows, but model '" + metadata.name()
                    + "' takes at most " + maxBatch() + " at once");
        }
        for (String output : outputs) {
            if (!output.equals(OUTPUT)) {
                throw OnnxModel.bad(
                        "model '" + metadata.name() + "' has no output '" + output + "', only '" + OUTPUT + "'");
            }
        }
        return texts;
    }

    /**
     * One text's tokens. Texts are encoded one by one: all at once, the library would use threads of its own, as many as
     * there are processors.
     */
    private long[] tokens(int index, byte[] element) {
        if (element.length > MAX_TEXT) {
            throw OnnxModel.bad("input '" + INPUT + "': element " + index + " has " + element.length
                    + " bytes, but a text may have at most " + MAX_TEXT);
        }
        Encoding encoding = tokenizer.encode(text.prefix() + OnnxModel.text(INPUT, index, element), true, false);
        return encoding.getIds();
    }

    private List<Tensor> tensors(long[][] tokens, int longest) {
        int rows = tokens.length;
        long[] shape = {rows, longest};
        List<Tensor> tensors = new ArrayList<>(3);
        for (TensorMetadata input : network.metadata().inputs()) {
            ByteBuffer bytes = ByteBuffer.allocate(8 * rows * longest).order(ByteOrder.LITTLE_ENDIAN);
            if (!input.name().equals(TYPES)) {
                boolean ids = input.name().equals(IDS);
                for (int row = 0; row < rows; row++) {
                    for (int i = 0; i < tokens[row].length; i++) {
                        bytes.putLong(8 * (row * longest + i), ids ? tokens[row][i] : 1);
                    }
                }
            }
            tensors.add(Tensor.of(input.name(), Datatype.INT64, shape, bytes));
        }
        return tensors;
    }

    /** Makes each text's vectors one of length one. */
    private Tensor pool(Tensor result, long[][] tokens) {
        int longest = (int) result.dimension(1);
        int size = (int) result.dimension(2);
        FloatBuffer vectors = result.data().asFloatBuffer();
        float[] embeddings = new float[tokens.length * size];
        double[] sum = new double[size];
        float[] vector = new float[size];
        for (int row = 0; row < tokens.length; row++) {
            int used = text.pooling() == Pooling.CLS ? 1 : tokens[row].length;
            Arrays.fill(sum, 0);
            for (int i = 0; i < used; i++) {
                vectors.get((row * longest + i) * size, vector);
                for (int d = 0; d < size; d++) {
                    sum[d] += vector[d];
                }
            }
            double square = 0;
            for (int d = 0; d < size; d++) {
                square += sum[d] * sum[d];
            }
            double scale = square == 0 ? 0 : 1 / Math.sqrt(square);
            for (int d = 0; d < size; d++) {
                embeddings[row * size + d] = (float) (sum[d] * scale);
            }
        }
        return Tensor.floats(OUTPUT, new long[] {tokens.length, size}, embeddings);
    }

    @Override
    public void close() {
        closing.writeLock().lock();
        try {
            if (!closed) {
                closed = true;
                network.close();
                tokenizer.close();
            }
        } finally {
            closing.writeLock().unlock();
        }
    }

    /** Loads the tokenizer's native library, so that the time it takes is not the first model's. */
    static void loadLibrary(ModelFiles files) {
        Tokenizers.prepare(files);
        LibUtils.checkStatus();
    }

    /** Loads tokenizers without the library's telemetry and downloads, its native part from the cache. */
    static final class Tokenizers {
        private Tokenizers() {}

        static HuggingFaceTokenizer load(Path file, int maxTokens, ModelFiles files) {
            prepare(files);
            try {
                return HuggingFaceTokenizer.builder()
                        .optTokenizerPath(file)
                        .optTruncation(true)
                        .optMaxLength(maxTokens)
                        .optPadding(false)
                        .build();
            } catch (IOException | RuntimeException e) {
                throw new InputException(
                        file.toString(),
                        "tokenizer",
                        "cannot be loaded: " + e.getMessage(),
                        "a tokenizer.json as Hugging Face's tokenizers write it");
            }
        }

        static void prepare(ModelFiles files) {
            setIfAbsent("OPT_OUT_TRACKING", "true");
            setIfAbsent("ai.djl.offline", "true");
            setIfAbsent("DJL_CACHE_DIR", files.folder("djl").toString());
            setIfAbsent("ENGINE_CACHE_DIR", files.folder("djl").toString());
        }

        private static void setIfAbsent(String key, String value) {
            if (System.getProperty(key) == null && System.getenv(key) == null) {
                System.setProperty(key, value);
            }
        }
    }
}
