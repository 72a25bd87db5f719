package dev.purser.server;

import dev.purser.core.InputException;

/** Mistakes in options that a record found. */
final class InputExceptions {
    private InputExceptions() {}

    /** Of a message that begins with the option's name, such as {@code connections is 0, but it must be 1 to 10}. */
    static InputException ofOption(IllegalArgumentException e) {
        String message = String.valueOf(e.getMessage());
        int space = message.indexOf(' ');
        return space < 0
                ? new InputException("options", "", message, "")
                : new InputException("--" + message.substring(0, space), "", message.substring(space + 1), "");
    }
}
