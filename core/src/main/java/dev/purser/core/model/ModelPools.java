package dev.purser.core.model;

import com.fasterxml.jackson.databind.JsonNode;
import dev.purser.core.InputException;
import dev.purser.core.Names;
import dev.purser.core.json.Json;
import java.nio.file.Path;
import java.util.List;

/** The model pools that are shipped, each with its source, and those in files. */
public final class ModelPools {
    private static final List<String> NAMES =
            List.of("inferall-mxnet", "cocktail-imagenet", "spock-single", "embeddings", "mark");

    private ModelPools() {}

    /** The names of the shipped pools. */
    public static List<String> names() {
        return NAMES;
    }

    /**
     * A shipped pool, or one from a JSON file.
     *
     * @throws InputException if there is neither, or the file cannot be used
     */
    public static ModelPool load(String nameOrFile) {
        return Json.read(nameOrFile, json(nameOrFile, Path.of(nameOrFile), "--pool", ""), ModelPool.class);
    }

    /**
     * The JSON of a shipped pool or of a file, which holds a pool without mistakes.
     *
     * @param nameOrFile the pool's name, or a path
     * @param workload the workload file that a relative path stands beside
     * @throws InputException if there is neither, or the file does not hold a pool
     */
    public static JsonNode json(String nameOrFile, Path workload) {
        Path file = workload.resolveSibling(nameOrFile);
        JsonNode json = json(nameOrFile, file, workload.toString(), "application.pool");
        // read here for the sake of messages that name the pool's own file
        Json.read(file.toString(), json, ModelPool.class);
        return json;
    }

    private static JsonNode json(String nameOrFile, Path file, String where, String field) {
        if (NAMES.contains(nameOrFile)) {
            return Json.readResource(ModelPools.class, nameOrFile + ".json", JsonNode.class);
        }
        if (!nameOrFile.endsWith(".json")) {
            throw new InputException(
                    where,
                    field,
                    "there is no model pool '" + nameOrFile + "'",
                    Names.suggest("model pool", NAMES, nameOrFile) + "; or give a .json file");
        }
        return Json.read(file, JsonNode.class);
    }
}
