package dev.purser.core.trace;

import dev.purser.core.InputException;
import java.math.BigDecimal;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Recorded prices of the spot market: for each instance type when its price changed. Read from a CSV, gzipped or not, whose
 * header is {@code time} and the types' names; a row has a time (ISO 8601, UTC where it names no offset) and USD per hour,
 * and an empty cell where no price was known yet.
 */
public final class SpotPrices {
    private static final BigDecimal MOST_USD = BigDecimal.valueOf(10_000);

    private final Map<String, List<Change>> changes;

    /**
     * A change of a price.
     *
     * @param at since the first row of the file
     * @param usdPerHour the price from then on
     */
    public record Change(Duration at, BigDecimal usdPerHour) {}

    private SpotPrices(Map<String, List<Change>> changes) {
        this.changes = changes;
    }

    /**
     * The changes of a type's price, earliest first.
     *
     * @return null where the file does not have the type
     */
    public @Nullable List<Change> of(String instanceType) {
        return changes.get(instanceType);
    }

    /**
     * Reads a file.
     *
     * @throws InputException if it cannot be read or is no price history; it names the line and the column
     */
    public static SpotPrices read(Path file) {
        Cells cells = new Cells();
        try (CsvFile csv = new CsvFile(file, cells)) {
            List<String> header = csv.header();
            if (header.size() < 2 || !header.getFirst().equals("time")) {
                throw new InputException(
                        file.toString(),
                        "header",
                        "is '" + String.join(",", header) + "'",
                        "write time and instance types: time,c5.large,p2.xlarge");
            }
            List<List<Change>> columns = new ArrayList<>();
            header.forEach(name -> columns.add(new ArrayList<>()));
            Instant first = null;
            Instant before = null;
            while (csv.next()) {
                Instant at = time(file, csv.line(), cells.text(0));
                if (before != null && !at.isAfter(before)) {
                    throw new InputException(
                            file.toString(),
                            "line " + csv.line() + ", column time",
                            "'" + cells.text(0) + "' is not after the row before it",
                            "put the rows in order, each time once");
                }
                before = at;
                first = first == null ? at : first;
                for (int c = 1; c < header.size(); c++) {
                    BigDecimal price = price(file, csv.line(), header.get(c), cells.text(c));
                    List<Change> column = columns.get(c);
                    if (price != null
                            && (column.isEmpty()
                                    || column.getLast().usdPerHour().compareTo(price) != 0)) {
                        column.add(new Change(Duration.between(first, at), price));
                    }
                }
                cells.clear();
            }
            Map<String, List<Change>> byType = new LinkedHashMap<>();
            for (int c = 1; c < header.size(); c++) {
                if (!columns.get(c).isEmpty()) {
                    byType.put(header.get(c), List.copyOf(columns.get(c)));
                }
            }
            if (byType.isEmpty()) {
                throw new InputException(file.toString(), "", "has no price", "give at least one row with a price");
            }
            return new SpotPrices(byType);
        }
    }

    private static Instant time(Path file, long line, String text) {
        String iso = text.strip().replace(' ', 'T');
        try {
            return OffsetDateTime.parse(iso.matches(".*T.*([+-]\\d{2}:?\\d{2}|Z)") ? iso : iso + "Z")
                    .toInstant();
        } catch (DateTimeParseException e) {
            throw new InputException(
                    file.toString(),
                    "line " + line + ", column time",
                    "'" + text + "' is no time",
                    "write 2018-09-06 17:00:00 or 2018-09-06T17:00:00Z");
        }
    }

    private static @Nullable BigDecimal price(Path file, long line, String column, String text) {
        if (text.isBlank()) {
            return null;
        }
        try {
            BigDecimal price = new BigDecimal(text.strip());
            if (price.signum() >= 0 && price.compareTo(MOST_USD) <= 0) {
                return price;
            }
        } catch (NumberFormatException e) {
            // said below
        }
        throw new InputException(
                file.toString(),
                "line " + line + ", column " + column,
                "'" + text + "' is no price",
                "write USD per hour, 0 to " + MOST_USD + ", or leave it empty where none is known");
    }

    /** The fields of a row as text. */
    private static final class Cells implements CsvFile.Fields {
        private final List<String> texts = new ArrayList<>();

        @Override
        public void field(int index, char[] buffer, int offset, int length) {
            while (texts.size() <= index) {
                texts.add("");
            }
            texts.set(index, new String(buffer, offset, length));
        }

        String text(int index) {
            return index < texts.size() ? texts.get(index) : "";
        }

        void clear() {
            texts.clear();
        }
    }
}
