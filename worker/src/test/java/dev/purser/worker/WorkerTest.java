package dev.purser.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.purser.core.InputException;
import dev.purser.core.model.ModelSource;
import dev.purser.worker.protocol.InferRequest;
import dev.purser.worker.protocol.InferResponse;
import dev.purser.worker.protocol.InferenceClient;
import dev.purser.worker.protocol.ProtocolException;
import dev.purser.worker.protocol.Tensor;
import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The worker as a real process. */
@Timeout(120)
class WorkerTest {
    private static final Duration TIMEOUT = Duration.ofSeconds(30);

    private static final WorkerCommand COMMAND =
            WorkerCommand.ofThisProcess().withQuickStart(true).withHeapMb(64);

    @TempDir
    Path directory;

    private WorkerProcess start(ModelSource source) throws IOException {
        return start(source, "");
    }

    private WorkerProcess start(ModelSource source, String settings) throws IOException {
        return new WorkerProcess(COMMAND, configuration(source, settings), directory.resolve("log"));
    }

    /** As {@link WorkerConfiguration#of}, with the tests' cache. */
    private static WorkerConfiguration configuration(ModelSource source, String settings) {
        String line = WorkerConfiguration.of("m", "1", source, 1, 1).toLine();
        return WorkerConfiguration.read(
                "test",
                line.substring(0, line.length() - 1) + ",\"cacheDirectory\":\"" + TestFiles.CACHE.directory() + "\""
                        + settings + "}");
    }

    private static ModelSource onnx(Path file) {
        return new ModelSource(file.toString(), null);
    }

    private static InferRequest add(float value) {
        return InferRequest.of(Tensor.floats("x", new long[] {1, 3}, value, value, value));
    }

    @Test
    void startsServesAndEndsWhenToldTo() throws Exception {
        try (WorkerProcess worker = start(onnx(TestModels.add(directory)));
                InferenceClient client = worker.client()) {
            assertThat(worker.report.ready()).isTrue();
            assertThat(worker.report.pid()).isEqualTo(worker.process.pid());
            assertThat(worker.report.error()).isNull();
            WorkerReport.Initialisation times = worker.report.initialisationMs();
            assertThat(times.processStart()).isPositive();
            assertThat(times.runtimeLoad()).isPositive();
            assertThat(times.modelLoad()).isPositive();
            assertThat(times.firstInference()).isPositive();
            assertThat(times.total())
                    .isGreaterThan(times.processStart()
                            + times.runtimeLoad()
                            + times.modelLoad()
                            + times.firstInference()
                            - 1);

            assertThat(client.isReady("m", TIMEOUT)).isTrue();
            assertThat(client.infer("m", add(1), TIMEOUT).output("y").floats()).containsExactly(2, 2, 2);

            worker.process.toHandle().destroy();
            assertThat(worker.end()).isEmpty();
            assertThat(worker.process.exitValue()).isEqualTo(143);
            assertThatThrownBy(() -> client.infer("m", add(1), TIMEOUT)).isInstanceOf(IOException.class);
        }
    }

    /** ONNX Runtime makes a folder there for libraries that it does not unpack, and forgets it when it is killed. */
    @Test
    void killedItLeavesNothingAmongTemporaryFiles() throws Exception {
        Path temporary = Files.createDirectory(directory.resolve("temporary"));
        try (WorkerProcess worker = new WorkerProcess(
                COMMAND.withOptions(List.of("-Djava.io.tmpdir=" + temporary)),
                configuration(onnx(TestModels.add(directory)), ""),
                directory.resolve("log"))) {
            assertThat(worker.report.ready()).isTrue();
            worker.process.destroyForcibly().waitFor();
            try (Stream<Path> left = Files.list(temporary)) {
                assertThat(left).isEmpty();
            }
        }
    }

    @Test
    void servesANetworkThatTakesNoMadeUpInputs() throws Exception {
        try (WorkerProcess worker = start(onnx(TestModels.reticent(directory)));
                InferenceClient client = worker.client()) {
            assertThat(worker.report.ready()).as(worker.report.error()).isTrue();
            assertThat(client.infer("m", add(2), TIMEOUT).output("y").floats()).containsExactly(4, 4);
        }
    }

    @Test
    void embedsTexts() throws Exception {
        try (WorkerProcess worker = start(TestFiles.MINILM);
                InferenceClient client = worker.client()) {
            InferRequest request = InferRequest.of(Tensor.strings("text", new long[] {2}, List.of("hello", "world")));

            Tensor embedding = client.infer("m", request, TIMEOUT).output("embedding");

            assertThat(embedding.shape()).containsExactly(2, 384);
            assertThat(embedding.floats()).contains(embedding.floats());
        }
    }

    @Test
    void finishesWhatIsInFlightWhenToldToEnd() throws Exception {
        // about half a second for 64 rows
        ModelSource slow = onnx(TestModels.slow(directory, 400, 512));
        try (WorkerProcess worker = start(slow);
                InferenceClient client = worker.client();
                ExecutorService callers = Executors.newVirtualThreadPerTaskExecutor()) {
            InferRequest request = InferRequest.of(Tensor.floats("x", new long[] {64, 512}, new float[64 * 512]));
            List<Future<InferResponse>> answers = new ArrayList<>();
            for (int i = 0; i < 3; i++) {
                answers.add(callers.submit(() -> client.infer("m", request, TIMEOUT)));
            }
            answers.get(0).get();
            // closes its standard input as well
            worker.process.destroy();

            int answered = 0;
            for (Future<InferResponse> answer : answers) {
                try {
                    assertThat(answer.get().outputs()).hasSize(1);
                    answered++;
                } catch (java.util.concurrent.ExecutionException e) {
                    // it had not arrived yet
                    assertThat(e).rootCause().isInstanceOfAny(ProtocolException.class, IOException.class);
                }
            }
            assertThat(answered).isPositive();
            worker.process.onExit().get();
            assertThat(worker.process.exitValue()).isEqualTo(143);
        }
    }

    @Test
    void endsWithItsParentEvenInTheMiddleOfAnInference() throws Exception {
        ModelSource slow = onnx(TestModels.slow(directory, 400, 512));
        try (WorkerProcess worker = start(slow);
                InferenceClient client = worker.client();
                ExecutorService callers = Executors.newVirtualThreadPerTaskExecutor()) {
            InferRequest request = InferRequest.of(Tensor.floats("x", new long[] {64, 512}, new float[64 * 512]));
            for (int i = 0; i < 20; i++) {
                callers.submit(() -> client.infer("m", request, TIMEOUT));
            }
            client.infer("m", request, TIMEOUT);

            worker.process.getOutputStream().close();

            assertThat(worker.end()).isEmpty();
        }
    }

    /** A parent that is killed, as no code of its own runs then. */
    @Test
    void endsWhenItsParentIsKilled() throws Exception {
        Path add = TestModels.add(directory);
        Process parent = new ProcessBuilder(
                        COMMAND.java().toString(),
                        "-cp",
                        COMMAND.classPath(),
                        Parent.class.getName(),
                        add.toString(),
                        TestFiles.CACHE.directory().toString())
                .redirectError(Redirect.to(directory.resolve("parent.log").toFile()))
                .start();
        try {
            String line = parent.inputReader(StandardCharsets.UTF_8).readLine();
            assertThat(line).as(() -> text(directory.resolve("parent.log"))).isNotNull();
            WorkerReport report = WorkerReport.read("worker", line);
            ProcessHandle worker = ProcessHandle.of(report.pid()).orElseThrow();
            assertThat(worker.isAlive()).isTrue();

            parent.destroyForcibly().waitFor();

            Await.until("the worker ends", () -> !worker.isAlive());
        } finally {
            parent.destroyForcibly();
        }
    }

    private static String text(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            return e.toString();
        }
    }

    /** Starts a worker, passes its report on, and waits to be killed. */
    static final class Parent {
        private Parent() {}

        public static void main(String[] arguments) throws Exception {
            String line = WorkerConfiguration.of("m", null, new ModelSource(arguments[0], null), 1, 1)
                    .toLine();
            WorkerConfiguration configuration = WorkerConfiguration.read(
                    "test", line.substring(0, line.length() - 1) + ",\"cacheDirectory\":\"" + arguments[1] + "\"}");
            Process worker = COMMAND.start(configuration, Redirect.INHERIT);
            System.out.println(worker.inputReader(StandardCharsets.UTF_8).readLine());
            worker.waitFor();
        }
    }

    @Test
    void saysWhyItCannotStart() throws Exception {
        Path corrupt = Files.writeString(directory.resolve("corrupt.onnx"), "no network");
        assertFails(configuration(onnx(corrupt), ""), "corrupt.onnx: onnx: cannot be loaded by ONNX Runtime");
        assertFails(
                configuration(onnx(directory.resolve("missing.onnx")), ""),
                "missing.onnx: onnx: there is no such file");
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            ModelSource add = onnx(TestModels.add(directory));
            String line = configuration(add, "").toLine().replace("\"port\":0", "\"port\":" + taken.getLocalPort());
            assertFails(
                    WorkerConfiguration.read("test", line),
                    "127.0.0.1:" + taken.getLocalPort() + ": cannot be listened on");
        }
    }

    private void assertFails(WorkerConfiguration configuration, String message) throws Exception {
        try (WorkerProcess worker = new WorkerProcess(COMMAND, configuration, directory.resolve("log"))) {
            assertThat(worker.report.ready()).isFalse();
            assertThat(worker.report.error()).contains(message);
            assertThat(worker.report.port()).isNull();
            assertThat(worker.end()).isEmpty();
            assertThat(worker.process.exitValue()).isEqualTo(2);
        }
    }

    @Test
    void readsItsConfigurationFromAFileToo() throws Exception {
        Path file = Files.writeString(directory.resolve("worker.json"), "{\"model\": \"m\", \"sauce\": {}}");
        List<String> arguments = new ArrayList<>(COMMAND.arguments());
        arguments.addAll(List.of("--config", file.toString()));
        ProcessBuilder builder = new ProcessBuilder(arguments).redirectError(Redirect.DISCARD);
        builder.environment().putAll(COMMAND.environment());

        Process process = builder.start();

        WorkerReport report = WorkerReport.read(
                "worker", process.inputReader(StandardCharsets.UTF_8).readLine());
        assertThat(report.ready()).isFalse();
        assertThat(report.error()).contains("worker.json").contains("sauce").contains("source");
        assertThat(process.waitFor()).isEqualTo(2);
    }

    @Test
    void aConfigurationIsChecked() {
        ModelSource source = new ModelSource("x.onnx", null);
        WorkerConfiguration right = WorkerConfiguration.of("m", "1", source, 2, 3);

        assertThat(WorkerConfiguration.read("test", right.toLine())).isEqualTo(right);
        assertThat(right.toLine()).doesNotContain("\n");
        assertThat(right.runtime().threads()).isEqualTo(2);
        assertThat(right.runtime().parallel()).isEqualTo(3);
        assertThat(right.files().directory()).isEqualTo(ModelFiles.inUserCache().directory());
        assertRefused("\"threads\": 0", "threads is 0, but it must be 1 to 256");
        assertRefused("\"slots\": 0", "0, but it must be 1 to 256");
        assertRefused("\"queue\": -1", "queue is -1");
        assertRefused("\"port\": 65536", "port is 65536");
        assertRefused("\"host\": \" \"", "host is blank");
        assertRefused("\"maxBodyBytes\": 1", "maxBodyBytes is 1");
        assertRefused("\"requestTimeout\": \"0s\"", "requestTimeout");
        assertRefused("\"grace\": \"-1s\"", "grace");
        assertRefused("\"model\": \"\"", "model");
        assertRefused("\"slot\": 1", "slots");
    }

    private static void assertRefused(String setting, String message) {
        String name = setting.startsWith("\"model\"") ? "" : "\"model\": \"m\", ";
        assertThatThrownBy(() -> WorkerConfiguration.read(
                        "test", "{" + name + "\"source\": {\"onnx\": \"x\"}, " + setting + "}"))
                .isInstanceOf(InputException.class)
                .hasMessageContaining(message);
    }

    @Test
    void theCommandLineIsThatOfThisJava() {
        WorkerCommand command = COMMAND.withOptions(List.of("-Da=b")).withArchive(Path.of("x"));

        assertThat(command.arguments())
                .startsWith(System.getProperty("java.home") + "/bin/java", "-Xmx64m")
                .contains("-XX:TieredStopAtLevel=1", "-Da=b")
                .endsWith("dev.purser.worker.Worker");
        assertThat(command.withQuickStart(false).arguments()).doesNotContain("-XX:TieredStopAtLevel=1");
        assertThat(command.environment()).containsEntry("CLASSPATH", command.classPath());
        assertThatThrownBy(() -> command.withHeapMb(1)).hasMessageContaining("32 or more");
    }
}
