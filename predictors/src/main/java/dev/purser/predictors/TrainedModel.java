package dev.purser.predictors;

import com.fasterxml.jackson.databind.JsonNode;
import dev.purser.core.InputException;
import dev.purser.core.json.Json;
import dev.purser.core.policy.StateExchange;
import dev.purser.core.policy.Stateful;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/** Where the settings of learned predictors say that a trained model is. */
final class TrainedModel {
    /** Settings that begin so name a resource on the class path, so that a model can be shipped in a jar. */
    static final String CLASS_PATH = "classpath:";

    /** The setting for no model. */
    static final String NONE = "none";

    static final String MEANING =
            "the trained model: a file, or classpath:NAME for one in a jar; none to begin untrained";

    private TrainedModel() {}

    /**
     * Reads a model.
     *
     * @param place a file, or {@code classpath:NAME}
     * @param into takes what was read
     * @throws InputException if it cannot be read, or is no such model
     */
    static void read(String place, Stateful into) {
        JsonNode json = place.startsWith(CLASS_PATH)
                ? resource(place.substring(CLASS_PATH.length()))
                : Json.read(Path.of(place), JsonNode.class);
        StateExchange.restore(place, json, into);
    }

    private static JsonNode resource(String name) {
        ClassLoader loader = TrainedModel.class.getClassLoader();
        try (InputStream in = loader == null ? null : loader.getResourceAsStream(name)) {
            if (in == null) {
                throw new InputException(
                        CLASS_PATH + name,
                        "",
                        "there is no such resource",
                        "put the jar that has it on the class path");
            }
            return Json.parse(CLASS_PATH + name, new String(in.readAllBytes(), StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new InputException(CLASS_PATH + name, "", "cannot be read: " + e.getMessage(), "");
        }
    }
}
