package dev.purser.server.inputs;

import java.util.List;
import java.util.random.RandomGenerator;

/** Plain English sentences of a given length, for models of texts: everyday words, so that tokenizers know them whole. */
final class Sentences {
    private static final List<String> ADJECTIVES = List.of(
            "old", "quiet", "green", "small", "bright", "heavy", "early", "distant", "warm", "narrow", "famous",
            "simple");
    private static final List<String> NOUNS = List.of(
            "river",
            "letter",
            "teacher",
            "market",
            "window",
            "engine",
            "garden",
            "story",
            "bridge",
            "doctor",
            "train",
            "question",
            "village",
            "winter",
            "company",
            "island");
    private static final List<String> VERBS = List.of(
            "finds", "carries", "remembers", "follows", "builds", "changes", "opens", "watches", "needs", "describes");
    private static final List<String> PREPOSITIONS = List.of("near", "behind", "without", "above", "during", "beyond");
    /** One turn of a sentence; longer ones go round again. */
    private static final List<List<String>> PATTERN = List.of(
            List.of("the"),
            ADJECTIVES,
            NOUNS,
            VERBS,
            List.of("the"),
            NOUNS,
            PREPOSITIONS,
            List.of("the"),
            ADJECTIVES,
            NOUNS,
            List.of("and"));

    private Sentences() {}

    /** A sentence of so many words, at least 1. */
    static String sentence(int words, RandomGenerator random) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < words; i++) {
            List<String> choices = PATTERN.get(i % PATTERN.size());
            text.append(i == 0 ? "" : " ").append(choices.get(random.nextInt(choices.size())));
        }
        text.setCharAt(0, Character.toUpperCase(text.charAt(0)));
        return text.append('.').toString();
    }
}
