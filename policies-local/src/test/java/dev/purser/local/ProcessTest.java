package dev.purser.local;

import static dev.purser.local.InProcessTest.add;
import static dev.purser.local.InProcessTest.rounds;
import static dev.purser.local.InProcessTest.y;
import static dev.purser.local.World.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.purser.core.engine.Outcome;
import dev.purser.local.Answer.Place;
import dev.purser.local.LocalSettings.Mode;
import dev.purser.local.LocalState.Launches;
import dev.purser.local.LocalState.Phase;
import dev.purser.local.LocalState.Worker;
import dev.purser.worker.TestModels;
import dev.purser.worker.protocol.InferRequest;
import dev.purser.worker.protocol.Tensor;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The platform with worker processes, which are killed, stopped and misled for real. */
final class ProcessTest {
    /** Shared, so that the runtime's libraries are unpacked once. */
    @TempDir
    private static Path directory;

    /** Workers that were seen; none may be left. */
    private final Set<Long> seen = ConcurrentHashMap.newKeySet();

    private World world() {
        return new World(directory, Mode.PROCESS);
    }

    private List<Worker> workers(LocalDeployment deployment) {
        List<Worker> workers = deployment.state().workers();
        for (Worker worker : workers) {
            if (worker.pid() != null) {
                seen.add(worker.pid());
            }
        }
        return workers;
    }

    private long pid(LocalDeployment deployment) {
        return workers(deployment).getFirst().pid();
    }

    @AfterEach
    void noWorkerIsLeft() {
        await("workers to end", () -> seen.stream().noneMatch(ProcessTest::runs));
    }

    /** Whether a process runs; one that has ended and that nobody has asked for its end does not. */
    private static boolean runs(long pid) {
        if (ProcessHandle.of(pid).isEmpty()) {
            return false;
        }
        Path stat = Path.of("/proc/" + pid + "/stat");
        try {
            String text = Files.exists(stat) ? Files.readString(stat) : ") R";
            return text.charAt(text.lastIndexOf(')') + 2) != 'Z';
        } catch (IOException e) {
            return false;
        }
    }

    private static void signal(String signal, long pid) {
        try {
            assertThat(new ProcessBuilder("kill", signal, Long.toString(pid))
                            .inheritIO()
                            .start()
                            .waitFor())
                    .isZero();
        } catch (IOException | InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void aWorkerThatRunsOutOfMemoryIsSaidToHave() {
        World world = world().instances(TestModels.add(directory), 1, 1, 1);
        try (LocalDeployment deployment = world.startReady()) {
            int rows = 1 << 22;
            InferRequest huge = InferRequest.of(Tensor.floats("x", new long[] {rows, 3}, new float[3 * rows]));
            Answer answer = deployment.infer(0, huge).join();
            assertThat(answer.outcome()).isEqualTo(Outcome.FAILED);
            assertThat(answer.cause()).contains("it ran out of memory, with a Java heap of 32 MB");
        }
    }

    /** Whatever keys the gateway wants: no port, and sockets in a folder that only this user can enter. */
    @Test
    void noOneElseOnTheMachineCanAskAWorker() throws IOException {
        World world = world().instances(TestModels.add(directory), 2, 1, 1);
        try (LocalDeployment deployment = world.startReady()) {
            assertThat(y(deployment.infer(0, add("a", 1)).join())).isEqualTo(2);
            Path run = world.directory().resolve("cache/run");
            try (Stream<Path> folders = Files.list(run)) {
                Path folder = folders.findFirst().orElseThrow();
                assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(folder)))
                        .isEqualTo("rwx------");
                try (Stream<Path> sockets = Files.list(folder)) {
                    assertThat(sockets).hasSize(2);
                }
            }
            Set<String> listening = listening();
            for (LocalState.Worker worker : deployment.state().workers()) {
                try (Stream<Path> open =
                        Files.list(Path.of("/proc", worker.pid().toString(), "fd"))) {
                    assertThat(open.map(ProcessTest::target).filter(listening::contains))
                            .as(worker.name())
                            .isEmpty();
                }
            }
        }
        try (Stream<Path> left = Files.list(world.directory().resolve("cache/run"))) {
            assertThat(left).isEmpty();
        }
    }

    /** The sockets of the machine that wait for connections at a port, as links to them are called. */
    private static Set<String> listening() throws IOException {
        Set<String> sockets = new HashSet<>();
        for (String table : List.of("/proc/net/tcp", "/proc/net/tcp6")) {
            for (String line : Files.readAllLines(Path.of(table))) {
                String[] fields = line.strip().split(" +");
                if (fields.length > 9 && fields[3].equals("0A")) {
                    sockets.add("socket:[" + fields[9] + "]");
                }
            }
        }
        return sockets;
    }

    private static String target(Path link) {
        try {
            return Files.readSymbolicLink(link).toString();
        } catch (IOException e) {
            return "";
        }
    }

    @Test
    void anAnswerDoesNotDependOnWhoElseAsks() {
        DoesNotMix.check(world());
    }

    @Test
    void instancesAndFunctionsAnswer() throws IOException {
        Path logs = directory.resolve("logs");
        World world = world().instances(TestModels.add(directory), 1, 2, 1).function(TestModels.lookup(directory));
        world.settings(world.settings().toBuilder()
                .logs(logs, 1)
                .warmUp(Duration.ofMillis(100))
                .build());
        try (LocalDeployment deployment = world.startReady()) {
            Answer answer = deployment.infer(0, add("a", 1)).join();
            assertThat(y(answer)).isEqualTo(2);
            assertThat(answer.response().id()).isEqualTo("a");
            assertThat(answer.response().modelName()).isEqualTo("v0");
            InferRequest row = InferRequest.of(Tensor.longs("row", new long[] {1}, 2));
            Answer cold = deployment.infer(1, row).join();
            assertThat(cold.response().output("values").floats()).containsExactly(20, 21);
            assertThat(cold.served().coldStart()).isTrue();
            assertThat(cold.served().place()).isEqualTo(Place.FUNCTION);
            Answer warm = deployment.infer(1, row).join();
            assertThat(warm.served().coldStart()).isFalse();
            assertThat(warm.latencyNanos()).isLessThan(cold.latencyNanos());

            assertThat(workers(deployment)).hasSize(2).allSatisfy(worker -> {
                assertThat(runs(worker.pid())).isTrue();
                assertThat(worker.initMs()).containsKeys("processStart", "runtimeLoad", "modelLoad", "firstInference");
                if (worker.place() == Place.INSTANCE) {
                    assertThat(worker.initMs().get("warmUp")).isGreaterThanOrEqualTo(100);
                    assertThat(worker.served())
                            .as("made-up requests do not count")
                            .isEqualTo(1);
                } else {
                    assertThat(worker.initMs()).as("its request waits").doesNotContainKey("warmUp");
                }
            });
            // Ctrl-C in a terminal reaches workers too, and is none of their business
            for (Worker worker : workers(deployment)) {
                signal("-INT", worker.pid());
            }
            assertThat(deployment.metadata(0).inputs().getFirst().name()).isEqualTo("x");
            assertThat(deployment.metadata(1).inputs().getFirst().name()).isEqualTo("row");
            Answer wrong = deployment.infer(0, row).join();
            assertThat(wrong.status()).isEqualTo(400);
            assertThat(wrong.cause()).contains("no input 'row'");
            assertThat(deployment.state().ended()).isEmpty();
            assertThat(logs).isDirectoryNotContaining(path -> !path.toString().endsWith(".log"));
        }
    }

    @Test
    void aChainAnswersColdWarmAndAfterAPartWasKilled() {
        World world = world().chain(
                        TestModels.step(directory, "x", "a"),
                        TestModels.step(directory, "a", "b"),
                        TestModels.step(directory, "b", "y"));
        try (LocalDeployment deployment = world.start()) {
            Answer cold = deployment.infer(0, add("a", 1)).join();
            assertThat(y(cold)).isEqualTo(4);
            assertThat(cold.served().coldParts()).isEqualTo(3);
            assertThat(y(deployment.infer(0, add("b", 2)).join())).isEqualTo(5);
            List<Worker> parts = workers(deployment);
            assertThat(parts).hasSize(3).allSatisfy(part -> {
                assertThat(runs(part.pid())).isTrue();
                assertThat(part.served()).isEqualTo(2);
            });
            signal("-KILL", parts.get(1).pid());
            await("the loss to be seen", () -> deployment.state().workers().size() == 2);
            Answer again = deployment.infer(0, add("c", 3)).join();
            assertThat(y(again)).isEqualTo(6);
            assertThat(again.served().coldParts()).isEqualTo(1);
            workers(deployment);
            assertThat(deployment.state().objects().objects()).isZero();
        }
    }

    @Test
    void workersKilledUnderLoadCostNoRequestItsEnd() throws InterruptedException {
        World world = world().instances(TestModels.add(directory), 2, 2, 4)
                .batching(World.upTo(4, Duration.ZERO))
                .function(TestModels.add(directory));
        AtomicBoolean stop = new AtomicBoolean();
        AtomicInteger sent = new AtomicInteger();
        AtomicInteger answered = new AtomicInteger();
        AtomicInteger ended = new AtomicInteger();
        List<Throwable> wrong = new CopyOnWriteArrayList<>();
        try (LocalDeployment deployment = world.startReady()) {
            List<Thread> callers = new ArrayList<>();
            for (int c = 0; c < 8; c++) {
                int caller = c;
                callers.add(Thread.ofVirtual().start(() -> {
                    try {
                        for (int i = 0; !stop.get(); i++) {
                            float x = caller * 100_000 + i;
                            sent.incrementAndGet();
                            CompletableFuture<Answer> future = deployment.infer(caller < 6 ? 0 : 1, add("r" + x, x));
                            future.thenRun(ended::incrementAndGet);
                            Answer answer = future.join();
                            if (answer.outcome() == Outcome.ANSWERED) {
                                assertThat(y(answer)).isEqualTo(x + 1);
                                assertThat(answer.response().id()).isEqualTo("r" + x);
                                answered.incrementAndGet();
                            } else {
                                assertThat(answer.cause()).isNotBlank();
                            }
                        }
                    } catch (Throwable e) {
                        wrong.add(e);
                    }
                }));
            }
            for (int kill = 0; kill < 3; kill++) {
                int before = answered.get();
                await("answers", () -> answered.get() > before + 100 || !wrong.isEmpty());
                List<Worker> ready = workers(deployment).stream()
                        .filter(worker -> worker.phase() == Phase.READY)
                        .toList();
                signal("-KILL", ready.get(kill % ready.size()).pid());
            }
            int before = answered.get();
            await("answers after the last kill", () -> answered.get() > before + 100 || !wrong.isEmpty());
            stop.set(true);
            for (Thread thread : callers) {
                thread.join();
            }
            assertThat(wrong).isEmpty();
            assertThat(ended.get()).isEqualTo(sent.get());
            LocalState state = deployment.state();
            workers(deployment);
            assertThat(state.ended())
                    .hasSize(3)
                    .allSatisfy(worker -> assertThat(worker.cause()).startsWith("it was ended by signal 9"));
        }
    }

    @Test
    void aWorkerThatHangsIsKilledAndItsRequestAnsweredElsewhere() {
        assumeTrue(Files.isDirectory(Path.of("/proc")), "signals are sent with kill");
        World world = world().instances(TestModels.add(directory), 1, 1, 1);
        try (LocalDeployment deployment = world.startReady()) {
            long hanging = pid(deployment);
            signal("-STOP", hanging);
            Answer answer = deployment.infer(0, add("a", 1)).join();
            assertThat(y(answer)).isEqualTo(2);
            assertThat(answer.served().name()).isEqualTo("c7a.large#1");
            assertThat(deployment.state().ended().getFirst().cause())
                    .isEqualTo("it did not answer a health check within 4.0 s");
            assertThat(runs(hanging)).isFalse();
            pid(deployment);
        }
    }

    @Test
    void anInferenceThatTakesTooLongFailsAndTheNextIsServed() {
        World world = world().instances(TestModels.rounds(directory), 1, 1, 1);
        world.settings(world.settings().toBuilder()
                .inferenceTimeout(Duration.ofMillis(1500))
                .build());
        try (LocalDeployment deployment = world.startReady()) {
            pid(deployment);
            Answer endless = deployment.infer(0, rounds(Long.MAX_VALUE)).join();
            assertThat(endless.outcome()).isEqualTo(Outcome.FAILED);
            assertThat(endless.status()).isEqualTo(504);
            assertThat(endless.cause()).isEqualTo("worker c7a.large#0 did not answer within 1.5 s");
            Answer next = deployment.infer(0, rounds(3)).join();
            assertThat(next.outcome()).isEqualTo(Outcome.ANSWERED);
            pid(deployment);
        }
    }

    private static InferRequest rows(int rows) {
        return InferRequest.of(Tensor.floats("x", new long[] {rows, 512}, new float[rows * 512]));
    }

    @Test
    void aRequestWhoseWorkersDieEachTimeFailsAndTheNextIsServed() {
        Path slow = TestModels.slow(directory, 800, 512);
        World world = world().instances(slow, 1, 1, 1);
        try (LocalDeployment deployment = world.startReady()) {
            CompletableFuture<Answer> poison = deployment.infer(0, rows(1000));
            CompletableFuture<Answer> next = deployment.infer(0, rows(1));
            for (int i = 0; i < 3; i++) {
                String name = "c7a.large#" + i;
                await(
                        name + " to serve it",
                        () -> workers(deployment).stream()
                                .anyMatch(worker -> worker.name().equals(name) && worker.running() == 1));
                signal("-KILL", pid(deployment));
            }
            assertThat(poison.join().outcome()).isEqualTo(Outcome.FAILED);
            assertThat(poison.join().status()).isEqualTo(503);
            assertThat(poison.join().cause())
                    .startsWith("worker c7a.large#2 was lost while it served the request: it was ended by signal 9");
            assertThat(next.join().outcome()).isEqualTo(Outcome.ANSWERED);
            assertThat(next.join().served().name()).isEqualTo("c7a.large#3");
            workers(deployment);
        }
    }

    @Test
    void aModelFileThatIsCorruptFailsItsRequestsWithTheCauseAndStartsSlowDown() throws IOException {
        Path corrupt = Files.writeString(directory.resolve("corrupt.onnx"), "this is no network");
        World world = world().instances(corrupt, 1, 1, 1).function(corrupt);
        try (LocalDeployment deployment = world.start()) {
            Answer waited = deployment.infer(0, add("a", 1)).join();
            assertThat(waited.outcome()).isEqualTo(Outcome.FAILED);
            assertThat(waited.status()).isEqualTo(503);
            assertThat(waited.cause()).contains("no instance of v0 starts").contains("corrupt.onnx");
            Launches launches = deployment.state().fleets().getFirst();
            assertThat(launches.broken()).isTrue();
            assertThat(launches.failuresInARow()).isGreaterThanOrEqualTo(2);
            Answer invoked = deployment.infer(1, add("b", 1)).join();
            assertThat(invoked.cause())
                    .contains("sandbox 1769 MB#0 did not start")
                    .contains("corrupt.onnx");
            workers(deployment);
        }
    }

    @Test
    void aLongCommandLineAndAnUnwritableLogDoNoHarm() throws IOException {
        Path file = Files.writeString(directory.resolve("in-the-way"), "");
        World world = world().instances(TestModels.add(directory), 1, 1, 1);
        LocalSettings settings =
                world.settings().toBuilder().logs(file.resolve("logs"), 1).build();
        world.settings(settings.toBuilder()
                .jvmOptions(List.of("-Dlong=" + "x".repeat(20_000)))
                .maxOpenRequests(100)
                .build());
        try (LocalDeployment deployment = world.startReady()) {
            assertThat(y(deployment.infer(0, add("a", 1)).join())).isEqualTo(2);
            pid(deployment);
        }
    }

    @Test
    void aJvmThatDoesNotStartIsSaid() {
        World world = world().instances(TestModels.add(directory), 1, 1, 1);
        world.settings(world.settings().toBuilder()
                .jvmOptions(List.of("-XX:NoSuchOption"))
                .maxFailedStarts(1)
                .maxOpenRequests(100)
                .build());
        try (LocalDeployment deployment = world.start()) {
            assertThat(deployment.infer(0, add("a", 1)).join().cause()).contains("it ended with code 1");
            workers(deployment);
        }
    }

    @Test
    void killedWithoutWarningThisProcessLeavesNoWorkerBehind() throws IOException, InterruptedException {
        ProcessBuilder builder = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx64m",
                        "-XX:TieredStopAtLevel=1",
                        Orphanage.class.getName(),
                        directory.toString())
                .redirectError(ProcessBuilder.Redirect.INHERIT);
        builder.environment().put("CLASSPATH", System.getProperty("java.class.path"));
        Process parent = builder.start();
        try (BufferedReader out =
                new BufferedReader(new InputStreamReader(parent.getInputStream(), StandardCharsets.UTF_8))) {
            String line = out.readLine();
            assertThat(line).startsWith("pids ");
            for (String pid : line.substring(5).split(" ")) {
                seen.add(Long.parseLong(pid));
            }
            assertThat(seen).hasSize(2).allSatisfy(pid -> assertThat(runs(pid)).isTrue());
            signal("-KILL", parent.pid());
            assertThat(parent.waitFor(10, TimeUnit.SECONDS)).isTrue();
            await("the orphans to end", () -> seen.stream().noneMatch(ProcessTest::runs));
        } finally {
            parent.destroyForcibly();
        }
    }

    /** A process that has an instance and a sandbox, and does not end by itself. */
    static final class Orphanage {
        private Orphanage() {}

        public static void main(String[] arguments) throws InterruptedException {
            Path directory = Path.of(arguments[0]);
            World world = new World(directory, Mode.PROCESS)
                    .instances(TestModels.add(directory), 1, 1, 1)
                    .function(TestModels.add(directory));
            LocalDeployment deployment = world.startReady();
            deployment.infer(1, add("a", 1)).join();
            StringBuilder line = new StringBuilder("pids");
            for (Worker worker : deployment.state().workers()) {
                line.append(' ').append(worker.pid());
            }
            System.out.println(line);
            Thread.sleep(Duration.ofHours(1));
        }
    }
}
