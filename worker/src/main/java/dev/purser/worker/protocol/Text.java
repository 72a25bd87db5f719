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

    static String shape(long[] shape) {
        return Arrays.toString(shape);
    }
}
