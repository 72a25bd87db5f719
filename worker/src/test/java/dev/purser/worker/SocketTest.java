package dev.purser.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.purser.core.InputException;
import dev.purser.worker.protocol.InferRequest;
import dev.purser.worker.protocol.InferenceClient;
import dev.purser.worker.protocol.ProtocolException;
import dev.purser.worker.protocol.Tensor;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A worker that listens on a socket of the file system. */
@Timeout(60)
final class SocketTest {
    private static final Duration LONG = Duration.ofSeconds(20);

    @TempDir
    private Path directory;

    private WorkerServer serve(Path socket, ServedModel model) {
        WorkerServer server = new WorkerServer(
                WorkerConfiguration.read("test", "{\"model\":\"m\",\"source\":{\"onnx\":\"none\"},\"slots\":4}")
                        .withSocket(socket));
        server.start();
        server.serve(model);
        return server;
    }

    private static InferRequest of(float... x) {
        return new InferRequest(null, Map.of(), List.of(Tensor.floats("x", new long[] {x.length}, x)), List.of(), true);
    }

    @Test
    void answersAnySizeAndSaysWhatIsWrong() throws IOException {
        Path socket = directory.resolve("a.sock");
        Random random = new Random(1);
        try (WorkerServer server = serve(socket, new GatedModel(1000));
                InferenceClient client = InferenceClient.of(socket, 4, 64 << 20)) {
            assertThat(server.port()).isNull();
            for (int size : new int[] {1, 1000, 100_000, 1_000_000, 7}) {
                float[] x = new float[size];
                for (int i = 0; i < size; i++) {
                    x[i] = random.nextFloat();
                }
                assertThat(Arrays.equals(
                                client.infer("m", of(x), LONG).output("x").floats(), x))
                        .as(size + " numbers")
                        .isTrue();
            }
            assertThatThrownBy(() -> client.infer("n", of(1), LONG))
                    .isInstanceOfSatisfying(
                            ProtocolException.class, e -> assertThat(e.status()).isEqualTo(404));
            assertThat(client.isReady(LONG)).isTrue();
        }
    }

    /** The runtime has no timeouts for such sockets. */
    @Test
    void whatTakesTooLongEndsInTimeAndTheThreadGoesOn() throws IOException {
        Path socket = directory.resolve("b.sock");
        GatedModel model = new GatedModel(0);
        try (WorkerServer server = serve(socket, model);
                InferenceClient client = InferenceClient.of(socket, 4, 1 << 20)) {
            assertThat(server.admitted()).isZero();
            for (int i = 0; i < 3; i++) {
                assertThatThrownBy(() -> client.infer("m", of(1), Duration.ofMillis(50)))
                        .isInstanceOf(SocketTimeoutException.class)
                        .hasMessageContaining("no answer within 50 ms");
                assertThat(Thread.currentThread().isInterrupted()).isFalse();
            }
            model.gate.release(100);
            assertThat(client.infer("m", of(2), LONG).output("x").floats()).containsExactly(2);
        }
    }

    @Test
    void aConnectionThatTheServerClosedIsMadeAnew() throws IOException {
        Path socket = directory.resolve("c.sock");
        try (InferenceClient client = InferenceClient.of(socket, 4, 1 << 20)) {
            assertThatThrownBy(() -> client.isReady(LONG)).isInstanceOf(IOException.class);
            for (int i = 0; i < 3; i++) {
                try (WorkerServer server = serve(socket, new GatedModel(100))) {
                    assertThat(server.admitted()).isZero();
                    assertThat(client.infer("m", of(i), LONG).output("x").floats())
                            .containsExactly(i);
                }
                Files.deleteIfExists(socket);
            }
            assertThatThrownBy(() -> client.isReady(LONG)).isInstanceOf(IOException.class);
        }
    }

    @Test
    void aPathThatCannotBeListenedOnIsNamed() throws IOException {
        Path taken = Files.writeString(directory.resolve("taken"), "a file");
        assertThatThrownBy(() -> serve(taken, new GatedModel(1)))
                .isInstanceOf(InputException.class)
                .hasMessageContaining(taken.toString());
        assertThat(taken).hasContent("a file");
        Path far = directory.resolve("x".repeat(150));
        assertThatThrownBy(() -> serve(far, new GatedModel(1))).hasMessageContaining("x".repeat(150));
    }

    @Test
    void aFolderForSocketsIsTheUsersAloneAndGoesAway() throws IOException {
        ModelFiles files = ModelFiles.in(directory.resolve("cache"));
        Path left = Files.createDirectories(directory.resolve("cache/run/purser-999999999-1"));
        Files.createFile(left.resolve("1.sock"));
        Path folder;
        try (SocketFolder sockets = SocketFolder.make(files)) {
            folder = sockets.next().getParent();
            assertThat(sockets.next()).isNotEqualTo(sockets.next());
            assertThat(Files.getPosixFilePermissions(folder)).hasSize(3);
            Files.createFile(sockets.next());
            assertThat(left).doesNotExist();
        }
        assertThat(folder).doesNotExist();
    }
}
