package dev.purser.server.partition;

import com.google.common.io.MoreFiles;
import com.google.common.io.RecursiveDeleteOption;
import dev.purser.core.InputException;
import dev.purser.worker.ModelFiles;
import java.io.IOException;
import java.nio.file.DirectoryStream;
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

    /** In the user's cache, which holds whole models where the system's temporary files may not. */
    static Scratch make() {
        Path parent = ModelFiles.inUserCache().folder("scratch");
        try {
            clearWhatTheDeadLeft(parent);
            return new Scratch(
                    Files.createTempDirectory(parent, ProcessHandle.current().pid() + "-"));
        } catch (IOException e) {
            throw new InputException(
                    parent.toString(),
                    "",
                    "cannot be written to: " + e,
                    "name another cache directory with XDG_CACHE_HOME");
        }
    }

    /** Folders of processes that were killed. */
    private static void clearWhatTheDeadLeft(Path parent) throws IOException {
        try (DirectoryStream<Path> folders = Files.newDirectoryStream(parent, "[0-9]*-*")) {
            for (Path folder : folders) {
                String name = String.valueOf(folder.getFileName());
                long pid = Long.parseLong(name.substring(0, name.indexOf('-')));
                if (ProcessHandle.of(pid).isEmpty()) {
                    MoreFiles.deleteRecursively(folder, RecursiveDeleteOption.ALLOW_INSECURE);
                }
            }
        } catch (NumberFormatException e) {
            // not one of ours
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
