package dev.purser.core.json;

import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.util.DefaultIndenter;
import com.fasterxml.jackson.core.util.DefaultPrettyPrinter;
import com.fasterxml.jackson.core.util.Separators;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectWriter;
import dev.purser.core.InputException;
import dev.purser.core.Names;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * Reads and writes the records of Purser as JSON. Reading is strict, and all that is wrong with a file is reported at
 * once, as an {@link InputException} that names file, field, value and remedy.
 *
 * <p>A record binds by the names of its components. A component must be given unless it is marked
 * {@link org.jspecify.annotations.Nullable} (absent means null) or carries a default, as in
 * {@code @JsonProperty(defaultValue = "60s") Duration interval}; a default is written as in JSON, and the quotes of a
 * text may be left out. Durations are texts such as {@code 100ms} (see {@link Durations}), days are texts such as
 * {@code 2019-06-30}, decimals are kept exactly in a {@code BigDecimal}, and a text is never taken for a number.
 * Comments are allowed; an unknown or repeated property is not.
 */
public final class Json {
    private static final ObjectMapper MAPPER = StrictMapper.create();

    private static final ObjectWriter WRITER = MAPPER.writer(new DefaultPrettyPrinter(
                    Separators.createDefaultInstance().withObjectFieldValueSpacing(Separators.Spacing.AFTER))
            .withObjectIndenter(new DefaultIndenter("  ", "\n"))
            .withArrayIndenter(new DefaultIndenter("  ", "\n")));

    private Json() {}

    /**
     * Reads a file.
     *
     * @param file a JSON file in UTF-8
     * @param type what it holds, usually a record; {@link JsonNode} for any JSON
     * @param <T> the type
     * @return what was read
     * @throws InputException when the file cannot be read or does not hold such a value
     */
    public static <T> T read(Path file, Class<T> type) {
        String where = file.toString();
        if (!Files.isRegularFile(file)) {
            String problem = Files.isDirectory(file) ? "is a directory, not a file" : "there is no such file";
            throw new InputException(where, "", problem, neighbours(file));
        }
        try {
            return read(where, parse(where, Files.readAllBytes(file)), type);
        } catch (IOException e) {
            throw new InputException(where, "", "cannot be read: " + e, "");
        }
    }

    /**
     * Reads a resource.
     *
     * @param anchor a class in the resource's package
     * @param resource the resource's name, relative to that package
     * @param type what it holds
     * @param <T> the type
     * @return what was read
     * @throws InputException when there is no such resource, or it does not hold such a value
     */
    public static <T> T readResource(Class<?> anchor, String resource, Class<T> type) {
        try (InputStream in = anchor.getResourceAsStream(resource)) {
            if (in == null) {
                throw new InputException(resource, "", "there is no such resource in " + anchor.getPackageName(), "");
            }
            return read(resource, parse(resource, in.readAllBytes()), type);
        } catch (IOException e) {
            throw new UncheckedIOException("resource " + resource + " cannot be read", e);
        }
    }

    /**
     * Binds JSON that was parsed already.
     *
     * @param where the file or option that it came from, for messages
     * @param json the JSON
     * @param type what it should hold
     * @param <T> the type
     * @return what was read
     * @throws InputException when it does not hold such a value
     */
    public static <T> T read(String where, JsonNode json, Class<T> type) {
        if (!json.isNull() || JsonNode.class.isAssignableFrom(type)) {
            try {
                return MAPPER.treeToValue(json, type);
            } catch (JsonProcessingException e) {
                throw new Explanation(MAPPER, where).of(json, MAPPER.constructType(type), e);
            }
        }
        throw new InputException(where, "", "null", "an object");
    }

    /**
     * Parses a text.
     *
     * @param where the option or request that it came from, for messages
     * @param text JSON
     * @return its tree
     * @throws InputException when it is not JSON; the message has line and column
     */
    public static JsonNode parse(String where, String text) {
        return parse(where, text.getBytes(StandardCharsets.UTF_8));
    }

    private static JsonNode parse(String where, byte[] bytes) {
        try {
            JsonNode tree = MAPPER.readTree(bytes);
            if (tree.isMissingNode()) {
                throw new InputException(where, "", "is empty", "");
            }
            return tree;
        } catch (JsonProcessingException e) {
            JsonLocation at = e.getLocation();
            String position = at == null ? "" : "line " + at.getLineNr() + ", column " + at.getColumnNr();
            throw new InputException(where, position, Explanation.plain(e.getOriginalMessage()), "");
        } catch (IOException e) {
            throw new InputException(where, "", "cannot be read: " + e.getMessage(), "save it as UTF-8");
        }
    }

    /**
     * Writes a value canonically: two spaces of indentation, the components of a record in their order, the entries of a
     * map in the order of their keys, nothing for null, a line feed at the end.
     *
     * @param value a record or anything else that {@link #read(Path, Class)} reads
     * @return JSON
     */
    public static String write(Object value) {
        try {
            return WRITER.writeValueAsString(value) + "\n";
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException("a " + value.getClass().getName() + " cannot be written as JSON", e);
        }
    }

    /**
     * Writes a value to a file as {@link #write(Object)} does; what was there is replaced.
     *
     * @param file where to
     * @param value what
     * @throws UncheckedIOException when the file cannot be written
     */
    public static void write(Path file, Object value) {
        try {
            Files.writeString(file, write(value));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * The writer behind {@link #write(Object)}, for streams.
     *
     * @return a writer that can be shared; it has no line feed at the end
     */
    public static ObjectWriter writer() {
        return WRITER;
    }

    /** The files beside a missing one whose names are near. */
    private static String neighbours(Path file) {
        Path name = file.getFileName();
        Path directory = file.toAbsolutePath().getParent();
        if (name == null || directory == null || !Files.isDirectory(directory)) {
            return directory == null ? "" : "there is no directory " + directory + " either";
        }
        try (Stream<Path> siblings = Files.list(directory)) {
            List<String> names = siblings.filter(Files::isRegularFile)
                    .map(path -> String.valueOf(path.getFileName()))
                    .toList();
            return String.join(" or ", Names.nearest(names, name.toString()));
        } catch (IOException e) {
            return "";
        }
    }
}
