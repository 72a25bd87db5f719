package dev.purser.server;

import com.google.common.base.Stopwatch;
import com.google.common.base.Strings;
import java.io.PrintWriter;
import java.util.Locale;

/** A line on stderr that says how far a comparison is; nothing where nobody watches. Safe for several threads. */
final class Progress implements AutoCloseable {
    private static final int WIDTH = 30;

    private final PrintWriter err;
    private final boolean shown;
    private final int total;
    private final Stopwatch watch = Stopwatch.createStarted();
    private int done;
    private int length;

    Progress(PrintWriter err, boolean shown, int total) {
        this.err = err;
        this.shown = shown;
        this.total = total;
        draw();
    }

    synchronized void step() {
        done++;
        draw();
    }

    private void draw() {
        if (!shown) {
            return;
        }
        int full = total == 0 ? WIDTH : WIDTH * done / total;
        double seconds = watch.elapsed().toNanos() / 1e9;
        String line = "[" + "#".repeat(full) + ".".repeat(WIDTH - full) + "] " + done + "/" + total + " runs"
                + (done == 0 || done == total ? "" : left(seconds * (total - done) / done));
        err.print("\r" + Strings.padEnd(line, length, ' '));
        err.flush();
        length = line.length();
    }

    private static String left(double seconds) {
        return seconds < 60
                ? String.format(Locale.ROOT, ", %.0f s left", seconds)
                : String.format(Locale.ROOT, ", %.0f min left", seconds / 60);
    }

    /** Clears the line. */
    @Override
    public synchronized void close() {
        if (shown) {
            err.print("\r" + " ".repeat(length) + "\r");
            err.flush();
        }
    }
}
