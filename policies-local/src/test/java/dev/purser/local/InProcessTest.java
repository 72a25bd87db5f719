package dev.purser.local;

import static dev.purser.local.World.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.purser.core.engine.Outcome;
import dev.purser.local.Answer.Place;
import dev.purser.local.LocalSettings.Mode;
import dev.purser.local.LocalState.Worker;
import dev.purser.worker.TestModels;
import dev.purser.worker.protocol.Datatype;
import dev.purser.worker.protocol.InferRequest;
import dev.purser.worker.protocol.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The platform with models in this process. */
final class InProcessTest {
    @TempDir
    private Path directory;

    private World world() {
        return new World(directory, Mode.IN_PROCESS);
    }

    static InferRequest add(String id, float x) {
        return new InferRequest(id, Map.of(), List.of(Tensor.floats("x", new long[] {1, 3}, x, x, x)), List.of(), true);
    }

    static float y(Answer answer) {
        assertThat(answer.cause()).isNull();
        return answer.response().output("y").floats()[0];
    }

    @Test
    void aChainAnswers() {
        World world = world().chain(
                        TestModels.step(directory, "x", "a"),
                        TestModels.step(directory, "a", "b"),
                        TestModels.step(directory, "b", "y"));
        try (LocalDeployment deployment = world.start()) {
            Answer cold = deployment.infer(0, add("a", 1)).join();
            assertThat(y(cold)).isEqualTo(4);
            assertThat(cold.response().id()).isEqualTo("a");
            assertThat(cold.served().coldParts()).isEqualTo(3);
            Answer warm = deployment.infer(0, add("b", 2)).join();
            assertThat(y(warm)).isEqualTo(5);
            assertThat(warm.served().coldStart()).isFalse();
            assertThat(deployment.metadata(0).inputs().getFirst().name()).isEqualTo("x");
            assertThat(deployment.metadata(0).outputs().getFirst().name()).isEqualTo("y");
        }
    }

    @Test
    void instancesAndFunctionsAnswer() {
        World world = world().instances(TestModels.add(directory), 1, 2, 1).function(TestModels.add(directory));
        try (LocalDeployment deployment = world.startReady()) {
            Answer answer = deployment.infer(0, add("a", 1)).join();
            assertThat(y(answer)).isEqualTo(2);
            assertThat(answer.response().id()).isEqualTo("a");
            assertThat(answer.response().modelName()).isEqualTo("v0");
            assertThat(answer.served().name()).isEqualTo("c7a.large#0");
            Answer cold = deployment.infer(1, add("b", 2)).join();
            assertThat(y(cold)).isEqualTo(3);
            assertThat(cold.served().place()).isEqualTo(Place.FUNCTION);
            assertThat(cold.served().coldStart()).isTrue();
            assertThat(deployment.infer(1, add("c", 3)).join().served().coldStart())
                    .isFalse();
            assertThat(deployment.state().workers()).hasSize(2).allSatisfy(worker -> {
                assertThat(worker.pid()).isNull();
                assertThat(worker.initMs()).containsOnlyKeys("modelLoad", "firstInference");
            });
            assertThat(deployment.metadata(1).inputs().getFirst().datatype()).isEqualTo(Datatype.FP32);
        }
    }

    @Test
    void aBadMemberOfABatchFailsByItself() {
        World world = world().instances(TestModels.lookup(directory), 1, 1, 4)
                .batching(World.upTo(4, Duration.ofSeconds(20)));
        try (LocalDeployment deployment = world.startReady()) {
            List<CompletableFuture<Answer>> answers = new ArrayList<>();
            for (long row : new long[] {0, 1, 99, 3}) {
                answers.add(deployment.infer(0, InferRequest.of(Tensor.longs("row", new long[] {1}, row))));
            }
            assertThat(answers.get(0).join().response().output("values").floats())
                    .containsExactly(0, 1);
            assertThat(answers.get(1).join().response().output("values").floats())
                    .containsExactly(10, 11);
            assertThat(answers.get(3).join().response().output("values").floats())
                    .containsExactly(30, 31);
            Answer bad = answers.get(2).join();
            assertThat(bad.outcome()).isEqualTo(Outcome.FAILED);
            assertThat(bad.status()).isBetween(400, 599);
            assertThat(bad.cause()).contains("99");
            assertThat(bad.served().batch()).isEqualTo(4);
        }
    }

    @Test
    void anInferenceThatDoesNotEndIsEndedAndItsWorkerReplaced() {
        World world = world().instances(TestModels.rounds(directory), 1, 1, 1);
        world.settings(world.settings().toBuilder()
                .inferenceTimeout(Duration.ofMillis(300))
                .build());
        try (LocalDeployment deployment = world.startReady()) {
            Answer endless = deployment.infer(0, rounds(Long.MAX_VALUE)).join();
            assertThat(endless.status()).isEqualTo(504);
            assertThat(endless.cause()).isEqualTo("worker c7a.large#0 did not answer within 300 ms");
            Answer next = deployment.infer(0, rounds(3)).join();
            assertThat(next.cause()).isNull();
            assertThat(next.response().output("y").longs()).containsExactly(3);
            assertThat(next.served().name()).isNotEqualTo("c7a.large#0");
        }
    }

    static InferRequest rounds(long often) {
        return InferRequest.of(Tensor.longs("x", new long[] {1}, often));
    }

    @Test
    void anAnswerDoesNotDependOnWhoElseAsks() {
        DoesNotMix.check(world());
    }

    @Test
    void whatTheModelDoesNotTakeIsSaid() {
        World world = world().instances(TestModels.add(directory), 1, 1, 1);
        try (LocalDeployment deployment = world.startReady()) {
            Answer wrong = deployment
                    .infer(0, InferRequest.of(Tensor.floats("z", new long[] {1, 3}, 1, 2, 3)))
                    .join();
            assertThat(wrong.status()).isEqualTo(400);
            assertThat(wrong.cause()).contains("no input 'z'");
        }
    }

    @Test
    void aCorruptModelFailsItsRequestsAndNotTheOthers() throws IOException {
        Path corrupt = Files.writeString(directory.resolve("corrupt.onnx"), "this is no network");
        World world = world().instances(corrupt, 1, 1, 1).instances(TestModels.add(directory), 1, 1, 1);
        try (LocalDeployment deployment = world.start()) {
            CompletableFuture<Answer> hopeless = deployment.infer(0, add("a", 1));
            assertThat(y(deployment.infer(1, add("b", 1)).join())).isEqualTo(2);
            assertThat(hopeless.join().outcome()).isEqualTo(Outcome.FAILED);
            assertThat(hopeless.join().cause())
                    .contains("no instance of v0 starts")
                    .contains("corrupt.onnx");
            await("both to be settled", deployment::ready);
        }
    }

    @Test
    void closingFreesModelsAndEndsThreads() {
        World world = world().instances(TestModels.add(directory), 2, 2, 1).function(TestModels.add(directory));
        LocalDeployment deployment = world.startReady();
        deployment.infer(1, add("a", 1)).join();
        List<String> names =
                deployment.state().workers().stream().map(Worker::name).toList();
        assertThat(names).hasSize(3);
        deployment.close();
        await(
                "the slots' threads to end",
                () -> Thread.getAllStackTraces().keySet().stream()
                        .map(Thread::getName)
                        .noneMatch(name -> name.startsWith("purser c7a") || name.startsWith("purser 1769")));
        assertThat(deployment.state().workers()).isEmpty();
        assertThat(deployment.infer(0, add("b", 1)).join().status()).isEqualTo(503);
    }

    @RepeatedTest(3)
    void underLoadEachCallerGetsItsOwnAnswer(RepetitionInfo repetition) throws InterruptedException {
        long seed = repetition.getCurrentRepetition();
        Random random = new Random(seed);
        World world = world().instances(TestModels.add(directory), 2, 2, 8)
                .batching(World.upTo(8, Duration.ZERO))
                .function(TestModels.add(directory));
        List<Throwable> wrong = new CopyOnWriteArrayList<>();
        try (LocalDeployment deployment = world.startReady()) {
            List<Thread> callers = new ArrayList<>();
            for (int c = 0; c < 16; c++) {
                long callerSeed = random.nextLong();
                int caller = c;
                callers.add(Thread.ofVirtual().start(() -> {
                    Random own = new Random(callerSeed);
                    try {
                        for (int i = 0; i < 200; i++) {
                            float[] x = new float[3 * (1 + own.nextInt(3))];
                            for (int k = 0; k < x.length; k++) {
                                x[k] = own.nextInt(1 << 20);
                            }
                            Tensor tensor = Tensor.floats("x", new long[] {x.length / 3, 3}, x);
                            InferRequest request =
                                    new InferRequest(caller + "/" + i, Map.of(), List.of(tensor), List.of(), true);
                            int variant = own.nextInt(10) == 0 ? 1 : 0;
                            Answer answer = deployment.infer(variant, request).join();
                            float[] y = answer.response().output("y").floats();
                            for (int k = 0; k < x.length; k++) {
                                x[k]++;
                            }
                            assertThat(y).containsExactly(x);
                            assertThat(answer.response().id()).isEqualTo(request.id());
                        }
                    } catch (Throwable e) {
                        wrong.add(e);
                    }
                }));
            }
            for (Thread thread : callers) {
                thread.join();
            }
            assertThat(wrong).as("seed " + seed).isEmpty();
            assertThat(deployment.query(live -> live.metrics().answered()).join())
                    .isEqualTo(3200);
        }
    }
}
