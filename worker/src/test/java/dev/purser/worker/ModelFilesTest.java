package dev.purser.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.purser.core.InputException;
import java.io.OutputStream;
import java.net.URI;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ModelFilesTest {
    @TempDir
    Path directory;

    private ModelFiles files;

    @BeforeEach
    void cache() {
        files = ModelFiles.in(directory.resolve("cache"));
    }

    private URL jar(String name, byte[] content) throws Exception {
        Path jar = directory.resolve(name);
        try (OutputStream out = Files.newOutputStream(jar);
                ZipOutputStream zip = new ZipOutputStream(out)) {
            zip.putNextEntry(new ZipEntry("weights.onnx"));
            zip.write(content);
            zip.closeEntry();
        }
        return URI.create("jar:" + jar.toUri() + "!/weights.onnx").toURL();
    }

    private List<Path> cached() throws Exception {
        try (Stream<Path> all = Files.list(files.directory().resolve("models"))) {
            return all.toList();
        }
    }

    @Test
    void unpacksOnce() throws Exception {
        URL resource = jar("a.jar", new byte[] {1, 2, 3});

        Path file = files.file(resource, "models");
        Object key = Files.readAttributes(file, java.nio.file.attribute.BasicFileAttributes.class)
                .fileKey();

        assertThat(files.file(resource, "models")).isEqualTo(file).hasBinaryContent(new byte[] {1, 2, 3});
        assertThat(Files.readAttributes(file, java.nio.file.attribute.BasicFileAttributes.class)
                        .fileKey())
                .isEqualTo(key);
        assertThat(file.getFileName().toString()).startsWith("weights-3-").endsWith(".onnx");
        assertThat(cached()).containsExactly(file);
    }

    @Test
    void anotherContentIsAnotherFile() throws Exception {
        Path one = files.file(jar("a.jar", new byte[] {1, 2, 3}), "models");
        Path two = files.file(jar("b.jar", new byte[] {1, 2, 4}), "models");

        assertThat(one).isNotEqualTo(two);
        assertThat(two).hasBinaryContent(new byte[] {1, 2, 4});
    }

    @Test
    void unpacksAgainWhatIsNotWhole() throws Exception {
        URL resource = jar("a.jar", new byte[100]);
        Path file = files.file(resource, "models");
        Files.write(file, new byte[7]);

        assertThat(files.file(resource, "models")).isEqualTo(file).hasSize(100);
    }

    @Test
    void manyMayUnpackAtOnce() throws Exception {
        byte[] content = new byte[3_000_000];
        new java.util.Random(5).nextBytes(content);
        URL resource = jar("a.jar", content);
        Set<Path> found = new HashSet<>();
        List<Future<byte[]>> reads = new ArrayList<>();
        try (ExecutorService threads = Executors.newFixedThreadPool(8)) {
            for (int i = 0; i < 16; i++) {
                reads.add(threads.submit(() -> {
                    // each with its own view of the cache, as processes have
                    Path file = ModelFiles.in(files.directory()).file(resource, "models");
                    synchronized (found) {
                        found.add(file);
                    }
                    return Files.readAllBytes(file);
                }));
            }
        }

        for (Future<byte[]> read : reads) {
            assertThat(read.get()).isEqualTo(content);
        }
        assertThat(found).hasSize(1);
        assertThat(cached()).hasSize(1);
    }

    @Test
    void aFileOnTheClassPathIsUsedWhereItIs() throws Exception {
        Path file = Files.write(directory.resolve("plain.onnx"), new byte[1]);

        assertThat(files.file(file.toUri().toURL(), "models")).isEqualTo(file);
        assertThat(files.directory()).doesNotExist();
    }

    @Test
    void findsPathsFromTheirBase() throws Exception {
        Path file = Files.write(directory.resolve("m.onnx"), new byte[1]);

        assertThat(files.find("m.onnx", directory, "onnx")).isEqualTo(file);
        assertThat(files.find(file.toString(), Path.of("elsewhere"), "onnx")).isEqualTo(file);
        assertThatThrownBy(() -> files.find("n.onnx", directory, "onnx"))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("n.onnx: onnx: there is no such file")
                .hasMessageContaining("relative paths start from " + directory.toAbsolutePath());
        assertThatThrownBy(() -> files.find(".", directory, "onnx")).hasMessageContaining("is a directory");
    }

    @Test
    void usesNoDirectoryThatOthersCanWrite() throws Exception {
        Path open = Files.createDirectory(directory.resolve("open"));
        Files.setPosixFilePermissions(open, PosixFilePermissions.fromString("rwxrwxrwx"));

        assertThatThrownBy(() -> ModelFiles.in(open).folder("native"))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("rwxrwxrwx")
                .hasMessageContaining("chmod 700 " + open);
        files.folder("native");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(files.directory())))
                .isEqualTo("rwx------");
    }

    @Test
    void saysWhereTheCacheCannotBe() throws Exception {
        Path file = Files.write(directory.resolve("file"), new byte[1]);

        assertThatThrownBy(() -> ModelFiles.in(file).folder("native"))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("the cache directory cannot be made");
        assertThatThrownBy(() -> ModelFiles.in(file.resolve("in")).folder("native"))
                .isInstanceOf(InputException.class);
    }

    @Test
    void theUsersCacheIsTheUsers() {
        assertThat(ModelFiles.inUserCache().directory()).isAbsolute().asString().contains("purser");
    }
}
