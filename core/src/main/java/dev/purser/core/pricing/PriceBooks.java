package dev.purser.core.pricing;

import dev.purser.core.InputException;
import dev.purser.core.Names;
import dev.purser.core.json.Json;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** The price books that come with Purser, and those in files. */
public final class PriceBooks {
    private static final List<String> NAMES = List.of("us-east-1-2019", "us-east-1-2026");

    private PriceBooks() {}

    /**
     * Lists the books that come with Purser.
     *
     * @return their names, oldest first
     */
    public static List<String> names() {
        return NAMES;
    }

    /**
     * Reads a book that comes with Purser.
     *
     * @param name one of {@link #names()}
     * @return the book
     * @throws InputException when there is none of that name
     */
    public static PriceBook named(String name) {
        if (!NAMES.contains(name)) {
            throw new InputException(
                    "price book", "", "there is no '" + name + "'", Names.suggest("price book", NAMES, name));
        }
        return Json.readResource(PriceBooks.class, name + ".json", PriceBook.class);
    }

    /**
     * Reads a book by name or from a file.
     *
     * @param nameOrPath one of {@link #names()}, or the path of a JSON file
     * @return the book
     * @throws InputException when it is neither, or when the file cannot be used
     */
    public static PriceBook load(String nameOrPath) {
        if (NAMES.contains(nameOrPath)) {
            return named(nameOrPath);
        }
        if (nameOrPath.endsWith(".json") || Files.exists(Path.of(nameOrPath))) {
            return Json.read(Path.of(nameOrPath), PriceBook.class);
        }
        throw new InputException(
                "price book",
                "",
                "'" + nameOrPath + "' is neither a price book's name nor a file",
                Names.suggest("price book", NAMES, nameOrPath) + "; or the path of a .json file");
    }
}
