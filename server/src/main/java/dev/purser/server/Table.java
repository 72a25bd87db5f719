package dev.purser.server;

import com.google.common.base.Strings;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Text in aligned columns: names to the left, numbers to the right, words last; groups apart. */
final class Table {
    private static final String GAP = "  ";

    private final List<String> headers;
    private final int names;
    private final String wordsHeader;
    private final List<Row> rows = new ArrayList<>();

    private record Row(List<String> cells, String words) {}

    /**
     * @param names how many of the columns, from the left, hold names; the others hold numbers
     * @param headers of these columns
     */
    Table(int names, List<String> headers) {
        this(names, headers, "");
    }

    /**
     * @param names how many of the columns, from the left, hold names; the others hold numbers
     * @param headers of these columns
     * @param wordsHeader of a last column, of words
     */
    Table(int names, List<String> headers, String wordsHeader) {
        this.names = names;
        this.headers = List.copyOf(headers);
        this.wordsHeader = wordsHeader;
    }

    Table row(List<String> cells) {
        return row(cells, "");
    }

    Table row(List<String> cells, String words) {
        if (cells.size() != headers.size()) {
            throw new IllegalArgumentException(cells.size() + " cells for the columns " + headers);
        }
        rows.add(new Row(List.copyOf(cells), words));
        return this;
    }

    /** Starts a new group after a blank line. */
    Table gap() {
        rows.add(new Row(List.of(), ""));
        return this;
    }

    @Override
    public String toString() {
        int[] widths = new int[headers.size()];
        measure(headers, widths);
        rows.forEach(row -> measure(row.cells(), widths));
        StringBuilder text = new StringBuilder();
        write(new Row(headers, wordsHeader), widths, text);
        rows.forEach(row -> write(row, widths, text));
        return text.toString();
    }

    private static void measure(List<String> cells, int[] widths) {
        for (int i = 0; i < cells.size(); i++) {
            widths[i] = Math.max(widths[i], cells.get(i).length());
        }
    }

    private void write(Row row, int[] widths, StringBuilder text) {
        StringBuilder line = new StringBuilder();
        List<String> cells = row.cells();
        for (int i = 0; i < cells.size(); i++) {
            line.append(i == 0 ? "" : GAP)
                    .append(
                            i < names
                                    ? Strings.padEnd(cells.get(i), widths[i], ' ')
                                    : Strings.padStart(cells.get(i), widths[i], ' '));
        }
        line.append(GAP).append(row.words());
        text.append(line.toString().stripTrailing()).append('\n');
    }

    /** A number with a fixed number of decimals. */
    static String number(double value, int decimals) {
        return Double.isFinite(value) ? String.format(Locale.ROOT, "%,." + decimals + "f", value) : "-";
    }

    /** A whole number. */
    static String number(long value) {
        return String.format(Locale.ROOT, "%,d", value);
    }

    /** A time since the start, such as {@code 1:02:03.450}. */
    static String time(long nanos) {
        long millis = Math.round(nanos / 1e6);
        return String.format(
                Locale.ROOT,
                "%d:%02d:%02d.%03d",
                millis / 3_600_000,
                millis / 60_000 % 60,
                millis / 1000 % 60,
                millis % 1000);
    }
}
