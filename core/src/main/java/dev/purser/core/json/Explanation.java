package dev.purser.core.json;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationConfig;
import com.fasterxml.jackson.databind.JavaType;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.exc.InvalidFormatException;
import com.fasterxml.jackson.databind.exc.MismatchedInputException;
import com.fasterxml.jackson.databind.exc.ValueInstantiationException;
import com.fasterxml.jackson.databind.introspect.AnnotatedClass;
import com.fasterxml.jackson.databind.introspect.BeanPropertyDefinition;
import com.fasterxml.jackson.databind.jsontype.NamedType;
import dev.purser.core.InputException;
import dev.purser.core.Names;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.Duration;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * Finds out what is wrong with JSON that Jackson could not bind. Jackson stops at the first problem and speaks of
 * classes; this walks the tree next to the type, and reports all problems in the words of the file.
 */
final class Explanation {
    private static final int SHOWN = 60;
    private static final Pattern START_MARKER =
            Pattern.compile("\\(start marker at \\[Source: .*?; line: (\\d+), column: (\\d+)]\\)");

    private final ObjectMapper mapper;
    private final DeserializationConfig config;
    private final String where;
    private final List<Problem> problems = new ArrayList<>();

    private record Problem(String path, String problem, String remedy) {}

    Explanation(ObjectMapper mapper, String where) {
        this.mapper = mapper;
        this.config = mapper.getDeserializationConfig();
        this.where = where;
    }

    /**
     * Explains a failure.
     *
     * @param root the JSON that could not be bound
     * @param type what it should have been
     * @param failure what Jackson said, for want of anything better
     * @return all that is wrong
     */
    InputException of(JsonNode root, JavaType type, JsonProcessingException failure) {
        explain("", root, type);
        if (problems.isEmpty()) {
            report("", root, type, failure);
        }
        InputException exception;
        if (problems.size() == 1) {
            Problem only = problems.getFirst();
            exception = new InputException(where, only.path, only.problem, only.remedy);
        } else {
            exception = new InputException(
                    where,
                    problems.stream()
                            .map(each -> (each.path.isEmpty() ? "" : each.path + ": ")
                                    + each.problem
                                    + (each.remedy.isEmpty() ? "" : "\nMaybe: " + each.remedy))
                            .toList());
        }
        exception.initCause(failure);
        return exception;
    }

    /** Jackson's words about malformed JSON, without its notes about the source. */
    static String plain(String message) {
        return START_MARKER.matcher(message).replaceAll("(opened at line $1, column $2)");
    }

    private void explain(String path, JsonNode node, JavaType type) {
        int before = problems.size();
        if (node.isNull()) {
            problems.add(new Problem(path, "null", "give " + expected(type) + ", or leave it out if it is optional"));
            return;
        }
        if (type.isArrayType() || type.isCollectionLikeType()) {
            for (int i = 0; node.isArray() && i < node.size(); i++) {
                explain(path + "[" + i + "]", node.get(i), type.getContentType());
            }
        } else if (type.isMapLikeType()) {
            if (node.isObject()) {
                node.properties()
                        .forEach(
                                entry -> explain(child(path, entry.getKey()), entry.getValue(), type.getContentType()));
            }
        } else if (node.isObject() && !hasFormOfItsOwn(type)) {
            explainObject(path, node, type);
        }
        if (problems.size() == before) {
            try {
                Object unused = mapper.treeToValue(node, type);
            } catch (JsonProcessingException e) {
                report(path, node, type, e);
            }
        }
    }

    /** Whether a factory method reads the JSON, whose properties then are not the components. */
    private static boolean hasFormOfItsOwn(JavaType type) {
        return Arrays.stream(type.getRawClass().getDeclaredMethods())
                .anyMatch(method -> method.isAnnotationPresent(JsonCreator.class));
    }

    private void explainObject(String path, JsonNode node, JavaType type) {
        AnnotatedClass annotated = config.introspectClassAnnotations(type).getClassInfo();
        JsonTypeInfo.Value choice = config.getAnnotationIntrospector().findPolymorphicTypeInfo(config, annotated);
        if (choice == null) {
            explainProperties(path, node, type, "");
            return;
        }
        // a choice between records, told apart by a property such as "type"
        String tag = choice.getPropertyName();
        if (type.getRawClass().isRecord()) {
            explainProperties(path, node, type, tag);
            return;
        }
        Map<String, Class<?>> choices = new LinkedHashMap<>();
        for (NamedType each : mapper.getSubtypeResolver().collectAndResolveSubtypesByTypeId(config, annotated)) {
            if (each.hasName()) {
                choices.put(each.getName(), each.getType());
            }
        }
        JsonNode name = node.get(tag);
        Class<?> chosen = name == null ? null : choices.get(name.asText());
        if (name == null) {
            problems.add(new Problem(child(path, tag), "is missing", "one of " + String.join(", ", choices.keySet())));
        } else if (chosen == null) {
            problems.add(new Problem(
                    child(path, tag),
                    show(name) + " is not known here",
                    Names.suggest("choice", choices.keySet(), name.asText())));
        } else {
            explainProperties(path, node, config.constructSpecializedType(type, chosen), tag);
        }
    }

    private void explainProperties(String path, JsonNode node, JavaType type, String tag) {
        if (!type.getRawClass().isRecord()) {
            return;
        }
        Map<String, BeanPropertyDefinition> known = new LinkedHashMap<>();
        for (BeanPropertyDefinition property : config.introspect(type).findProperties()) {
            if (property.hasConstructorParameter()) {
                known.put(property.getName(), property);
            }
        }
        node.properties().forEach(entry -> {
            String name = entry.getKey();
            BeanPropertyDefinition property = known.get(name);
            if (property != null) {
                boolean optionalNull = entry.getValue().isNull() && !refusesNull(property);
                if (!optionalNull) {
                    explain(child(path, name), entry.getValue(), property.getPrimaryType());
                }
            } else if (!name.equals(tag)) {
                problems.add(new Problem(
                        child(path, name),
                        "unknown property, with the value " + show(entry.getValue()),
                        Names.suggest("field", known.keySet(), name)));
            }
        });
        known.values().stream()
                .filter(property -> property.isRequired() && !node.has(property.getName()))
                .forEach(property -> problems.add(new Problem(
                        child(path, property.getName()), "is missing", "give " + expected(property.getPrimaryType()))));
    }

    /** Only a nullable component takes null: a default stands for an absent value, not for a null. */
    private static boolean refusesNull(BeanPropertyDefinition property) {
        String fallback = property.getMetadata().getDefaultValue();
        return property.isRequired() || (fallback != null && !fallback.isEmpty());
    }

    private void report(String path, JsonNode node, JavaType type, JsonProcessingException e) {
        String at = path;
        JsonNode value = node;
        if (e instanceof JsonMappingException mapping) {
            for (JsonMappingException.Reference step : mapping.getPath()) {
                String name = step.getFieldName();
                at = name == null ? at + "[" + step.getIndex() + "]" : child(at, name);
                value = name == null ? value.path(step.getIndex()) : value.path(name);
            }
        }
        Throwable cause = e.getCause();
        if (e instanceof ValueInstantiationException && cause != null && cause.getMessage() != null) {
            // a record's compact constructor refused the values
            problems.add(new Problem(at, cause.getMessage(), ""));
        } else if (value.isMissingNode()) {
            problems.add(new Problem(at, plain(e.getOriginalMessage()), ""));
        } else if (e instanceof MismatchedInputException mismatch && mismatch.getTargetType() != null) {
            boolean samePlace = mismatch.getPath().isEmpty();
            JavaType wanted = samePlace ? type : mapper.constructType(mismatch.getTargetType());
            problems.add(new Problem(at, show(value) + " is not " + expected(wanted), remedy(value, wanted, mismatch)));
        } else {
            problems.add(new Problem(at, show(value) + " is not " + expected(type), ""));
        }
    }

    private String remedy(JsonNode value, JavaType wanted, MismatchedInputException mismatch) {
        Class<?> raw = wanted.getRawClass();
        if (raw.isEnum() && value.isTextual()) {
            return Names.suggest("value", names(raw), value.textValue());
        }
        if (value.isTextual() && isNumber(raw) && value.textValue().matches("-?\\d+(\\.\\d+)?")) {
            return "without the quotes";
        }
        if (raw == String.class && value.isValueNode()) {
            return "in quotes";
        }
        if (raw == Duration.class && value.isNumber()) {
            return "with its unit, such as \"" + value.asText() + "s\"";
        }
        boolean says = mismatch instanceof InvalidFormatException && raw == Duration.class;
        return says ? "such as \"100ms\"" : "";
    }

    private static boolean isNumber(Class<?> raw) {
        return (raw.isPrimitive() && raw != boolean.class && raw != char.class) || Number.class.isAssignableFrom(raw);
    }

    /** What a value of this type looks like, with its article. */
    private String expected(JavaType type) {
        Class<?> raw = type.getRawClass();
        if (raw == int.class || raw == Integer.class) {
            return "a whole number from " + Integer.MIN_VALUE + " to " + Integer.MAX_VALUE;
        }
        if (raw == long.class || raw == Long.class || raw == BigInteger.class) {
            return "a whole number";
        }
        if (isNumber(raw) || raw == BigDecimal.class) {
            return "a number";
        }
        if (raw == boolean.class || raw == Boolean.class) {
            return "true or false";
        }
        if (raw == String.class) {
            return "a text";
        }
        if (raw == Duration.class) {
            return "a duration (a number and one of ns, us, ms, s, m, h, d)";
        }
        if (raw == LocalDate.class) {
            return "a day such as \"2019-06-30\"";
        }
        if (raw.isEnum()) {
            return "one of " + String.join(", ", names(raw));
        }
        if (type.isArrayType() || type.isCollectionLikeType()) {
            return "a list";
        }
        return "an object";
    }

    /** The values as they are written in JSON. */
    private List<String> names(Class<?> enumeration) {
        return Arrays.stream(enumeration.getEnumConstants())
                .map(value -> mapper.valueToTree(value).asText())
                .toList();
    }

    private static String show(JsonNode value) {
        String text = value.toString();
        return text.length() <= SHOWN ? text : text.substring(0, SHOWN) + "...";
    }

    private static String child(String path, String name) {
        return path.isEmpty() ? name : path + "." + name;
    }
}
