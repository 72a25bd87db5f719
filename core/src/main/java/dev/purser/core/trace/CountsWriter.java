package dev.purser.core.trace;

import dev.purser.core.InputException;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.OutputStream;
import java.io.OutputStreamWriter;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.zip.GZIPOutputStream;

/** Writes the counts of a trace, whole or not at all. */
final class CountsWriter {
    private CountsWriter() {}

    static void write(ArrivalTrace trace, Path file, Duration step, long seed) {
        Path target = file.toAbsolutePath();
        Path name = target.getFileName();
        if (name == null || Files.isDirectory(target)) {
            throw new InputException(file.toString(), "", "is a folder", "name a file in it");
        }
        Path part =
                target.resolveSibling("." + name + "." + ProcessHandle.current().pid() + ".part");
        try {
            try {
                fill(trace, part, name.toString().endsWith(".gz"), step, seed);
                move(part, target);
            } finally {
                Files.deleteIfExists(part);
            }
        } catch (NoSuchFileException e) {
            throw new InputException(file.toString(), "", "there is no folder " + target.getParent(), "make it first");
        } catch (IOException e) {
            throw new InputException(file.toString(), "", "cannot be written: " + e, "");
        }
    }

    private static void fill(ArrivalTrace trace, Path part, boolean zip, Duration step, long seed) throws IOException {
        try (CountStream counts = trace.openCounts(step, seed);
                OutputStream out = Files.newOutputStream(part);
                OutputStream packed = zip ? new GZIPOutputStream(out, 1 << 14) : out;
                BufferedWriter text = new BufferedWriter(new OutputStreamWriter(packed, StandardCharsets.UTF_8))) {
            text.write("second,requests\n");
            long time = 0;
            for (long count = counts.next(); count != CountStream.END; count = counts.next()) {
                text.write(seconds(time) + "," + count + "\n");
                time += step.toNanos();
            }
        }
    }

    private static String seconds(long nanos) {
        return nanos % 1_000_000_000L == 0
                ? Long.toString(nanos / 1_000_000_000L)
                : BigDecimal.valueOf(nanos, 9).stripTrailingZeros().toPlainString();
    }

    private static void move(Path part, Path target) throws IOException {
        try {
            Files.move(part, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (AtomicMoveNotSupportedException e) {
            Files.move(part, target, StandardCopyOption.REPLACE_EXISTING);
        }
    }
}
