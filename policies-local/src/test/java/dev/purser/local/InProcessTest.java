package dev.purser.local;

import static org.assertj.core.api.Assertions.assertThat;

import dev.purser.core.engine.Outcome;
import dev.purser.local.Answer.Place;
import dev.purser.local.LocalSettings.Mode;
import dev.purser.worker.TestModels;
import dev.purser.worker.protocol.InferRequest;
import dev.purser.worker.protocol.Tensor;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The platform with models in this process. */
final class InProcessTest {
    @TempDir
    private Path directory;

    @Test
    void anInstanceAnswers() {
        World world = new World(directory, Mode.IN_PROCESS).instances(TestModels.add(directory), 1, 2, 1);
        try (LocalDeployment deployment = world.startReady()) {
            Answer answer = deployment
                    .infer(0, InferRequest.of(Tensor.floats("x", new long[] {1, 3}, 1, 2, 3)))
                    .join();
            assertThat(answer.outcome()).isEqualTo(Outcome.ANSWERED);
            assertThat(answer.response().output("y").floats()).containsExactly(2, 3, 4);
            assertThat(answer.served().place()).isEqualTo(Place.INSTANCE);
            assertThat(answer.served().name()).isEqualTo("c7a.large#0");
            assertThat(answer.status()).isEqualTo(200);
        }
    }
}
