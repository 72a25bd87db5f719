package dev.purser.core;

import java.util.Collection;
import java.util.Comparator;
import java.util.List;

/** Answers an unknown name with the names that exist, the nearest spellings first. */
public final class Names {
    private Names() {}

    /**
     * @param kind what was named, e.g. {@code stack}
     * @param known the names that exist
     * @param name the name that does not
     * @return a sentence such as {@code known stacks: mixed, paragon; nearest to 'paragn': paragon}
     */
    public static String suggest(String kind, Collection<String> known, String name) {
        if (known.isEmpty()) {
            return "there is no " + kind + " here";
        }
        List<String> near = nearest(known, name);
        String all = "the " + kind + "s are "
                + String.join(", ", known.stream().sorted().toList());
        return near.isEmpty() ? all : "'" + String.join("' or '", near) + "'; " + all;
    }

    /**
     * @param known the names that exist
     * @param name a misspelt name
     * @return at most three names within an edit distance of a third of the name's length (at least 2), nearest first
     */
    public static List<String> nearest(Collection<String> known, String name) {
        int limit = Math.max(2, name.length() / 3);
        return known.stream()
                .filter(k -> distance(k, name) <= limit || (name.length() >= 3 && k.startsWith(name)))
                .sorted(Comparator.comparingInt((String k) -> distance(k, name)).thenComparing(k -> k))
                .limit(3)
                .toList();
    }

    /** Levenshtein distance, ignoring case. */
    private static int distance(String a, String b) {
        int[] previous = new int[b.length() + 1];
        for (int j = 0; j <= b.length(); j++) {
            previous[j] = j;
        }
        for (int i = 1; i <= a.length(); i++) {
            int[] row = new int[b.length() + 1];
            row[0] = i;
            for (int j = 1; j <= b.length(); j++) {
                int change = Character.toLowerCase(a.charAt(i - 1)) == Character.toLowerCase(b.charAt(j - 1)) ? 0 : 1;
                row[j] = Math.min(Math.min(row[j - 1], previous[j]) + 1, previous[j - 1] + change);
            }
            previous = row;
        }
        return previous[b.length()];
    }
}
