package dev.purser.local;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class FolderStoreTest {
    @TempDir
    private Path directory;

    private static ByteBuffer bytes(int size, int value) {
        byte[] bytes = new byte[size];
        java.util.Arrays.fill(bytes, (byte) value);
        return ByteBuffer.wrap(bytes);
    }

    private List<Path> folders() throws IOException {
        try (Stream<Path> files = Files.list(directory.resolve("cache"))) {
            return files.toList();
        }
    }

    private FolderStore store(int limit) {
        return new FolderStore(directory.resolve("cache"), limit);
    }

    @Test
    void whatWasPutIsThereUntilItIsDeleted() throws IOException {
        try (FolderStore store = store(100)) {
            store.put("a", bytes(3, 1), bytes(0, 0), bytes(2, 2));
            store.put("b", bytes(7, 3));
            assertThat(store.get("a")).containsExactly(1, 1, 1, 2, 2);
            assertThat(store.state()).isEqualTo(new LocalState.Objects(2, 12, 12, 5));
            store.delete("a");
            store.delete("a");
            assertThat(store.state()).isEqualTo(new LocalState.Objects(1, 7, 12, 5));
            assertThatThrownBy(() -> store.get("a"))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("no object 'a'");
            assertThat(folders()).hasSize(1);
            assertThat(folders().getFirst()).isDirectoryContaining("glob:**/b").isDirectoryNotContaining("glob:**/a*");
        }
        assertThat(folders()).isEmpty();
    }

    @Test
    void itHoldsNoMoreThanItsLimit() throws IOException {
        try (FolderStore store = store(10)) {
            store.put("a", bytes(6, 1));
            assertThatThrownBy(() -> store.put("b", bytes(5, 1)))
                    .isInstanceOf(IOException.class)
                    .hasMessageContainingAll("holds 6 bytes", "no room for 5", "limit is 10");
            store.put("c", bytes(4, 1));
            store.delete("a");
            store.put("b", bytes(5, 1));
            assertThat(store.state().bytes()).isEqualTo(9);
        }
    }

    @Test
    void aKeyIsUsedOnceAndIsNoPath() throws IOException {
        try (FolderStore store = store(10)) {
            store.put("a", bytes(1, 1));
            assertThatThrownBy(() -> store.put("a", bytes(1, 2))).hasMessageContaining("'a' already");
            assertThat(store.get("a")).containsExactly(1);
            for (String key : List.of("", "../a", "a/b", "a.part", "x".repeat(201))) {
                assertThatThrownBy(() -> store.put(key, bytes(1, 1))).hasMessageContaining("no key of an object");
            }
        }
    }

    @Test
    void nothingIsTakenOrLeftAfterItIsClosed() throws IOException, InterruptedException {
        FolderStore store = store(1 << 20);
        store.put("first", bytes(1, 1));
        AtomicBoolean closed = new AtomicBoolean();
        List<Throwable> wrong = new CopyOnWriteArrayList<>();
        List<Thread> writers = new CopyOnWriteArrayList<>();
        for (int w = 0; w < 4; w++) {
            int writer = w;
            writers.add(Thread.ofPlatform().start(() -> {
                for (int i = 0; ; i++) {
                    boolean after = closed.get();
                    try {
                        store.put("w" + writer + "-" + i, bytes(100, i));
                        store.delete("w" + writer + "-" + i);
                        if (after) {
                            wrong.add(new AssertionError("taken after the end"));
                            return;
                        }
                    } catch (IOException e) {
                        if (!String.valueOf(e.getMessage()).contains("closed")
                                && !e.toString().contains("NoSuchFile")) {
                            wrong.add(e);
                        }
                        return;
                    }
                }
            }));
        }
        World.await("writers to write", () -> store.state().written() > 10_000);
        store.close();
        closed.set(true);
        for (Thread writer : writers) {
            writer.join();
        }
        assertThat(wrong).isEmpty();
        assertThat(folders()).isEmpty();
    }

    @Test
    void whatAKilledProcessLeftBehindIsClearedAway() throws IOException, InterruptedException {
        Process ended = new ProcessBuilder("true").start();
        ended.waitFor();
        Path cache = Files.createDirectories(directory.resolve("cache"));
        Path left = Files.createDirectory(cache.resolve("objects-" + ended.pid() + "-123"));
        Files.writeString(left.resolve("a"), "left");
        Path others = Files.createDirectory(
                cache.resolve("objects-" + ProcessHandle.current().pid() + "-456"));
        Path unknown = Files.createDirectory(cache.resolve("objects-of-someone"));
        try (FolderStore store = store(10)) {
            assertThat(left).as("nothing is done before the first object").exists();
            store.put("a", bytes(1, 1));
            assertThat(left).doesNotExist();
            assertThat(others).exists();
            assertThat(unknown).exists();
        }
    }
}
