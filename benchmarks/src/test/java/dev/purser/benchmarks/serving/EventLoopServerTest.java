package dev.purser.benchmarks.serving;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.purser.worker.TestModels;
import dev.purser.worker.protocol.EncodedMessage;
import dev.purser.worker.protocol.InferRequest;
import dev.purser.worker.protocol.InferenceCodec;
import dev.purser.worker.protocol.Tensor;
import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The models that are made, and the peer that serves them. */
class EventLoopServerTest {
    @TempDir
    private Path directory;

    @Test
    void theModelsAreThoseOfTheTable() {
        try (RawModel mlp = new RawModel(TestModels.mlp(directory));
                RawModel cnn = new RawModel(TestModels.cnn(directory));
                RawModel ranker = new RawModel(TestModels.perceptron(directory, "small-ranker", 64, 128, 128, 10))) {
            assertThat(mlp.shape(2)).containsExactly(2, 784);
            assertThat(mlp.answer()).hasSize(10);
            assertThat(cnn.shape(1)).containsExactly(1, 3, 64, 64);
            assertThat(cnn.rowLength()).isEqualTo(3 * 64 * 64);
            assertThat(cnn.answer()).hasSize(100);
            assertThat(ranker.answer()).hasSize(10);
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void thePeerAnswersWhatOnnxRuntimeSays(boolean binary) {
        Path file = TestModels.cnn(directory);
        try (RawModel model = new RawModel(file);
                EventLoopServer peer = new EventLoopServer(file, 2)) {
            EncodedMessage request = InferenceCodec.writeRequest(
                    new InferRequest(
                            null,
                            Map.of(),
                            List.of(Tensor.floats(model.input(), model.shape(1), model.sample(1))),
                            List.of(),
                            binary),
                    binary);
            URI target = URI.create("http://127.0.0.1:" + peer.port() + "/v2/models/cnn/infer");
            for (int i = 0; i < 3; i++) {
                assertThat(AnswerCheck.difference(target, request, model.output(), model.answer()))
                        .isLessThanOrEqualTo(AnswerCheck.TOLERANCE);
            }
            EncodedMessage nonsense = new EncodedMessage("{\"inputs\":[{\"shape\":[1,5]}]}".getBytes(), -1);
            assertThatThrownBy(() -> AnswerCheck.difference(target, nonsense, "y", new float[0]))
                    .hasMessageContaining("status 400");
        }
    }

    @Test
    void theRawLoopCountsRows() {
        RawLoop.Result result = RawLoop.run(
                TestModels.mlp(directory), 8, java.time.Duration.ofMillis(1), java.time.Duration.ofMillis(1));
        assertThat(result.items())
                .isPositive()
                .satisfies(items -> assertThat(items % 8).isZero());
    }
}
