package dev.purser.spi;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.purser.core.json.Json;

/**
 * A policy by name, with the settings that differ from its defaults. In JSON the bare name, or an object of the name and
 * the settings: {@code "paragon"} or {@code {"policy": "paragon", "window": "10m"}}.
 *
 * @param policy the policy's name
 * @param settings the settings given
 */
public record PolicySpec(String policy, ObjectNode settings) {
    private static final String NAME = "policy";

    /** A policy with its default settings. */
    public static PolicySpec of(String policy) {
        return new PolicySpec(policy, JsonNodeFactory.instance.objectNode());
    }

    /**
     * The same with another value of a setting.
     *
     * @param setting its name
     * @param value text, a number, a boolean or a list of them
     */
    public PolicySpec with(String setting, Object value) {
        ObjectNode changed = settings.deepCopy();
        changed.set(setting, Json.parse(setting, Json.write(value)));
        return new PolicySpec(policy, changed);
    }

    @JsonCreator(mode = JsonCreator.Mode.DELEGATING)
    static PolicySpec fromJson(JsonNode json) {
        if (json.isTextual()) {
            return of(json.textValue());
        }
        if (!json.isObject() || !json.path(NAME).isTextual()) {
            throw new IllegalArgumentException(
                    "is " + json + ", but it must be a policy's name, or an object with the name as '" + NAME + "'");
        }
        ObjectNode settings = ((ObjectNode) json).deepCopy();
        settings.remove(NAME);
        return new PolicySpec(json.path(NAME).textValue(), settings);
    }

    @JsonValue
    JsonNode toJson() {
        if (settings.isEmpty()) {
            return JsonNodeFactory.instance.textNode(policy);
        }
        ObjectNode json = JsonNodeFactory.instance.objectNode().put(NAME, policy);
        json.setAll(settings);
        return json;
    }

    @Override
    public String toString() {
        return settings.isEmpty() ? policy : policy + settings;
    }
}
