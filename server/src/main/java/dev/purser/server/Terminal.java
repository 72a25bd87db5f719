package dev.purser.server;

import java.io.Console;
import java.lang.reflect.InvocationTargetException;

/** Whether someone watches stderr. */
final class Terminal {
    private Terminal() {}

    /**
     * The launcher knows and says so in {@code purser.terminal}. Without it the console is asked; since Java 22 there may
     * be one without a terminal, so that {@code isTerminal} (which 21 lacks) decides.
     */
    @SuppressWarnings("SystemConsoleNull") // it may be null on 21
    static boolean ofStderr() {
        String told = System.getProperty("purser.terminal");
        if (told != null) {
            return told.equals("true");
        }
        Console console = System.console();
        if (console == null) {
            return false;
        }
        try {
            return (Boolean) Console.class.getMethod("isTerminal").invoke(console);
        } catch (NoSuchMethodException e) {
            return true;
        } catch (IllegalAccessException | InvocationTargetException e) {
            return false;
        }
    }
}
