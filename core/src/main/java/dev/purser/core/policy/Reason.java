package dev.purser.core.policy;

import java.util.Locale;

/**
 * Why a decision was taken: a short code for programs, and the numbers that were compared. Turned into words only when
 * someone asks. Where the numbers do not change, a policy makes its reasons once and returns the same ones again.
 *
 * @param code machine-readable, lower case with hyphens, e.g. {@code no-free-slot}
 * @param text a sentence in which {@code {observed}} and {@code {limit}} stand for the numbers
 * @param observed the number that was looked at; NaN where there is none
 * @param limit the number it was held against; NaN where there is none
 */
public record Reason(String code, String text, double observed, double limit) {

    /** A reason without numbers. */
    public static Reason of(String code, String text) {
        return new Reason(code, text, Double.NaN, Double.NaN);
    }

    /** A reason with the number looked at and the number it was held against. */
    public static Reason of(String code, String text, double observed, double limit) {
        return new Reason(code, text, observed, limit);
    }

    /** The sentence with its numbers filled in. */
    public String words() {
        return text.replace("{observed}", number(observed)).replace("{limit}", number(limit));
    }

    private static String number(double value) {
        return value == Math.rint(value) && Math.abs(value) < 1e15
                ? Long.toString((long) value)
                : String.format(Locale.ROOT, "%.3g", value);
    }
}
