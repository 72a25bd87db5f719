package dev.purser.server.partition;

import com.google.common.io.MoreFiles;
import com.google.common.io.RecursiveDeleteOption;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A folder that is gone when it is closed, or when the program is stopped before. */
final class Scratch implements AutoCloseable {
    private final Path folder;
    private final Thread onStop = new Thread(this::remove);

    private Scratch(Path folder) {
        this.folder = folder;
        try {
            Runtime.getRuntime().addShutdownHook(onStop);
        } catch (IllegalStateException e) {
            // stopping already: nothing more will be written
            remove();
        }
    }

    /** Among the system's temporary files. */
    static Scratch make() {
        try {
            return new Scratch(Files.createTempDirectory("purser-"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Inside a folder, so that what is in it can be moved to its place at once. */
    static Scratch inside(Path parent) throws IOException {
        return new Scratch(Files.createTempDirectory(parent, ".purser-"));
    }

    Path folder() {
        return folder;
    }

    private void remove() {
        try {
            if (Files.exists(folder)) {
                MoreFiles.deleteRecursively(folder, RecursiveDeleteOption.ALLOW_INSECURE);
            }
        } catch (IOException e) {
            // nothing more can be done about it
        }
    }

    @Override
    public void close() {
        remove();
        try {
            Runtime.getRuntime().removeShutdownHook(onStop);
        } catch (IllegalStateException e) {
            // stopping already
        }
    }
}
