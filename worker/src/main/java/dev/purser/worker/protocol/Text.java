package dev.purser.worker.protocol;

import java.util.Arrays;

/** What messages say of a sender's values, kept short. */
final class Text {
    private static final int LIMIT = 80;

    private Text() {}

    /** A sender's text, cut where it is long. */
    static String brief(String text) {
        return text.length() <= LIMIT ? text : text.substring(0, LIMIT) + "...";
    }

    /** Whether a text has half a character, which no form of UTF-8 can carry: it would become a question mark. */
    static boolean hasLoneSurrogate(String text) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (Character.isSurrogate(c)) {
                if (Character.isLowSurrogate(c)
                        || i + 1 == text.length()
                        || !Character.isLowSurrogate(text.charAt(i + 1))) {
                    return true;
                }
                i++;
            }
        }
        return false;
    }

    static String shape(long[] shape) {
        return Arrays.toString(shape);
    }
}
