package dev.purser.worker;

import static org.assertj.core.api.Assertions.assertThat;

import dev.purser.core.model.ModelSource;
import dev.purser.worker.protocol.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Which networks are found to mix rows, and that they do. */
final class RowMixingTest {
    @TempDir
    private Path directory;

    private final ModelFiles files = ModelFiles.inUserCache();

    private OnnxModel load(Path onnx) {
        return OnnxModel.load("m", null, onnx, RuntimeSettings.ofThreads(1), files);
    }

    private static float[] rows(OnnxModel model, float... x) {
        return model.infer(List.of(Tensor.floats("x", new long[] {x.length / 3, 3}, x)), List.of())
                .getFirst()
                .floats();
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void oneThatQuantisesAsItRunsIsFound(boolean plain) {
        Path onnx = TestModels.mixing(directory, plain);
        assertThat(RowMixing.operator(onnx)).isEqualTo("DynamicQuantizeLinear");
        try (OnnxModel model = load(onnx)) {
            assertThat(model.isBatchable()).isFalse();
            float[] alone = rows(model, 0.1f, 0.2f, 0.3f);
            float[] beside = rows(model, 0.1f, 0.2f, 0.3f, 1000, 0, 0);
            assertThat(Arrays.copyOf(beside, 3)).isNotEqualTo(alone);
        }
    }

    @Test
    void othersMayBeBatched() {
        for (Path onnx : List.of(TestModels.mlp(directory), TestModels.cnn(directory), TestModels.echo(directory))) {
            try (OnnxModel model = load(onnx)) {
                assertThat(model.isBatchable()).as(onnx.toString()).isTrue();
            }
        }
    }

    @Test
    void whatTheUserSaysCounts() {
        ModelSource mixing = new ModelSource(TestModels.mixing(directory, true).toString(), null);
        assertThat(RowMixing.isBatchable(mixing, null, files)).isFalse();
        assertThat(RowMixing.isBatchable(mixing.withBatchable(true), null, files))
                .isTrue();
        ModelSource plain = new ModelSource(TestModels.add(directory).toString(), null);
        assertThat(RowMixing.isBatchable(plain.withBatchable(false), null, files))
                .isFalse();
    }

    /** What is wrong with such a file is for the runtime to say. */
    @RepeatedTest(5)
    void aBrokenFileIsReadToItsEndAndNoFurther(RepetitionInfo repetition) throws IOException {
        Random random = new Random(repetition.getCurrentRepetition());
        byte[] whole = Files.readAllBytes(TestModels.mixing(directory, false));
        for (int i = 0; i < 200; i++) {
            byte[] broken = Arrays.copyOf(whole, random.nextInt(whole.length));
            for (int k = random.nextInt(4); k > 0 && broken.length > 0; k--) {
                broken[random.nextInt(broken.length)] = (byte) random.nextInt();
            }
            assertThat(RowMixing.operator(Files.write(directory.resolve("broken.onnx"), broken)))
                    .isIn(null, "DynamicQuantizeLinear");
        }
    }
}
