package dev.purser.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.purser.core.InputException;
import dev.purser.core.model.ModelSource;
import dev.purser.core.model.TextEmbedding;
import dev.purser.worker.protocol.Datatype;
import dev.purser.worker.protocol.ProtocolException;
import dev.purser.worker.protocol.Tensor;
import dev.purser.worker.protocol.TensorMetadata;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TextEmbeddingModelTest {
    private static ServedModel model;

    @TempDir
    Path directory;

    @BeforeAll
    static void load() {
        model = load(TestFiles.MINILM);
    }

    private static ServedModel load(ModelSource source) {
        RuntimeSettings settings = RuntimeSettings.ofThreads(1).withMaxBatch(8);
        return ServedModel.load("minilm", "1", source, null, settings, TestFiles.CACHE);
    }

    @AfterAll
    static void close() {
        model.close();
    }

    private static Tensor embed(ServedModel by, String... texts) {
        return by.infer(List.of(Tensor.strings("text", new long[] {texts.length}, List.of(texts))), List.of())
                .get(0);
    }

    private static double cosine(Tensor embeddings, int a, int b) {
        float[] x = embeddings.slice(a, 1).floats();
        float[] y = embeddings.slice(b, 1).floats();
        double sum = 0;
        for (int i = 0; i < x.length; i++) {
            sum += (double) x[i] * y[i];
        }
        return sum;
    }

    @Test
    void saysTextInEmbeddingOut() {
        assertThat(model.metadata().inputs()).containsExactly(new TensorMetadata("text", Datatype.BYTES, List.of(-1L)));
        assertThat(model.metadata().outputs())
                .containsExactly(new TensorMetadata("embedding", Datatype.FP32, List.of(-1L, 384L)));
        assertThat(model.maxBatch()).isEqualTo(8);
    }

    @Test
    void putsSimilarSentencesCloserThanDissimilarOnes() {
        Tensor embeddings = embed(
                model,
                "A cat sleeps on the warm windowsill.",
                "The kitten is napping by the window in the sun.",
                "The central bank raised interest rates again.",
                "Borrowing became more expensive after the rate decision.");

        assertThat(cosine(embeddings, 0, 1)).isGreaterThan(cosine(embeddings, 0, 2) + 0.2);
        assertThat(cosine(embeddings, 2, 3)).isGreaterThan(cosine(embeddings, 1, 3) + 0.2);
        for (int i = 0; i < 4; i++) {
            assertThat(cosine(embeddings, i, i)).isCloseTo(1, within(1e-5));
        }
    }

    /** Alone to the last bit, for each goes through the network alone; what is said against it counts. */
    @Test
    void aNetworkThatQuantisesAsItRunsGetsTextsOneByOne() {
        String[] texts = {"x", "!!!!!!!!", "zzzz qqqq 1234 #### ---- ".repeat(20), "?? ?? ??"};
        assertThat(model.isBatchable()).isFalse();
        Tensor together = embed(model, texts);
        for (int i = 0; i < texts.length; i++) {
            assertThat(together.slice(i, 1)).as(texts[i]).isEqualTo(embed(model, texts[i]));
        }
        try (ServedModel batched = load(TestFiles.MINILM.withBatchable(true))) {
            assertThat(batched.isBatchable()).isTrue();
            assertThat(embed(batched, texts).slice(0, 1)).isNotEqualTo(embed(batched, texts[0]));
        }
    }

    /** Of a network without quantisation. */
    @Test
    void aBatchGivesWhatItsTextsGive() {
        ModelSource source = new ModelSource(TestModels.embedding(directory).toString(), TestFiles.MINILM.text());
        String[] texts = {"short", "a rather longer text of some more words, with punctuation!", "", "Ünïcödé 日本語 🐎"};
        try (ServedModel table = load(source)) {
            Tensor batch = embed(table, texts);

            for (int i = 0; i < texts.length; i++) {
                assertThat(batch.slice(i, 1).floats())
                        .as(texts[i])
                        .usingComparatorWithPrecision(1e-4f)
                        .containsExactly(embed(table, texts[i]).floats());
            }
            assertThat(embed(table)).isEqualTo(Tensor.floats("embedding", new long[] {0, 8}));
        }
    }

    /** [CLS] a [SEP] are the tokens 101, 1037 and 102 of this vocabulary. */
    @Test
    void theMeanOfTheTokensIsScaledToLengthOne() {
        ModelSource source = new ModelSource(TestModels.embedding(directory).toString(), TestFiles.MINILM.text());
        float[] table = TestModels.embeddingTable();
        double[] mean = new double[8];
        double square = 0;
        for (int d = 0; d < 8; d++) {
            mean[d] = (table[8 * 101 + d] + table[8 * 1037 + d] + table[8 * 102 + d]) / 3.0;
            square += mean[d] * mean[d];
        }
        try (ServedModel model = load(source)) {
            float[] embedding =
                    embed(model, "a", "and a longer neighbour").slice(0, 1).floats();
            for (int d = 0; d < 8; d++) {
                assertThat((double) embedding[d]).isCloseTo(mean[d] / Math.sqrt(square), within(1e-5));
            }
        }
    }

    @Test
    void aBatchOfTheSameTextGivesTheSameEverywhere() {
        float[] single = embed(model, "the same text").floats();
        Tensor batch = embed(model, "the same text", "the same text", "the same text");

        for (int i = 0; i < 3; i++) {
            assertThat(batch.slice(i, 1).floats())
                    .usingComparatorWithPrecision(1e-4f)
                    .containsExactly(single);
        }
    }

    @Test
    void cutsLongTextsAndPutsThePrefixFirst() {
        String words = "word ".repeat(2000);
        TextEmbedding plain = TestFiles.MINILM.text();
        ModelSource prefixed = new ModelSource(
                TestFiles.MINILM.onnx(),
                new TextEmbedding(plain.tokenizer(), TextEmbedding.Pooling.CLS, 16, "query: "));

        assertThat(embed(model, words)).isEqualTo(embed(model, words + "and an end that is cut off"));
        try (ServedModel other = load(prefixed);
                ServedModel unprefixed = load(new ModelSource(
                        TestFiles.MINILM.onnx(),
                        new TextEmbedding(plain.tokenizer(), TextEmbedding.Pooling.CLS, 16, "")))) {
            assertThat(embed(other, "hello")).isEqualTo(embed(unprefixed, "query: hello"));
            assertThat(embed(other, "hello")).isNotEqualTo(embed(unprefixed, "hello"));
        }
    }

    @Test
    void saysWhatWouldBeRight() {
        assertRefused(List.of(), List.of(), "takes one input 'text' of BYTES [-1]; the request has []");
        assertRefused(List.of(Tensor.floats("text", new long[] {1}, 1f)), List.of(), "takes BYTES [-1]");
        assertRefused(List.of(Tensor.strings("text", new long[] {1, 1}, List.of("a"))), List.of(), "takes BYTES [-1]");
        assertRefused(
                List.of(Tensor.bytes("text", new long[] {1}, List.of(new byte[] {-1}))),
                List.of(),
                "not a text in UTF-8");
        assertRefused(
                List.of(Tensor.bytes("text", new long[] {1}, List.of(new byte[300_000]))), List.of(), "300000 bytes");
        assertRefused(
                List.of(Tensor.bytes("text", new long[] {9}, java.util.Collections.nCopies(9, new byte[0]))),
                List.of(),
                "at most 8");
        assertRefused(
                List.of(Tensor.strings("text", new long[] {1}, List.of("a"))),
                List.of("y"),
                "no output 'y', only 'embedding'");
    }

    private static void assertRefused(List<Tensor> inputs, List<String> outputs, String message) {
        assertThatThrownBy(() -> model.infer(inputs, outputs))
                .isInstanceOfSatisfying(
                        ProtocolException.class, e -> assertThat(e.status()).isEqualTo(400))
                .hasMessageContaining(message);
    }

    @Test
    void saysWhichFileIsWrong() throws Exception {
        Path tokenizer = Files.writeString(directory.resolve("tokenizer.json"), "{\"no\": 1}");
        TextEmbedding wrong = new TextEmbedding(tokenizer.toString(), TextEmbedding.Pooling.MEAN, 128, "");
        TextEmbedding right = TestFiles.MINILM.text();

        assertThatThrownBy(() -> load(new ModelSource(TestFiles.MINILM.onnx(), wrong)))
                .isInstanceOf(InputException.class)
                .hasMessageContaining(tokenizer.toString());
        assertThatThrownBy(() -> load(new ModelSource("classpath:nowhere.onnx", right)))
                .hasMessageContaining("there is no resource 'nowhere.onnx' on the class path");
        assertThatThrownBy(() -> load(new ModelSource(TestModels.mlp(directory).toString(), right)))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("three dimensions");
    }

    @Test
    void refusesToRunOnceClosed() {
        ServedModel other = load(TestFiles.MINILM);
        other.close();
        other.close();

        assertThatThrownBy(() -> embed(other, "a"))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("closed");
    }
}
