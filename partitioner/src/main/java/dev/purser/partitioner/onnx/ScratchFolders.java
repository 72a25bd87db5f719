package dev.purser.partitioner.onnx;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Folders for files that are of use only for a moment: models as ONNX Runtime is to load or to write them. */
public final class ScratchFolders {
    private static final Logger LOG = LoggerFactory.getLogger(ScratchFolders.class);

    private static volatile @Nullable Path parent;

    private ScratchFolders() {}

    /**
     * Where they are made from now on, in this process.
     *
     * @param folder a folder that there is; null for that of the system's temporary files
     */
    public static void in(@Nullable Path folder) {
        parent = folder;
    }

    static Path make() {
        Path folder = parent;
        try {
            return folder == null
                    ? Files.createTempDirectory("purser-onnx")
                    : Files.createTempDirectory(folder, "onnx");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static void delete(Path folder) {
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(file);
            }
        } catch (IOException e) {
            LOG.warn("{} cannot be deleted: {}", folder, e.getMessage());
        }
    }
}
