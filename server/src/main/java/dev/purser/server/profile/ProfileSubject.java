package dev.purser.server.profile;

import dev.purser.core.model.ModelSource;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * What is to be profiled.
 *
 * @param name the variant's name
 * @param accuracy its published accuracy, 0 to 1; null where no variant is to be written
 * @param observedAccuracy what users see; null where that is the same
 * @param source where its network is
 * @param base the directory that relative paths start from; null for the working directory
 */
public record ProfileSubject(
        String name,
        @Nullable Double accuracy,
        @Nullable Double observedAccuracy,
        ModelSource source,
        @Nullable Path base) {

    /** The source with paths that hold anywhere. */
    ModelSource absolute() {
        return Sources.map(
                source,
                path -> (base == null ? path : base.resolve(path))
                        .toAbsolutePath()
                        .normalize());
    }

    /**
     * The source as a pool's file in a directory is to give it.
     *
     * @param directory the directory of the pool's file
     */
    ModelSource relativeTo(Path directory) {
        Path from = directory.toAbsolutePath().normalize();
        return Sources.map(absolute(), path -> {
            Path root = from.getRoot();
            return root != null && root.equals(path.getRoot()) ? from.relativize(path) : path;
        });
    }
}
