package dev.purser.server.partition;

import dev.purser.core.InputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * The folder that {@code --out} names: made whole beside its place, and moved there when all is in it, so that an
 * interrupt or an error leaves nothing half written. What is there already is never replaced.
 */
public final class OutFolder {
    private static final String OPTION = "--out";

    private final Path folder;
    private final Path parent;

    /**
     * Makes sure that it can be made, and leaves nothing behind.
     *
     * @throws InputException if not
     */
    public OutFolder(Path given) {
        folder = given.toAbsolutePath().normalize();
        Path above = folder.getParent();
        if (above == null || (Files.exists(folder) && !Files.isDirectory(folder))) {
            throw new InputException(OPTION, "", "'" + given + "' is no folder", "name one that is empty or new");
        }
        parent = above;
        try {
            if (Files.isDirectory(folder)) {
                try (Stream<Path> content = Files.list(folder)) {
                    if (content.findAny().isPresent()) {
                        throw new InputException(
                                OPTION, "", "'" + given + "' is not empty", "name a folder that is empty or new");
                    }
                }
            }
            Path existing = parent;
            while (!Files.exists(existing) && existing.getParent() != null) {
                existing = existing.getParent();
            }
            if (!Files.isDirectory(existing)) {
                throw new InputException(
                        OPTION, "", "'" + given + "' cannot be made, because '" + existing + "' is a file", "");
            }
            Files.delete(Files.createTempFile(existing, ".purser-", ".tmp"));
        } catch (IOException e) {
            throw unwritable(e);
        }
    }

    private InputException unwritable(IOException e) {
        return new InputException(
                OPTION, "", "'" + folder + "' cannot be written: " + e, "name a folder that you may write to");
    }

    /** Something that writes files. */
    public interface Filler extends Consumer<Path> {}

    /**
     * Makes it.
     *
     * @param filler writes what is to be in it into the folder that it is given
     * @throws InputException if it cannot be written after all
     */
    public void fill(Filler filler) {
        try {
            Files.createDirectories(parent);
            try (Scratch scratch = Scratch.inside(parent)) {
                Path made = Files.createDirectory(scratch.folder().resolve("out"));
                filler.accept(made);
                Files.deleteIfExists(folder);
                Files.move(made, folder);
            }
        } catch (IOException e) {
            throw unwritable(e);
        }
    }
}
