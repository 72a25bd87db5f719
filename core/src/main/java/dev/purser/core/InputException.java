package dev.purser.core;

import java.util.List;

/**
 * Something that a person wrote (a file, a setting, an argument) cannot be used. The message names where it is, which
 * field, which value, and what would be right; it is meant to be shown as it is, without a stack trace.
 */
public final class InputException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /**
     * @param where the file, resource or command-line option, e.g. {@code pool.json} or {@code --trace}
     * @param field the field inside it, e.g. {@code variants[2].accuracy} or {@code line 17, column 'requests'}; empty
     *     where the whole is meant
     * @param problem what is wrong, with the offending value
     * @param remedy what would be right, as a sentence; empty where nothing can be proposed
     */
    public InputException(String where, String field, String problem, String remedy) {
        super(message(where, field, problem, remedy));
    }

    /**
     * Several problems of one place, reported at once.
     *
     * @param where the file, resource or command-line option
     * @param problems one line each
     */
    public InputException(String where, List<String> problems) {
        super(where + ": " + String.join("\n" + where + ": ", problems));
    }

    private static String message(String where, String field, String problem, String remedy) {
        StringBuilder text = new StringBuilder(where);
        if (!field.isEmpty()) {
            text.append(": ").append(field);
        }
        text.append(": ").append(problem);
        if (!remedy.isEmpty()) {
            text.append("\nMaybe: ").append(remedy);
        }
        return text.toString();
    }
}
