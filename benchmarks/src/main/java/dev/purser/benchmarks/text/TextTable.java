package dev.purser.benchmarks.text;

import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;

/** Cells in columns as wide as their widest. */
public final class TextTable {
    private final Set<Integer> left;
    private final List<List<String>> rows = new ArrayList<>();

    /**
     * A table.
     *
     * @param left the columns, from 0, that are words and not figures
     * @param head their titles
     */
    public TextTable(Set<Integer> left, String... head) {
        this.left = Set.copyOf(left);
        rows.add(List.of(head));
    }

    /** Adds a row of as many cells as the head has. */
    public void add(String... cells) {
        if (cells.length != rows.getFirst().size()) {
            throw new IllegalArgumentException(
                    cells.length + " cells under a head of " + rows.getFirst().size());
        }
        rows.add(List.of(cells));
    }

    /** Prints it. */
    public void print(PrintWriter out) {
        int[] width = new int[rows.getFirst().size()];
        for (List<String> row : rows) {
            Arrays.setAll(width, i -> Math.max(width[i], row.get(i).length()));
        }
        for (List<String> row : rows) {
            StringBuilder text = new StringBuilder();
            for (int i = 0; i < width.length; i++) {
                text.append(String.format((left.contains(i) ? "%-" : "%") + width[i] + "s", row.get(i)));
                text.append(i == width.length - 1 ? "" : "  ");
            }
            out.println(text.toString().stripTrailing());
        }
    }
}
