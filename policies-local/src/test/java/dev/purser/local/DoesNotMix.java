package dev.purser.local;

import static dev.purser.local.InProcessTest.y;
import static org.assertj.core.api.Assertions.assertThat;

import dev.purser.worker.TestModels;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** A network whose rows change each other's answers, in a world that makes batches of what comes together. */
final class DoesNotMix {
    private DoesNotMix() {}

    static void check(World world) {
        Path onnx = TestModels.mixing(world.directory(), true);
        world.instances(onnx, 1, 1, 8).batching(World.upTo(8, Duration.ofSeconds(2)));
        try (LocalDeployment deployment = world.startReady()) {
            List<CompletableFuture<Answer>> answers = new ArrayList<>();
            for (int i = 0; i < 8; i++) {
                answers.add(deployment.infer(0, InProcessTest.add("r" + i, i % 2 == 0 ? 0.5f : 1000)));
            }
            for (int i = 0; i < 8; i++) {
                Answer answer = answers.get(i).join();
                assertThat(answer.cause()).isNull();
                assertThat(answer.served().batch()).isEqualTo(8);
                assertThat(y(answer)).as("alone it is exact").isEqualTo(i % 2 == 0 ? 0.5f : 1000);
            }
        }
    }
}
