package dev.purser.partitioner;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.purser.core.partition.LayerGraph;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** The recorded layer graphs and reference plans, which lie beside the repository or not at all. */
public final class Shared {
    private static final Map<String, LayerGraph> GRAPHS = new ConcurrentHashMap<>();

    private Shared() {}

    /** A folder or file of them; the test is skipped where there is none. */
    public static Path data(String path) {
        for (Path at = Path.of("").toAbsolutePath(); at != null; at = at.getParent()) {
            Path found = at.resolve("shared/data").resolve(path);
            if (Files.exists(found)) {
                return found;
            }
        }
        assumeTrue(false, "shared/data/" + path + " is not beside the repository");
        throw new IllegalStateException();
    }

    /** A recorded layer graph. */
    public static LayerGraph graph(String model) {
        return GRAPHS.computeIfAbsent(
                model, m -> LayerGraphFile.read(data("layers").resolve(m + ".json")));
    }
}
