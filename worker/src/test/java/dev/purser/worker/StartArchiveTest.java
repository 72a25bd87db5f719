package dev.purser.worker;

import static org.assertj.core.api.Assertions.assertThat;

import dev.purser.core.model.ModelSource;
import dev.purser.worker.protocol.InferRequest;
import dev.purser.worker.protocol.InferenceClient;
import dev.purser.worker.protocol.Tensor;
import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(120)
class StartArchiveTest {
    private static final Duration TIMEOUT = Duration.ofSeconds(60);

    @TempDir
    Path directory;

    private WorkerConfiguration configuration() {
        String line = WorkerConfiguration.of(
                        "m", null, new ModelSource(TestModels.add(directory).toString(), null), 1, 1)
                .toLine();
        return WorkerConfiguration.read(
                "test",
                line.substring(0, line.length() - 1) + ",\"cacheDirectory\":\"" + TestFiles.CACHE.directory() + "\"}");
    }

    @Test
    void isRecordedOnceAndStartsWorkers() throws Exception {
        ModelFiles files = ModelFiles.in(directory.resolve("cache"));
        WorkerCommand own = WorkerCommand.ofThisProcess();
        WorkerCommand command = new WorkerCommand(own.java(), jars(own.classPath()), 64, true, null, List.of());
        assertThat(StartArchive.find(command, files)).isEmpty();

        Path archive = StartArchive.findOrMake(command, configuration(), files, TIMEOUT)
                .orElseThrow();

        assertThat(archive).isNotEmptyFile();
        assertThat(StartArchive.find(command, files)).hasValue(archive);
        assertThat(StartArchive.findOrMake(command, configuration(), files, Duration.ZERO))
                .hasValue(archive);
        assertThat(StartArchive.find(own.withHeapMb(64), files)).isEmpty();
        try (Stream<Path> all = Files.list(archive.getParent())) {
            assertThat(all).containsExactly(archive);
        }
        try (WorkerProcess worker =
                        new WorkerProcess(command.withArchive(archive), configuration(), directory.resolve("log"));
                InferenceClient client = worker.client()) {
            InferRequest request = InferRequest.of(Tensor.floats("x", new long[] {1, 3}, 1, 2, 3));
            assertThat(client.infer("m", request, TIMEOUT).output("y").floats()).containsExactly(2, 3, 4);
            assertThat(worker.log()).doesNotContain("archive").doesNotContain("AOT");
        }
    }

    @Test
    void anArchiveThatDoesNotFitIsPassedOver() throws Exception {
        Path wrong = Files.write(directory.resolve("wrong.aot"), new byte[1000]);
        WorkerCommand command = WorkerCommand.ofThisProcess().withHeapMb(64).withArchive(wrong);

        try (WorkerProcess worker = new WorkerProcess(command, configuration(), directory.resolve("log"))) {
            assertThat(worker.report.ready()).isTrue();
        }
    }

    @Test
    void directoriesOnTheClassPathHaveNone() {
        WorkerCommand command = new WorkerCommand(
                WorkerCommand.ofThisProcess().java(), directory.toString(), 64, true, null, List.of());

        assertThat(StartArchive.findOrMake(
                        command, configuration(), ModelFiles.in(directory.resolve("cache")), TIMEOUT))
                .isEmpty();
    }

    @Test
    void aWorkerThatCannotStartLeavesNone() throws Exception {
        Path empty = directory.resolve("empty.jar");
        try (OutputStream out = Files.newOutputStream(empty);
                JarOutputStream jar = new JarOutputStream(out)) {
            jar.putNextEntry(new JarEntry("nothing"));
        }
        WorkerCommand command =
                new WorkerCommand(WorkerCommand.ofThisProcess().java(), empty.toString(), 64, true, null, List.of());

        assertThat(StartArchive.findOrMake(
                        command, configuration(), ModelFiles.in(directory.resolve("cache")), TIMEOUT))
                .isEmpty();
    }

    /** A class path with jars in place of its directories. */
    private String jars(String classPath) throws IOException {
        List<String> entries = new ArrayList<>();
        for (String entry : classPath.split(File.pathSeparator)) {
            Path path = Path.of(entry);
            if (Files.isDirectory(path)) {
                entries.add(jar(path, directory.resolve("classes-" + entries.size() + ".jar"))
                        .toString());
            } else {
                entries.add(entry);
            }
        }
        return String.join(File.pathSeparator, entries);
    }

    private static Path jar(Path classes, Path target) throws IOException {
        try (OutputStream out = Files.newOutputStream(target);
                JarOutputStream jar = new JarOutputStream(out);
                Stream<Path> files = Files.walk(classes)) {
            for (Path file : (Iterable<Path>) files.filter(Files::isRegularFile)::iterator) {
                jar.putNextEntry(
                        new JarEntry(classes.relativize(file).toString().replace(File.separatorChar, '/')));
                Files.copy(file, jar);
            }
        }
        return target;
    }
}
