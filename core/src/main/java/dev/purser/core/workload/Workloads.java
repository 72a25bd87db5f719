package dev.purser.core.workload;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.purser.core.InputException;
import dev.purser.core.Names;
import dev.purser.core.json.Json;
import dev.purser.core.model.ModelPools;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** The workloads that are shipped, and those in files. */
public final class Workloads {
    private static final List<String> NAMES =
            List.of("paragon-workload-1", "paragon-workload-2", "spock-single", "embeddings", "mark", "cocktail");

    private Workloads() {}

    /** The names of the shipped workloads; the first is the default. */
    public static List<String> names() {
        return NAMES;
    }

    /**
     * A shipped workload, or one from a JSON file. In a file {@code application.pool} is a pool, the name of a shipped
     * one, or the path of a file, relative to the workload's.
     *
     * @throws InputException if there is neither, or the file cannot be used
     */
    public static Workload load(String nameOrFile) {
        if (NAMES.contains(nameOrFile)) {
            String resource = nameOrFile + ".json";
            JsonNode json = Json.readResource(Workloads.class, resource, JsonNode.class);
            return read(resource, json, Path.of(resource));
        }
        Path file = Path.of(nameOrFile);
        if (!nameOrFile.endsWith(".json") && !Files.exists(file)) {
            throw new InputException(
                    "--workload",
                    "",
                    "there is no workload '" + nameOrFile + "'",
                    Names.suggest("workload", NAMES, nameOrFile) + "; or give a .json file");
        }
        return read(file.toString(), Json.read(file, JsonNode.class), file);
    }

    private static Workload read(String where, JsonNode json, Path file) {
        JsonNode pool = json.path("application").path("pool");
        if (pool.isTextual() && json.path("application") instanceof ObjectNode application) {
            application.set("pool", ModelPools.json(pool.textValue(), file));
        }
        return Json.read(where, json, Workload.class);
    }
}
