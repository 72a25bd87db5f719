package dev.purser.server;

import com.google.common.base.Strings;
import dev.purser.server.replay.ReplayProgress;
import java.io.PrintWriter;
import java.time.Duration;

/** A line on stderr that says how a replay goes; nothing where nobody watches. Safe for several threads. */
final class ReplayLine implements AutoCloseable {
    private static final int WIDTH = 20;

    private final PrintWriter err;
    private boolean shown;
    private int length;

    ReplayLine(PrintWriter err, boolean shown) {
        this.err = err;
        this.shown = shown;
        draw("rehearsing");
    }

    synchronized void show(ReplayProgress progress) {
        double share = Math.min(
                1, (double) progress.elapsed().toNanos() / progress.total().toNanos());
        int full = (int) (WIDTH * share);
        draw("[" + "#".repeat(full) + ".".repeat(WIDTH - full) + "] "
                + time(progress.elapsed().compareTo(progress.total()) < 0 ? progress.elapsed() : progress.total())
                + " of " + time(progress.total()) + ", "
                + Table.number(progress.sent()) + " sent, " + Table.number(progress.answered()) + " answered"
                + (progress.refused() == 0 ? "" : ", " + Table.number(progress.refused()) + " refused")
                + (progress.failed() == 0 ? "" : ", " + Table.number(progress.failed()) + " failed")
                + "; last second p50 " + Table.number(progress.recent().p50(), 1) + " ms, p99 "
                + Table.number(progress.recent().p99(), 1) + " ms");
    }

    /** Says something above the line, watched or not. */
    synchronized void say(String text) {
        err.println((shown ? "\r" : "") + Strings.padEnd(text, shown ? length : 0, ' '));
        err.flush();
    }

    private static String time(Duration duration) {
        long seconds = duration.toSeconds();
        return String.format(java.util.Locale.ROOT, "%d:%02d:%02d", seconds / 3600, seconds / 60 % 60, seconds % 60);
    }

    synchronized void draw(String line) {
        if (shown) {
            err.print("\r" + Strings.padEnd(line, length, ' '));
            err.flush();
            length = line.length();
        }
    }

    /** Clears the line; what comes later no longer shows. */
    @Override
    public synchronized void close() {
        if (shown) {
            err.print("\r" + " ".repeat(length) + "\r");
            err.flush();
            shown = false;
        }
    }
}
