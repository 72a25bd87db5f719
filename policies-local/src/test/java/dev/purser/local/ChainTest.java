package dev.purser.local;

import static dev.purser.local.FakeHost.plusOne;
import static dev.purser.local.FakeHost.request;
import static dev.purser.local.World.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.purser.core.InputException;
import dev.purser.core.engine.Outcome;
import dev.purser.core.engine.RunResult;
import dev.purser.local.Answer.Place;
import dev.purser.local.LocalSettings.Mode;
import dev.purser.local.LocalState.Phase;
import dev.purser.worker.protocol.Datatype;
import dev.purser.worker.protocol.InferRequest;
import dev.purser.worker.protocol.InferResponse;
import dev.purser.worker.protocol.ModelMetadata;
import dev.purser.worker.protocol.ProtocolException;
import dev.purser.worker.protocol.RequestedOutput;
import dev.purser.worker.protocol.Tensor;
import dev.purser.worker.protocol.TensorMetadata;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A variant in three parts whose workers are the tests' own: each adds one. */
final class ChainTest {
    @TempDir
    private Path directory;

    private World chain() {
        Path onnx = directory.resolve("a.onnx");
        return new World(directory, Mode.PROCESS).chain(onnx, onnx, onnx);
    }

    private static float y(Answer answer) {
        assertThat(answer.cause()).isNull();
        return answer.response().output("y").floats()[0];
    }

    private static void nothingIsLeft(LocalDeployment deployment) {
        await("objects to be deleted", () -> deployment.state().objects().objects() == 0);
        assertThat(deployment.state().objects().bytes()).isZero();
    }

    @AfterEach
    void noFolderIsLeft() throws IOException {
        Path cache = directory.resolve("cache");
        if (Files.isDirectory(cache)) {
            try (Stream<Path> files = Files.list(cache)) {
                assertThat(files).isEmpty();
            }
        }
    }

    @Test
    void aRequestGoesThroughAllPartsColdAndWarm() {
        FakeHost host = new FakeHost();
        World world = chain();
        RunResult result;
        try (LocalDeployment deployment = world.start(host)) {
            InferRequest request = new InferRequest(
                    "a", Map.of(), request("a", 1).inputs(), List.of(new RequestedOutput("y", null)), true);
            Answer cold = deployment.infer(0, request).join();
            assertThat(y(cold)).isEqualTo(4);
            assertThat(cold.response().id()).isEqualTo("a");
            assertThat(cold.served())
                    .isEqualTo(new Answer.Served(
                            Place.FUNCTION,
                            "1769 MB#0 part 1, 3538 MB#1 part 2, 1769 MB#2 part 3",
                            true,
                            1,
                            World.THERE,
                            3,
                            3));
            assertThat(host.started.stream().map(worker -> worker.order))
                    .containsExactly(
                            new Host.Order(0, 0, "1769 MB#0 part 1", 1, 1, true),
                            new Host.Order(0, 1, "3538 MB#1 part 2", 1, 2, true),
                            new Host.Order(0, 2, "1769 MB#2 part 3", 1, 1, true));
            // the wishes of the sender are the last part's business; what one gives the next takes by its name
            assertThat(host.started.get(0).asked.getFirst().outputs()).isEmpty();
            assertThat(host.started.get(1).asked.getFirst().inputs().getFirst().name())
                    .isEqualTo("y");
            assertThat(host.started.get(1).asked.getFirst().outputs()).isEmpty();
            assertThat(host.started.get(2).asked.getFirst().outputs()).hasSize(1);
            assertThat(host.started.get(2).asked.getFirst().id()).isEqualTo("a");

            Answer warm = deployment.infer(0, request("b", 5)).join();
            assertThat(y(warm)).isEqualTo(8);
            assertThat(warm.served().coldStart()).isFalse();
            assertThat(warm.served().coldParts()).isZero();
            assertThat(warm.served().parts()).isEqualTo(3);
            assertThat(warm.latencyNanos()).isGreaterThanOrEqualTo(warm.queuedNanos() + warm.inferenceNanos());
            assertThat(host.started).hasSize(3);
            LocalState state = deployment.state();
            assertThat(state.objects().objects()).isZero();
            assertThat(state.objects().written())
                    .isPositive()
                    .isEqualTo(state.objects().read());
            assertThat(state.workers()).hasSize(3).allSatisfy(worker -> {
                assertThat(worker.phase()).isEqualTo(Phase.READY);
                assertThat(worker.served()).isEqualTo(2);
            });
            assertThat(state.fleets().stream().map(LocalState.Launches::name))
                    .containsExactly("v0, part 1 of 3", "v0, part 2 of 3", "v0, part 3 of 3");
            result = deployment.stop();
        }
        assertThat(result.metrics().coldStarts()).isEqualTo(1);
        assertThat(result.metrics().sandboxesStarted()).isEqualTo(3);
        assertThat(result.usage().functionRequests()).isEqualTo(6);
        assertThat(result.usage().objectsWritten()).isEqualTo(4);
        assertThat(result.usage().objectsRead()).isEqualTo(3 + 4);
        // each part is billed with its own memory: a millisecond at least, and the load of 7 ms where it was cold
        assertThat(result.usage().functionMbMillis()).isGreaterThanOrEqualTo((8 + 1) * (1769 + 3538 + 1769));
    }

    @Test
    void whatAPartHasAgainstItsInputFailsTheRequestAndLeavesNothing() {
        FakeHost host = new FakeHost() {
            @Override
            InferResponse answer(FakeWorker worker, InferRequest request) {
                if (worker.order.part() == 1 && request.inputs().getFirst().floats()[0] == 13) {
                    throw new ProtocolException(400, "not this number");
                }
                return plusOne(request);
            }
        };
        try (LocalDeployment deployment = chain().start(host)) {
            Answer bad = deployment.infer(0, request("a", 12)).join();
            assertThat(bad.outcome()).isEqualTo(Outcome.FAILED);
            assertThat(bad.status()).isEqualTo(400);
            assertThat(bad.cause()).isEqualTo("part 2 of 3: not this number");
            nothingIsLeft(deployment);
            assertThat(y(deployment.infer(0, request("b", 1)).join())).isEqualTo(4);
            assertThat(deployment
                            .query(engine -> engine.view().runningInvocations(0))
                            .join())
                    .isZero();
        }
    }

    @Test
    void aWorkerThatDiesInAPartFailsTheRequestAndLeavesNothing() {
        FakeHost host = new FakeHost() {
            @Override
            InferResponse answer(FakeWorker worker, InferRequest request) throws IOException {
                if (worker.order.part() == 2 && request.inputs().getFirst().floats()[0] == 14) {
                    throw new IOException("it died");
                }
                return plusOne(request);
            }
        };
        try (LocalDeployment deployment = chain().start(host)) {
            Answer bad = deployment.infer(0, request("a", 12)).join();
            assertThat(bad.status()).isEqualTo(503);
            assertThat(bad.cause()).isEqualTo("part 3 of 3: sandbox 1769 MB#2 part 3 was lost: it died");
            nothingIsLeft(deployment);
            Answer next = deployment.infer(0, request("b", 1)).join();
            assertThat(y(next)).isEqualTo(4);
            assertThat(next.served().coldParts()).isEqualTo(1);
            assertThat(deployment
                            .query(engine -> engine.view().runningInvocations(0))
                            .join())
                    .isZero();
        }
    }

    @Test
    void aPartThatDoesNotStartFailsTheRequestAndLeavesNothing() {
        FakeHost host = new FakeHost() {
            @Override
            void starting(FakeWorker worker) {
                if (worker.order.part() == 1) {
                    worker.fail("its model is corrupt");
                } else {
                    worker.ready();
                }
            }
        };
        try (LocalDeployment deployment = chain().start(host)) {
            for (int i = 0; i < 4; i++) {
                Answer bad = deployment.infer(0, request("a", 1)).join();
                assertThat(bad.status()).isEqualTo(503);
                assertThat(bad.cause()).startsWith("part 2 of 3: sandbox").contains("its model is corrupt");
                nothingIsLeft(deployment);
            }
            assertThat(deployment.state().fleets().stream().filter(launches -> launches.failed() > 0))
                    .singleElement()
                    .satisfies(launches -> {
                        assertThat(launches.name()).isEqualTo("v0, part 2 of 3");
                        assertThat(launches.failed())
                                .as("starts back off, and requests fail at once meanwhile")
                                .isLessThanOrEqualTo(4);
                    });
        }
    }

    @Test
    void aChainCountsOnceAgainstTheConcurrencyLimit() {
        FakeHost host = new FakeHost();
        try (LocalDeployment deployment = chain().concurrencyLimit(1).start(host)) {
            List<CompletableFuture<Answer>> answers = new ArrayList<>();
            for (int i = 0; i < 20; i++) {
                answers.add(deployment.infer(0, request("r" + i, i)));
            }
            for (int i = 0; i < 20; i++) {
                assertThat(y(answers.get(i).join())).isEqualTo(i + 3);
            }
            assertThat(host.started).as("one sandbox for each part").hasSize(3);
            assertThat(deployment.query(engine -> engine.metrics().throttles()).join())
                    .isPositive();
        }
    }

    @Test
    void partsMakeRoomForOneAnother() {
        FakeHost host = new FakeHost();
        World world = chain();
        // the second part needs both threads
        world.settings(world.settings().toBuilder().maxThreads(2).build());
        try (LocalDeployment deployment = world.start(host)) {
            List<CompletableFuture<Answer>> answers = new ArrayList<>();
            for (int i = 0; i < 20; i++) {
                answers.add(deployment.infer(0, request("r" + i, i)));
            }
            for (int i = 0; i < 20; i++) {
                assertThat(y(answers.get(i).join())).isEqualTo(i + 3);
            }
            nothingIsLeft(deployment);
        }
        assertThat(host.started.size()).isGreaterThan(3);
    }

    @Test
    void aPartForWhichThereIsNoRoomFailsInTime() {
        CountDownLatch never = new CountDownLatch(1);
        FakeHost host = new FakeHost() {
            @Override
            InferResponse answer(FakeWorker worker, InferRequest request) throws IOException {
                if (worker.order.variant() == 1) {
                    try {
                        never.await();
                    } catch (InterruptedException e) {
                        throw new IOException(e);
                    }
                }
                return plusOne(request);
            }
        };
        World world = chain().function(directory.resolve("a.onnx"));
        world.settings(world.settings().toBuilder().maxThreads(2).build());
        try (LocalDeployment deployment = world.start(host)) {
            CompletableFuture<Answer> holds = deployment.infer(1, request("long", 1));
            await("the other function to run", () -> host.started.size() == 1);
            Answer answer = deployment.infer(0, request("a", 1)).join();
            assertThat(answer.status()).isEqualTo(504);
            assertThat(answer.cause()).startsWith("no worker was free for it");
            nothingIsLeft(deployment);
            never.countDown();
            assertThat(holds.join().outcome()).isEqualTo(Outcome.ANSWERED);
        }
    }

    @Test
    void whatTheStoreHasNoRoomForFailsTheRequest() {
        FakeHost host = new FakeHost() {
            @Override
            InferResponse answer(FakeWorker worker, InferRequest request) {
                float[] many = new float[1 << 20];
                return new InferResponse(
                        "fake", null, null, Map.of(), List.of(Tensor.floats("y", new long[] {1 << 20}, many)));
            }
        };
        World world = chain();
        world.settings(world.settings().toBuilder().objectLimitMb(4).build());
        try (LocalDeployment deployment = world.start(host)) {
            Answer answer = deployment.infer(0, request("a", 1)).join();
            assertThat(answer.status()).isEqualTo(503);
            assertThat(answer.cause()).contains("part 1 of 3", "cannot be left for the next part", "no room for 4194");
            nothingIsLeft(deployment);
        }
    }

    @Test
    void whatIsUnderWayWhenTheGraceIsOverFailsAndLeavesNothing() throws InterruptedException {
        CountDownLatch now = new CountDownLatch(1);
        CountDownLatch inside = new CountDownLatch(1);
        FakeHost host = new FakeHost() {
            @Override
            InferResponse answer(FakeWorker worker, InferRequest request) throws IOException {
                if (worker.order.part() == 1) {
                    inside.countDown();
                    try {
                        now.await();
                    } catch (InterruptedException e) {
                        throw new IOException(e);
                    }
                }
                return plusOne(request);
            }

            @Override
            void starting(FakeWorker worker) {
                if (worker.order.part() < 2) {
                    worker.ready();
                }
            }
        };
        try (LocalDeployment deployment = chain().start(host)) {
            CompletableFuture<Answer> running = deployment.infer(0, request("a", 1));
            inside.await();
            assertThat(deployment.drain(Duration.ofMillis(10))).isEqualTo(1);
            assertThat(running.join().status()).isEqualTo(503);
            now.countDown();
            nothingIsLeft(deployment);
        }
    }

    @Test
    void prewarmingWarmsEveryPart() {
        FakeHost host = new FakeHost();
        try (LocalDeployment deployment =
                chain().keepAlive(Duration.ofMinutes(10), 1).start(host)) {
            assertThat(y(deployment.infer(0, request("a", 1)).join())).isEqualTo(4);
            await("sandboxes to be started ahead", () -> host.started.size() >= 6);
            assertThat(host.started.stream().map(worker -> worker.order.part()).distinct())
                    .containsExactlyInAnyOrder(0, 1, 2);
        }
    }

    @Test
    void itTakesWhatItsFirstPartTakesAndGivesWhatItsLastPartGives() {
        FakeHost host = new FakeHost() {
            @Override
            ModelMetadata metadata(FakeWorker worker) {
                int part = worker.order.part();
                return new ModelMetadata(
                        "fake",
                        List.of(),
                        "fake",
                        List.of(new TensorMetadata("in" + part, Datatype.FP32, List.of(-1L))),
                        List.of(new TensorMetadata("out" + part, Datatype.FP32, List.of(-1L))));
            }
        };
        try (LocalDeployment deployment = chain().start(host)) {
            ModelMetadata metadata = deployment.metadata(0);
            assertThat(metadata.name()).isEqualTo("v0");
            assertThat(metadata.inputs())
                    .singleElement()
                    .extracting(TensorMetadata::name)
                    .isEqualTo("in0");
            assertThat(metadata.outputs())
                    .singleElement()
                    .extracting(TensorMetadata::name)
                    .isEqualTo("out2");
            assertThat(host.stopped).as("those that were only asked").hasSize(2);
        }
    }

    @Test
    void aPartWithoutItsFileIsNamed() {
        assertThatThrownBy(() -> chain().start())
                .isInstanceOf(InputException.class)
                .hasMessageContainingAll("variant 'v0', part 'p0'", "variant 'v0', part 'p2'", "no such file");
    }

    /** Workers that refuse, die and do not start, few threads, a low limit: each request ends once, and nothing is left. */
    @RepeatedTest(10)
    void whateverHappensEachRequestEndsAndNothingIsLeft(RepetitionInfo repetition) {
        long seed = repetition.getCurrentRepetition();
        FakeHost host = new FakeHost() {
            private final Random random = new Random(seed);

            private synchronized int next(int bound) {
                return random.nextInt(bound);
            }

            @Override
            void starting(FakeWorker worker) {
                if (next(12) == 0) {
                    worker.fail("it would not");
                } else {
                    worker.ready();
                }
            }

            @Override
            InferResponse answer(FakeWorker worker, InferRequest request) throws IOException {
                switch (next(20)) {
                    case 0 -> throw new ProtocolException(400, "no");
                    case 1 -> throw new IOException("it died");
                    case 2 -> throw new IllegalStateException("a bug");
                    default -> Thread.yield();
                }
                return plusOne(request);
            }
        };
        World world = chain().concurrencyLimit(6).keepAlive(Duration.ofMillis(seed * 3), (int) seed % 2);
        world.settings(world.settings().toBuilder()
                .maxThreads(5)
                .backOff(new LocalSettings.BackOff(Duration.ofMillis(1), Duration.ofMillis(5), 2))
                .build());
        try (LocalDeployment deployment = world.start(host)) {
            List<CompletableFuture<Answer>> answers = new ArrayList<>();
            for (int i = 0; i < 300; i++) {
                answers.add(deployment.infer(0, request("r" + i, i)));
                if (i % 30 == 0) {
                    answers.get(i).join();
                }
            }
            int answered = 0;
            for (int i = 0; i < answers.size(); i++) {
                Answer answer = answers.get(i).join();
                if (answer.outcome() == Outcome.ANSWERED) {
                    answered++;
                    assertThat(y(answer)).as("seed " + seed).isEqualTo(i + 3);
                } else {
                    assertThat(answer.cause()).as("seed " + seed).isNotBlank();
                }
            }
            assertThat(answered).as("seed " + seed).isPositive();
            nothingIsLeft(deployment);
            assertThat(deployment
                            .query(engine -> engine.view().runningInvocations(0))
                            .join())
                    .as("seed " + seed)
                    .isZero();
            assertThat(deployment.openRequests()).isZero();
        }
    }
}
