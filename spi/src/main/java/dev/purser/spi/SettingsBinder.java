package dev.purser.spi;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.purser.core.InputException;
import dev.purser.core.json.Json;
import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.regex.Pattern;

/** Makes a settings record of JSON: defaults filled in, everything checked, all problems reported at once. */
public final class SettingsBinder {
    private SettingsBinder() {}

    /**
     * One setting, for people.
     *
     * @param name its name in JSON
     * @param type what it takes, e.g. {@code number} or {@code one of a, b}
     * @param byDefault its default; empty where it must be given
     * @param meaning what it means
     * @param range the values allowed; empty where all of the type are
     */
    public record Description(String name, String type, String byDefault, String meaning, String range) {}

    /** The settings of a record type, in its order. */
    public static List<Description> describe(Class<? extends Record> type) {
        List<Description> result = new ArrayList<>();
        for (RecordComponent component : type.getRecordComponents()) {
            Setting setting = annotation(component);
            result.add(new Description(
                    component.getName(),
                    typeName(component.getType()),
                    setting.byDefault(),
                    setting.value(),
                    range(setting)));
        }
        return result;
    }

    /**
     * Makes the record.
     *
     * @param where what the settings belong to, for messages
     * @param type the record
     * @param settings what was given
     * @throws InputException with every problem
     */
    public static <S extends Record> S bind(String where, Class<S> type, ObjectNode settings) {
        ObjectNode filled = settings.deepCopy();
        List<String> problems = new ArrayList<>();
        for (RecordComponent component : type.getRecordComponents()) {
            Setting setting = annotation(component);
            String name = component.getName();
            JsonNode given = filled.get(name);
            if (given == null && !setting.byDefault().isEmpty()) {
                filled.set(name, parse(component, setting.byDefault()));
            } else if (given != null
                    && given.isNumber()
                    && !(given.doubleValue() >= setting.min() && given.doubleValue() <= setting.max())) {
                problems.add(name + ": is " + given + ", but it must be " + range(setting));
            }
        }
        try {
            S bound = Json.read(where, filled, type);
            if (problems.isEmpty()) {
                return bound;
            }
        } catch (InputException e) {
            if (problems.isEmpty()) {
                throw e;
            }
            // its lines begin with the place, which is put before each problem again
            problems.addAll(Arrays.asList(String.valueOf(e.getMessage())
                    .substring(where.length() + 2)
                    .split("\\n" + Pattern.quote(where + ": "))));
        }
        throw new InputException(where, problems);
    }

    private static JsonNode parse(RecordComponent component, String text) {
        Class<?> type = component.getType();
        if (type.isPrimitive() || Number.class.isAssignableFrom(type) || type == List.class) {
            return Json.parse("the default of " + component, text);
        }
        return JsonNodeFactory.instance.textNode(text);
    }

    private static Setting annotation(RecordComponent component) {
        return Objects.requireNonNull(
                component.getAnnotation(Setting.class),
                () -> component.getDeclaringRecord().getName() + "." + component.getName() + " lacks @Setting");
    }

    private static String typeName(Class<?> type) {
        if (type == int.class || type == long.class) {
            return "a whole number";
        }
        if (type == double.class) {
            return "a number";
        }
        if (type == boolean.class) {
            return "true or false";
        }
        if (type == java.time.Duration.class) {
            return "a duration such as 100ms, 10s or 5m";
        }
        if (type == PolicySpec.class) {
            return "a policy's name, or an object with 'policy' and its settings";
        }
        if (type == List.class) {
            return "a list";
        }
        if (type.isEnum()) {
            return "one of "
                    + String.join(
                            ", ",
                            Arrays.stream(type.getEnumConstants())
                                    .map(value ->
                                            Json.parse("", Json.write(value)).asText())
                                    .toList());
        }
        return "text";
    }

    private static String range(Setting setting) {
        boolean from = setting.min() != Double.NEGATIVE_INFINITY;
        boolean to = setting.max() != Double.POSITIVE_INFINITY;
        if (from && to) {
            return number(setting.min()) + " to " + number(setting.max());
        }
        return from ? "at least " + number(setting.min()) : to ? "at most " + number(setting.max()) : "";
    }

    private static String number(double value) {
        return value == Math.rint(value) ? Long.toString((long) value) : Double.toString(value);
    }
}
