package dev.purser.server;

import dev.purser.core.InputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Where {@code --out} puts its files. Each is written beside its place and then moved, all of them at the end, so that
 * an interrupt or an error leaves what was there before.
 */
final class ResultDirectory {
    private static final String OPTION = "--out";

    private final Path directory;

    ResultDirectory(Path directory) {
        this.directory = directory.toAbsolutePath().normalize();
    }

    /**
     * Makes sure that files of these names can be written, and leaves nothing behind.
     *
     * @throws InputException if not
     */
    void check(Iterable<String> names) {
        Path existing = directory;
        while (!Files.exists(existing) && existing.getParent() != null) {
            existing = existing.getParent();
        }
        if (!Files.isDirectory(existing)) {
            throw new InputException(
                    OPTION,
                    "",
                    existing.equals(directory)
                            ? "'" + directory + "' is a file, but the results need a directory"
                            : "'" + directory + "' cannot be made, because '" + existing + "' is a file",
                    "name a directory that exists or can be made");
        }
        for (String name : names) {
            if (Files.isDirectory(directory.resolve(name))) {
                throw new InputException(
                        OPTION,
                        "",
                        "'" + directory.resolve(name) + "' is a directory, but a file of that name is to be written",
                        "name another directory");
            }
        }
        try {
            Files.delete(Files.createTempFile(existing, ".purser-", ".tmp"));
        } catch (IOException e) {
            throw unwritable(existing, e);
        }
    }

    private static InputException unwritable(Path path, IOException e) {
        return new InputException(
                OPTION, "", "'" + path + "' cannot be written: " + e, "name a directory that you may write to");
    }

    /**
     * Makes a file beside the place of one that is written bit by bit. It is removed when the program ends, unless
     * {@link #finish} has moved it.
     *
     * @param name of the file to be
     * @throws InputException if it cannot be made
     */
    Path begin(String name) {
        try {
            Files.createDirectories(directory);
            Path part = Files.createTempFile(directory, "." + name + ".", ".tmp");
            part.toFile().deleteOnExit();
            return part;
        } catch (IOException e) {
            throw unwritable(directory, e);
        }
    }

    /**
     * Moves a file that {@link #begin} made to its place.
     *
     * @throws InputException if it cannot be moved after all
     */
    void finish(Path part, String name) {
        try {
            Files.move(
                    part, directory.resolve(name), StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            throw unwritable(directory, e);
        }
    }

    /**
     * Writes the files.
     *
     * @param contents by name
     * @throws InputException if they cannot be written after all
     */
    void write(Map<String, String> contents) {
        Set<Path> unfinished = ConcurrentHashMap.newKeySet();
        Runnable clean = () -> unfinished.forEach(ResultDirectory::remove);
        Thread cleaner = new Thread(clean);
        addHook(cleaner);
        try {
            Files.createDirectories(directory);
            Map<Path, Path> places = new LinkedHashMap<>();
            for (Map.Entry<String, String> file : contents.entrySet()) {
                Path beside = directory.resolve(
                        "." + file.getKey() + "." + ProcessHandle.current().pid() + ".tmp");
                unfinished.add(beside);
                Files.writeString(beside, file.getValue());
                places.put(beside, directory.resolve(file.getKey()));
            }
            for (Map.Entry<Path, Path> move : places.entrySet()) {
                Files.move(
                        move.getKey(),
                        move.getValue(),
                        StandardCopyOption.ATOMIC_MOVE,
                        StandardCopyOption.REPLACE_EXISTING);
            }
        } catch (IOException e) {
            throw unwritable(directory, e);
        } finally {
            clean.run();
            removeHook(cleaner);
        }
    }

    private static void addHook(Thread cleaner) {
        try {
            Runtime.getRuntime().addShutdownHook(cleaner);
        } catch (IllegalStateException e) {
            // shutting down already, and what was interrupted is written now: nothing comes in between any more
        }
    }

    private static void removeHook(Thread cleaner) {
        try {
            Runtime.getRuntime().removeShutdownHook(cleaner);
        } catch (IllegalStateException e) {
            // shutting down already: the hook has run or will
        }
    }

    private static void remove(Path file) {
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            // nothing more can be done about it
        }
    }
}
