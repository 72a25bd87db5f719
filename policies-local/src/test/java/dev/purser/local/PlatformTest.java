package dev.purser.local;

import static dev.purser.local.FakeHost.request;
import static dev.purser.local.World.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.purser.core.InputException;
import dev.purser.core.engine.ControllerSettings;
import dev.purser.core.engine.Outcome;
import dev.purser.core.pricing.Usage;
import dev.purser.core.workload.RequestClass;
import dev.purser.core.workload.Slo;
import dev.purser.local.Answer.Place;
import dev.purser.local.FakeHost.FakeWorker;
import dev.purser.local.LocalSettings.BackOff;
import dev.purser.local.LocalSettings.Mode;
import dev.purser.local.LocalState.Launches;
import dev.purser.local.LocalState.Phase;
import dev.purser.local.LocalState.Worker;
import dev.purser.worker.protocol.InferRequest;
import dev.purser.worker.protocol.InferResponse;
import dev.purser.worker.protocol.ProtocolException;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the platform makes of its workers' doings; they are the tests' own. */
final class PlatformTest {
    @TempDir
    private Path directory;

    private World world() {
        return new World(directory, Mode.PROCESS);
    }

    private World instances(int count, int slots, int maxBatch) {
        return world().instances(directory.resolve("a.onnx"), count, slots, maxBatch);
    }

    private World function() {
        return world().function(directory.resolve("a.onnx"));
    }

    private static float y(Answer answer) {
        assertThat(answer.cause()).isNull();
        return answer.response().output("y").floats()[0];
    }

    /** A host whose workers answer only when told. */
    private static final class Patient extends FakeHost {
        final CountDownLatch now = new CountDownLatch(1);
        final AtomicInteger inside = new AtomicInteger();

        @Override
        InferResponse answer(FakeWorker worker, InferRequest request) throws IOException {
            inside.incrementAndGet();
            try {
                now.await();
            } catch (InterruptedException e) {
                throw new IOException(e);
            }
            return super.answer(worker, request);
        }
    }

    @Nested
    class Instances {
        @Test
        void anAnswerSaysWhereItComesFromAndWhy() {
            FakeHost host = new FakeHost();
            try (LocalDeployment deployment = instances(1, 2, 1).start(host)) {
                Answer answer = deployment.infer(0, request("a", 1)).join();
                assertThat(y(answer)).isEqualTo(2);
                assertThat(answer.outcome()).isEqualTo(Outcome.ANSWERED);
                assertThat(answer.variant()).isZero();
                assertThat(answer.status()).isEqualTo(200);
                assertThat(answer.reason()).isEqualTo(World.THERE);
                assertThat(answer.served())
                        .isEqualTo(new Answer.Served(Place.INSTANCE, "c7a.large#0", false, 1, World.THERE));
                assertThat(answer.latencyNanos()).isGreaterThanOrEqualTo(answer.queuedNanos());
                assertThat(answer.queuedNanos()).isPositive();
                assertThat(host.started.getFirst().order).isEqualTo(new Host.Order(0, "c7a.large#0", 2, 1, false));
            }
        }

        @Test
        void requestsWaitForAnInstanceThatStarts() {
            CountDownLatch start = new CountDownLatch(1);
            FakeHost host = new FakeHost() {
                @Override
                void starting(FakeWorker worker) {
                    awaitQuietly(start);
                    worker.ready();
                }
            };
            try (LocalDeployment deployment = instances(1, 1, 1).start(host)) {
                CompletableFuture<Answer> waiting = deployment.infer(0, request("a", 1));
                assertThat(deployment.ready()).isFalse();
                assertThat(deployment.state().workers().getFirst().phase()).isEqualTo(Phase.STARTING);
                assertThat(waiting).isNotDone();
                start.countDown();
                assertThat(y(waiting.join())).isEqualTo(2);
                assertThat(deployment.ready()).isTrue();
                Worker worker = deployment.state().workers().getFirst();
                assertThat(worker.phase()).isEqualTo(Phase.READY);
                assertThat(worker.initMs()).containsExactly(Map.entry("modelLoad", 7.0));
                assertThat(worker.served()).isEqualTo(1);
            }
        }

        @Test
        void batchesFormWhileAllSlotsAreBusy() {
            Patient host = new Patient();
            World world = instances(1, 1, 8).batching(World.upTo(8, Duration.ZERO));
            try (LocalDeployment deployment = world.start(host)) {
                CompletableFuture<Answer> first = deployment.infer(0, request("first", 0));
                await("the first to be served", () -> host.inside.get() == 1);
                List<CompletableFuture<Answer>> others = new ArrayList<>();
                for (int i = 1; i <= 5; i++) {
                    others.add(deployment.infer(0, request("r" + i, i)));
                }
                host.now.countDown();
                assertThat(first.join().served().batch()).isEqualTo(1);
                for (int i = 1; i <= 5; i++) {
                    Answer answer = others.get(i - 1).join();
                    assertThat(y(answer)).isEqualTo(i + 1);
                    assertThat(answer.response().id()).isEqualTo("r" + i);
                    assertThat(answer.served().batch()).isEqualTo(5);
                }
            }
        }

        @Test
        void whatTheModelRefusesFailsWithItsWordsAndItsNeighboursDoNot() {
            FakeHost host = new FakeHost() {
                @Override
                InferResponse answer(FakeWorker worker, InferRequest request) throws IOException {
                    for (float x : request.inputs().getFirst().floats()) {
                        if (x < 0) {
                            throw new ProtocolException(422, "negative");
                        }
                    }
                    return super.answer(worker, request);
                }
            };
            World world = instances(1, 1, 3).batching(World.upTo(3, Duration.ofSeconds(20)));
            try (LocalDeployment deployment = world.start(host)) {
                for (int bad = 0; bad < 3; bad++) {
                    List<CompletableFuture<Answer>> answers = new ArrayList<>();
                    for (int i = 0; i < 3; i++) {
                        answers.add(deployment.infer(0, request("r" + i, i == bad ? -1 : i)));
                    }
                    for (int i = 0; i < 3; i++) {
                        Answer answer = answers.get(i).join();
                        assertThat(answer.served().batch()).isEqualTo(3);
                        if (i == bad) {
                            assertThat(answer.outcome()).isEqualTo(Outcome.FAILED);
                            assertThat(answer.status()).isEqualTo(422);
                            assertThat(answer.cause()).isEqualTo("negative");
                            assertThat(answer.response()).isNull();
                        } else {
                            assertThat(y(answer)).isEqualTo(i + 1);
                        }
                    }
                }
                assertThat(deployment.state().workers().getFirst().served()).isEqualTo(6);
            }
        }

        @Test
        void aRequestThatKillsWorkersFailsAndItsNeighboursAreAnswered() {
            FakeHost host = new FakeHost();
            World world = instances(1, 1, 3).batching(World.upTo(3, Duration.ofMillis(300)));
            try (LocalDeployment deployment = world.start(host)) {
                CompletableFuture<Answer> before = deployment.infer(0, request("a", 1));
                CompletableFuture<Answer> poison = deployment.infer(0, request("b", 666));
                CompletableFuture<Answer> after = deployment.infer(0, request("c", 3));
                assertThat(poison.join().outcome()).isEqualTo(Outcome.FAILED);
                assertThat(poison.join().status()).isEqualTo(503);
                assertThat(poison.join().cause())
                        .isEqualTo("worker c7a.large#2 was lost while it served the request: it died");
                assertThat(y(before.join())).isEqualTo(2);
                assertThat(y(after.join())).isEqualTo(4);
                await(
                        "the fourth instance",
                        () -> deployment.state().workers().stream()
                                .anyMatch(worker ->
                                        worker.name().equals("c7a.large#3") && worker.phase() == Phase.READY));
                LocalState state = deployment.state();
                assertThat(state.ended())
                        .extracting(Worker::name)
                        .containsExactly("c7a.large#2", "c7a.large#1", "c7a.large#0");
                assertThat(state.ended()).allSatisfy(worker -> {
                    assertThat(worker.phase()).isEqualTo(Phase.LOST);
                    assertThat(worker.cause()).isEqualTo("it died");
                });
                Launches launches = state.fleets().getFirst();
                assertThat(launches.started()).isEqualTo(4);
                assertThat(launches.failed()).isEqualTo(3);
                assertThat(launches.failuresInARow()).isEqualTo(3);
                assertThat(launches.broken()).isFalse();
            }
        }

        @Test
        void aWorkerThatTakesTooLongFailsItsRequestAndIsReplaced() {
            FakeHost host = new FakeHost() {
                @Override
                InferResponse answer(FakeWorker worker, InferRequest request) throws IOException {
                    if ("slow".equals(request.id())) {
                        throw new Backend.WorkerTimeoutException("not within a minute");
                    }
                    return super.answer(worker, request);
                }
            };
            try (LocalDeployment deployment = instances(1, 1, 1).start(host)) {
                CompletableFuture<Answer> slow = deployment.infer(0, request("slow", 1));
                CompletableFuture<Answer> next = deployment.infer(0, request("next", 2));
                assertThat(slow.join().status()).isEqualTo(504);
                assertThat(slow.join().cause()).isEqualTo("not within a minute");
                assertThat(y(next.join())).isEqualTo(3);
                assertThat(next.join().served().name()).isEqualTo("c7a.large#1");
            }
        }

        @Test
        void whatWaitsForAFleetThatDoesNotStartFailsWithTheCause() {
            FakeHost host = new FakeHost() {
                @Override
                void starting(FakeWorker worker) {
                    worker.fail("no such model");
                }
            };
            try (LocalDeployment deployment = instances(1, 1, 1).start(host)) {
                Answer answer = deployment.infer(0, request("a", 1)).join();
                assertThat(answer.outcome()).isEqualTo(Outcome.FAILED);
                assertThat(answer.status()).isEqualTo(503);
                assertThat(answer.cause()).isEqualTo("no instance of v0 starts: no such model");
                // those that come later need not wait for the next failure
                Answer later = deployment.infer(0, request("b", 1)).join();
                assertThat(later.cause()).isEqualTo(answer.cause());
                Launches launches = deployment.state().fleets().getFirst();
                assertThat(launches.broken()).isTrue();
                assertThat(launches.lastFailure()).isEqualTo("no such model");
                assertThat(launches.name()).isEqualTo("v0 on c7a.large");
                assertThat(launches.started()).isZero();
                assertThat(deployment.ready()).isTrue();
            }
        }

        @Test
        void aCrashLoopSlowsDown() {
            FakeHost host = new FakeHost() {
                @Override
                void starting(FakeWorker worker) {
                    worker.ready();
                    worker.fail("crashed");
                }
            };
            World world = instances(1, 1, 1);
            world.settings(world.settings().toBuilder()
                    .backOff(new BackOff(Duration.ofMillis(100), Duration.ofHours(1), 100))
                    .maxOpenRequests(100)
                    .build());
            try (LocalDeployment deployment = world.start(host)) {
                // at once, after 100 ms, after 10 s
                await(
                        "three starts",
                        () -> deployment.state().fleets().stream().anyMatch(launches -> launches.failed() == 3));
                LocalState state = deployment.state();
                assertThat(state.fleets().getFirst().backOff()).isGreaterThan(Duration.ofSeconds(1));
                assertThat(state.workers())
                        .singleElement()
                        .satisfies(worker -> assertThat(worker.phase()).isEqualTo(Phase.WAITING));
                assertThat(host.started).hasSize(3);
            }
        }

        @Test
        void anInstanceWaitsUntilOthersLeaveItRoom() {
            FakeHost host = new FakeHost();
            World world = instances(2, 1, 1);
            world.settings(world.settings().toBuilder().maxThreads(3).build());
            try (LocalDeployment deployment = world.start(host)) {
                assertThat(y(deployment.infer(0, request("a", 1)).join())).isEqualTo(2);
                assertThat(deployment.ready()).isTrue();
                assertThat(deployment.state().workers())
                        .extracting(Worker::phase)
                        .containsExactly(Phase.READY, Phase.WAITING);
                host.started.getFirst().fail("gone");
                await("the second to start", () -> host.started.size() > 1);
                assertThat(host.started.get(1).order.name()).isEqualTo("c7a.large#1");
                assertThat(y(deployment.infer(0, request("a", 1)).join())).isEqualTo(2);
            }
        }

        @Test
        void aStartThatTakesTooLongIsGivenUp() {
            FakeHost host = new FakeHost() {
                @Override
                void starting(FakeWorker worker) {
                    if (started.size() > 1) {
                        worker.ready();
                    }
                }
            };
            World world = instances(1, 1, 1);
            world.settings(world.settings().toBuilder()
                    .launchTimeout(Duration.ofMillis(50))
                    .maxOpenRequests(100)
                    .build());
            try (LocalDeployment deployment = world.start(host)) {
                assertThat(y(deployment.infer(0, request("a", 1)).join())).isEqualTo(2);
                assertThat(deployment.state().ended().getFirst().cause()).isEqualTo("it was not ready after 50 ms");
            }
        }
    }

    @Nested
    class Functions {
        @Test
        void aColdStartIsPaidAndTheNextRequestFindsItWarm() {
            FakeHost host = new FakeHost();
            try (LocalDeployment deployment = function().start(host)) {
                Answer cold = deployment.infer(0, request("a", 1)).join();
                Answer warm = deployment.infer(0, request("b", 2)).join();
                assertThat(y(cold)).isEqualTo(2);
                assertThat(y(warm)).isEqualTo(3);
                assertThat(cold.served())
                        .isEqualTo(new Answer.Served(Place.FUNCTION, "1769 MB#0", true, 1, World.THERE));
                assertThat(warm.served().coldStart()).isFalse();
                assertThat(warm.served().name()).isEqualTo("1769 MB#0");
                assertThat(deployment.query(live -> live.metrics().coldStarts()).join())
                        .isEqualTo(1);
                assertThat(deployment.query(live -> live.metrics().sandboxes()).join())
                        .isEqualTo(1);
                // 7 ms of initialisation, and what the two took, each rounded up to a millisecond
                Usage usage = deployment.query(live -> live.ledger().usage()).join();
                assertThat(usage.functionRequests()).isEqualTo(2);
                assertThat(usage.functionMbMillis()).isGreaterThanOrEqualTo(1769 * (8 + 1));
            }
        }

        @Test
        void theSandboxThatBecameIdleLastIsTakenFirst() throws Exception {
            CyclicBarrier both = new CyclicBarrier(2);
            FakeHost host = new FakeHost() {
                @Override
                InferResponse answer(FakeWorker worker, InferRequest request) throws IOException {
                    if (request.id() == null || !request.id().startsWith("alone")) {
                        try {
                            both.await();
                        } catch (Exception e) {
                            throw new IOException(e);
                        }
                    }
                    return super.answer(worker, request);
                }
            };
            try (LocalDeployment deployment = function().start(host)) {
                List<CompletableFuture<Answer>> two =
                        List.of(deployment.infer(0, request("a", 1)), deployment.infer(0, request("b", 1)));
                List<String> order = new java.util.concurrent.CopyOnWriteArrayList<>();
                for (CompletableFuture<Answer> one : two) {
                    one.thenAccept(answer -> order.add(answer.served().name()));
                }
                CompletableFuture.allOf(two.toArray(CompletableFuture[]::new)).join();
                await("both to be counted", () -> order.size() == 2);
                assertThat(order).containsExactlyInAnyOrder("1769 MB#0", "1769 MB#1");
                String last = deployment
                        .infer(0, request("alone 1", 1))
                        .join()
                        .served()
                        .name();
                for (int i = 2; i < 5; i++) {
                    assertThat(deployment
                                    .infer(0, request("alone " + i, 1))
                                    .join()
                                    .served()
                                    .name())
                            .isEqualTo(last);
                }
            }
        }

        @Test
        void anIdleSandboxIsReclaimedAfterItsKeepAlive() {
            FakeHost host = new FakeHost();
            World world = function().keepAlive(Duration.ofMillis(50), 0);
            try (LocalDeployment deployment = world.start(host)) {
                assertThat(y(deployment.infer(0, request("a", 1)).join())).isEqualTo(2);
                await("the sandbox to go", () -> deployment.state().workers().isEmpty());
                assertThat(host.stopped).containsExactly("1769 MB#0");
                await(
                        "the engine to know",
                        () -> deployment
                                        .query(live -> live.metrics().sandboxes())
                                        .join()
                                == 0);
                Answer again = deployment.infer(0, request("b", 1)).join();
                assertThat(again.served().coldStart()).isTrue();
                assertThat(again.served().name()).isEqualTo("1769 MB#1");
            }
        }

        @Test
        void whatIsBeyondTheConcurrencyLimitGoesWhenAnotherEnds() {
            Patient host = new Patient();
            World world = function().concurrencyLimit(2);
            try (LocalDeployment deployment = world.start(host)) {
                List<CompletableFuture<Answer>> answers = new ArrayList<>();
                for (int i = 0; i < 6; i++) {
                    answers.add(deployment.infer(0, request("r" + i, i)));
                }
                await("two to run", () -> host.inside.get() == 2);
                assertThat(deployment.query(live -> live.metrics().throttles()).join())
                        .isEqualTo(4);
                assertThat(host.started).hasSize(2);
                host.now.countDown();
                for (int i = 0; i < 6; i++) {
                    assertThat(y(answers.get(i).join())).isEqualTo(i + 1);
                }
                assertThat(host.started).hasSize(2);
            }
        }

        @Test
        void sandboxesAreStartedAhead() {
            FakeHost host = new FakeHost();
            World world = function().keepAlive(Duration.ofMinutes(1), 1);
            try (LocalDeployment deployment = world.start(host)) {
                // the engine asks for one ahead with the first request
                Answer first = deployment.infer(0, request("a", 1)).join();
                assertThat(first.outcome()).isEqualTo(Outcome.ANSWERED);
                await("the sandbox that was started ahead", () -> host.started.size() >= 2);
            }
        }

        @Test
        void aSandboxThatDoesNotStartFailsItsRequestAndTheNextOnesWithoutATryUntilItsBackOffIsOver() {
            FakeHost host = new FakeHost() {
                @Override
                void starting(FakeWorker worker) {
                    worker.fail("no such model");
                }
            };
            try (LocalDeployment deployment = function().start(host)) {
                Answer first = deployment.infer(0, request("a", 1)).join();
                assertThat(first.outcome()).isEqualTo(Outcome.FAILED);
                assertThat(first.status()).isEqualTo(503);
                assertThat(first.cause()).isEqualTo("sandbox 1769 MB#0 did not start: no such model");
                deployment.infer(0, request("b", 1)).join();
                Answer third = deployment.infer(0, request("c", 1)).join();
                assertThat(third.cause())
                        .startsWith("sandboxes of v0 at 1769 MB do not start, and the next try is in")
                        .endsWith("no such model");
                assertThat(host.started).hasSize(2);
                assertThat(deployment.query(live -> live.metrics().sandboxes()).join())
                        .isZero();
            }
        }

        @Test
        void aRequestWhoseSandboxesDieIsTriedElsewhereAndFailsInTheEnd() {
            FakeHost host = new FakeHost();
            try (LocalDeployment deployment = function().start(host)) {
                Answer dead = deployment.infer(0, request(FakeHost.POISON, 1)).join();
                assertThat(dead.outcome()).isEqualTo(Outcome.FAILED);
                assertThat(dead.cause()).isEqualTo("sandbox 1769 MB#2 was lost: it died");
                assertThat(y(deployment.infer(0, request("a", 1)).join())).isEqualTo(2);
            }
        }

        @Test
        void anIdleSandboxGivesWayToAnInstance() {
            FakeHost host = new FakeHost();
            World world = function();
            world.instances(directory.resolve("b.onnx"), 1, 1, 1);
            world.settings(world.settings().toBuilder().maxThreads(2).build());
            try (LocalDeployment deployment = world.start(host)) {
                await("the instance", deployment::ready);
                // no room for a sandbox beside an instance of two processors: throttled until the instance is gone
                CompletableFuture<Answer> inFunction = deployment.infer(0, request("a", 1));
                await(
                        "the throttle",
                        () -> deployment
                                        .query(live -> live.metrics().throttles())
                                        .join()
                                > 0);
                assertThat(inFunction).isNotDone();
                assertThat(deployment.drain(Duration.ZERO)).isEqualTo(1);
                assertThat(inFunction.join().outcome()).isEqualTo(Outcome.FAILED);
            }
        }
    }

    @Nested
    class Endings {
        @Test
        void drainingWaitsForWhatIsOpenAndTakesNothingNew() {
            Patient host = new Patient();
            LocalDeployment deployment = instances(1, 1, 1).start(host);
            CompletableFuture<Answer> served = deployment.infer(0, request("a", 1));
            CompletableFuture<Answer> queued = deployment.infer(0, request("b", 2));
            await("one to run", () -> host.inside.get() == 1);
            CompletableFuture<Integer> drained =
                    CompletableFuture.supplyAsync(() -> deployment.drain(Duration.ofSeconds(30)));
            await("the end of business", () -> !deployment.ready());
            Answer late = deployment.infer(0, request("c", 3)).join();
            assertThat(late.outcome()).isEqualTo(Outcome.REFUSED);
            assertThat(late.status()).isEqualTo(503);
            assertThat(late.reason().code()).isEqualTo("shutting-down");
            assertThat(drained).isNotDone();
            host.now.countDown();
            assertThat(drained.join()).isZero();
            assertThat(y(served.join())).isEqualTo(2);
            assertThat(y(queued.join())).isEqualTo(3);
            deployment.close();
            assertThat(host.stopped).containsExactly("c7a.large#0");
        }

        @Test
        void whatHasNotEndedAfterTheGraceFailsWhereverItIs() {
            Patient host = new Patient();
            World world = instances(1, 1, 2).concurrencyLimit(1);
            world.function(directory.resolve("b.onnx"));
            LocalDeployment deployment = world.start(host);
            List<CompletableFuture<Answer>> answers = new ArrayList<>();
            for (int i = 0; i < 8; i++) {
                answers.add(deployment.infer(i % 2, request("r" + i, i)));
            }
            await("an instance and a function to be busy", () -> host.inside.get() == 2);
            assertThat(deployment.openRequests()).isEqualTo(8);
            assertThat(deployment.drain(Duration.ofMillis(20))).isEqualTo(8);
            for (CompletableFuture<Answer> answer : answers) {
                assertThat(answer.join().outcome()).isEqualTo(Outcome.FAILED);
                assertThat(answer.join().status()).isEqualTo(503);
                assertThat(answer.join().cause()).contains("had not ended after a grace of 20 ms");
            }
            deployment.close();
            host.now.countDown();
            assertThat(deployment.openRequests()).isZero();
            assertThat(deployment.query(live -> live.openRequests()).join()).isZero();
            assertThat(deployment.query(live -> live.aliveInstances()).join()).isZero();
            deployment.close();
        }

        @Test
        void aRequestThatWaitsTooLongIsRefused() {
            FakeHost host = new FakeHost() {
                @Override
                void starting(FakeWorker worker) {}
            };
            World world = instances(1, 1, 1)
                    .controller(new ControllerSettings(Duration.ofMillis(20), Duration.ofMillis(50), 0, 10, 3));
            try (LocalDeployment deployment = world.start(host)) {
                Answer answer = deployment.infer(0, request("a", 1)).join();
                assertThat(answer.outcome()).isEqualTo(Outcome.REFUSED);
                assertThat(answer.status()).isEqualTo(504);
                assertThat(answer.cause())
                        .isEqualTo("no worker was free for it within the time that requests may wait");
                assertThat(answer.served()).isNull();
            }
        }

        @Test
        void requestsBeyondTheLimitAreRefusedAtOnce() {
            Patient host = new Patient();
            World world = instances(1, 1, 1);
            world.settings(world.settings().toBuilder().maxOpenRequests(3).build());
            try (LocalDeployment deployment = world.start(host)) {
                List<CompletableFuture<Answer>> open = new ArrayList<>();
                for (int i = 0; i < 3; i++) {
                    open.add(deployment.infer(0, request("r" + i, i)));
                }
                Answer beyond = deployment.infer(0, request("x", 1)).join();
                assertThat(beyond.outcome()).isEqualTo(Outcome.REFUSED);
                assertThat(beyond.status()).isEqualTo(429);
                assertThat(beyond.cause()).isEqualTo("3 requests are open, and the limit is 3");
                host.now.countDown();
                for (CompletableFuture<Answer> answer : open) {
                    assertThat(answer.join().outcome()).isEqualTo(Outcome.ANSWERED);
                }
                assertThat(y(deployment.infer(0, request("y", 1)).join())).isEqualTo(2);
            }
        }

        @Test
        void whoReadsAnAnswerSlowlyDoesNotHoldUpTheEngine() {
            FakeHost host = new FakeHost();
            CountDownLatch read = new CountDownLatch(1);
            try (LocalDeployment deployment = instances(1, 2, 1).start(host)) {
                CompletableFuture<Void> slow = CompletableFuture.runAsync(
                        () -> deployment.infer(0, request("a", 1)).thenAccept(answer -> awaitQuietly(read)));
                await(
                        "the answer to be counted",
                        () -> deployment
                                        .query(live -> live.metrics().answered())
                                        .join()
                                == 1);
                assertThat(deployment.state().workers()).hasSize(1);
                read.countDown();
                slow.join();
            }
        }
    }

    @Nested
    class Surface {
        @Test
        void classesCanBeAddedUpToALimit() {
            try (LocalDeployment deployment = instances(1, 1, 1).start(new FakeHost())) {
                Slo slo = new Slo(Slo.Urgency.STRICT, Duration.ofSeconds(1), null, null);
                int added = deployment
                        .addRequestClass(new RequestClass("mine", 1, null, slo))
                        .join();
                assertThat(added).isEqualTo(1);
                assertThat(y(deployment.infer(added, request("a", 1)).join())).isEqualTo(2);
                Answer chosen = deployment.infer(added, request("a", 1)).join();
                assertThat(chosen.reason()).isEqualTo(World.WHY);
                assertThat(chosen.served().reason()).isEqualTo(World.THERE);

                Slo impossible = new Slo(Slo.Urgency.STRICT, Duration.ofNanos(1), null, null);
                assertThatThrownBy(() -> deployment
                                .addRequestClass(new RequestClass("no", 1, null, impossible))
                                .join())
                        .hasCauseInstanceOf(InputException.class);
                for (int i = 2; i < LocalDeployment.MAX_REQUEST_CLASSES; i++) {
                    deployment
                            .addRequestClass(new RequestClass("c" + i, 1, null, slo))
                            .join();
                }
                assertThatThrownBy(() -> deployment
                                .addRequestClass(new RequestClass("beyond", 1, null, slo))
                                .join())
                        .hasCauseInstanceOf(InputException.class)
                        .hasMessageContaining("there are 1024 classes");
                assertThatThrownBy(() -> deployment.infer(5000, request("a", 1)))
                        .isInstanceOf(IllegalArgumentException.class);
            }
        }

        @Test
        void whatAVariantTakesIsAskedOfAWorkerOrOfOneStartedForIt() {
            FakeHost host = new FakeHost();
            World world = function();
            try (LocalDeployment deployment = world.start(host)) {
                assertThat(deployment.metadata(0).inputs().getFirst().name()).isEqualTo("x");
                assertThat(host.started).hasSize(1);
                assertThat(host.stopped).containsExactly("v0 metadata");
                deployment.infer(0, request("a", 1)).join();
                deployment.metadata(0);
                assertThat(host.started).hasSize(2);
            }
        }

        @Test
        void aModelThatDoesNotStartHasNoMetadata() {
            FakeHost host = new FakeHost() {
                @Override
                void starting(FakeWorker worker) {
                    worker.fail("no such model");
                }
            };
            try (LocalDeployment deployment = function().start(host)) {
                assertThatThrownBy(() -> deployment.metadata(0))
                        .isInstanceOf(ProtocolException.class)
                        .hasMessage("model v0: no such model");
            }
        }

        @Test
        void filesThatAreMissingAreSaidTogether() {
            World world = instances(1, 1, 1).function(directory.resolve("b.onnx"));
            assertThatThrownBy(world::start)
                    .isInstanceOf(InputException.class)
                    .hasMessageContainingAll(
                            "variant 'v0'", "a.onnx", "variant 'v1'", "b.onnx", "there is no such file");
        }
    }

    /** Workers that die, refuse and dawdle by chance; every request ends once, and with its own answer. */
    @RepeatedTest(6)
    void whateverWorkersDoEachRequestEndsOnceWithItsOwnAnswer(RepetitionInfo repetition) throws Exception {
        long seed = repetition.getCurrentRepetition();
        Random random = new Random(seed);
        FakeHost host = new FakeHost() {
            @Override
            void starting(FakeWorker worker) {
                if (chance(15)) {
                    worker.fail("by chance");
                } else {
                    worker.ready();
                    if (chance(5)) {
                        worker.fail("soon after");
                    }
                }
            }

            @Override
            InferResponse answer(FakeWorker worker, InferRequest request) throws IOException {
                if (chance(50)) {
                    throw new IOException("died by chance");
                }
                if (chance(200)) {
                    throw new Backend.WorkerTimeoutException("late by chance");
                }
                if (chance(100)) {
                    worker.fail("died on the way");
                }
                if (chance(40)) {
                    throw new ProtocolException(400, "refused by chance");
                }
                return super.answer(worker, request);
            }
        };
        World world = instances(2, 2, 4).batching(World.upTo(4, Duration.ofMillis(1)));
        world.function(directory.resolve("b.onnx")).concurrencyLimit(3).keepAlive(Duration.ofMillis(5), 1);
        world.settings(world.settings().toBuilder()
                .backOff(new BackOff(Duration.ofMillis(1), Duration.ofMillis(10), 2))
                .maxFailedStarts(3)
                .maxThreads(7)
                .build());
        int callers = 8;
        int each = 150;
        AtomicInteger answered = new AtomicInteger();
        AtomicInteger failed = new AtomicInteger();
        AtomicInteger completions = new AtomicInteger();
        List<Throwable> wrong = new java.util.concurrent.CopyOnWriteArrayList<>();
        LocalDeployment deployment = world.start(host);
        List<Thread> threads = new ArrayList<>();
        for (int c = 0; c < callers; c++) {
            int caller = c;
            long callerSeed = random.nextLong();
            threads.add(Thread.ofVirtual().start(() -> {
                Random own = new Random(callerSeed);
                try {
                    for (int i = 0; i < each; i++) {
                        float x = caller * 10_000 + i;
                        CompletableFuture<Answer> future = deployment.infer(own.nextInt(2), request("r" + x, x));
                        future.thenRun(completions::incrementAndGet);
                        Answer answer = future.join();
                        if (answer.outcome() == Outcome.ANSWERED) {
                            assertThat(y(answer)).isEqualTo(x + 1);
                            assertThat(answer.response().id()).isEqualTo("r" + x);
                            answered.incrementAndGet();
                        } else {
                            assertThat(answer.cause()).isNotBlank();
                            failed.incrementAndGet();
                        }
                    }
                } catch (Throwable e) {
                    wrong.add(e);
                }
            }));
        }
        for (Thread thread : threads) {
            thread.join();
        }
        assertThat(wrong).as("seed " + seed).isEmpty();
        assertThat(answered.get() + failed.get()).as("seed " + seed).isEqualTo(callers * each);
        assertThat(completions).as("seed " + seed).hasValue(callers * each);
        assertThat(answered).as("seed " + seed).hasPositiveValue();
        assertThat(deployment.openRequests()).as("seed " + seed).isZero();
        assertThat(deployment.query(live -> live.openRequests()).join()).isZero();
        deployment.close();
        assertThat(host.stopped).as("seed " + seed).hasSizeGreaterThanOrEqualTo(host.started.size());
    }

    private static boolean chance(int oneIn) {
        return ThreadLocalRandom.current().nextInt(oneIn) == 0;
    }

    private static void awaitQuietly(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }
}
